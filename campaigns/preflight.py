"""What stands against a mail's leaving. A launch refuses while this list has an entry; each says what to do."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from base.config import Config, is_loopback
from delivery.slots import Message

LARGEST_HTML = 100_000  # bytes; Gmail clips a mail at about 102,400 and hides the opt-out link with it
BEFORE_OFFER_END = timedelta(hours=1)  # no mail leaves that would be read after its offer is over
_PRIVATE_NAMES = (".local", ".localhost", ".internal", ".test", ".example", ".invalid", ".lan")


def problems(
    config: Config,
    message: Message,
    *,
    recipients: int,
    leaves_at: datetime,
    offer_end: datetime | None,
    without_events: bool,
) -> list[str]:
    """Everything at once, so that nobody mends one thing and meets the next."""
    found = list(mail_problems(config, message))
    if config.delivery.provider == "sendgrid" and not is_loopback(config.sendgrid.base_url):
        found += real_mail_problems(config, without_events=without_events)
    if recipients == 0:
        found.append("nobody would get it: check list and segment with: tipsheet campaign plan")
    if offer_end is not None and leaves_at >= offer_end - BEFORE_OFFER_END:
        found.append(f"its offer is over at {offer_end:%Y-%m-%d %H:%M} UTC, before people could use it; choose another")
    return found


def mail_problems(config: Config, message: Message) -> Iterator[str]:
    """What every mail must carry (standards: 15 USC 7704(a)(5), RFC 8058, Gmail's clipping)."""
    links = [slot.token for slot in message.slots if slot.source.replace(" ", "") == "links.unsubscribe"]
    for part, content in (("HTML", message.html), ("text part", message.text)):
        if not content.strip():
            yield f"the mail has no {part}; the template must write one"
            continue
        if not any(token in content for token in links):
            yield f"the {part} has no unsubscribe link; put {{{{ links.unsubscribe }}}} into the template"
        if config.brand.address not in " ".join(html.unescape(content).split()):
            yield f"the {part} lacks the postal address; put {{{{ brand.address }}}} into the template"
    size = len(message.html.encode())
    if size >= LARGEST_HTML:
        yield f"the HTML has {size:,} bytes and Gmail would clip it; shorten it to less than {LARGEST_HTML:,}"


def real_mail_problems(config: Config, *, without_events: bool) -> Iterator[str]:
    """What must be true before mail leaves for real people, so that none does by accident."""
    public = urlsplit(config.web.public_url)
    if public.scheme != "https" or not _is_public(public.hostname or ""):
        yield "[web] public_url must be https on a public name: every opt-out link in the mail points there"
    for key in config.still_shipped():
        yield f"{key} is still the shipped example: put your own into {config.file}"
    domain = config.delivery.from_email.rpartition("@")[2]
    if not _is_public(domain):
        yield f"[delivery] from_email is at {domain}, which cannot send; use a domain that SendGrid has verified"
    if not (config.sendgrid.webhook_key or without_events):
        yield (
            "[sendgrid] webhook_key is not set, so no bounce, complaint or proof would come back; set it, or accept "
            "that with --without-events"
        )


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_NAMES)
