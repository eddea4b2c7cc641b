"""What stands against a mail's leaving. A launch refuses while this list has an entry; each says what to do."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from base.config import Config, is_loopback
from campaigns.articles.links import target
from delivery.slots import Message

LARGEST_HTML = 100_000  # bytes; Gmail clips a mail at about 102,400 and hides the opt-out link with it
BEFORE_OFFER_END = timedelta(hours=1)  # no mail leaves that would be read after its offer is over
_LINK = re.compile(r"<a\s[^>]*?\bhref=\"([^\"]*)\"", re.I)
_OTHER_AIM = re.compile(r"(?:mailto|sms):\S|#\w", re.I)  # what a template may lead to as well, a place below included
_PRIVATE_NAMES = (".local", ".localhost", ".internal", ".test", ".example", ".invalid", ".lan")


def problems(
    config: Config,
    message: Message | None,
    *,
    recipients: int,
    leaves_at: datetime,
    offer_end: datetime | None,
    without_events: bool,
) -> list[str]:
    """Everything at once, so that nobody mends one thing and meets the next."""
    found = real_mail_problems(config, message, without_events=without_events) if is_real(config) else []
    if recipients == 0:
        found.append("nobody would get it; choose another list or segment")
    if offer_end is not None and leaves_at >= offer_end - BEFORE_OFFER_END:
        found.append(f"its offer is over at {offer_end:%Y-%m-%d %H:%M} UTC, before people could use it; choose another")
    return found


def warnings(config: Config, message: Message, *, without_events: bool) -> list[str]:
    """What would stop it before real people, and what is lost without the web hook."""
    if not is_real(config):
        return list(mail_problems(config, message))
    if config.sendgrid.webhook_key or not without_events:
        return []
    return [
        "without the web hook no bounce or complaint comes back and keeps an address out of the next mailing, and "
        "what became of a request without an answer is for you to decide, with: tipsheet campaign resolve"
    ]


def is_real(config: Config) -> bool:
    """Could mail reach real people?"""
    return config.delivery.provider == "sendgrid" and not is_loopback(config.sendgrid.base_url)


def real_mail_problems(config: Config, message: Message | None, *, without_events: bool) -> list[str]:
    """What must be true before mail leaves for real people, so that none does by accident."""
    found = list(_setting_problems(config, without_events=without_events))
    return found + list(mail_problems(config, message)) if message else found


def _setting_problems(config: Config, *, without_events: bool) -> Iterator[str]:
    public = urlsplit(config.web.public_url)
    if public.scheme != "https" or not _is_public(public.hostname or ""):
        yield "[web] public_url must be https on a public name: every opt-out link in the mail points there"
    shipped = config.still_shipped()
    if shipped:
        yield f"{_listed(shipped)} still the shipped example: put your own into {config.file}"
    domain = config.delivery.from_email.rpartition("@")[2]
    if not _is_public(domain) and "[delivery] from_email" not in shipped:
        yield f"[delivery] from_email is at {domain}, which cannot send; use a domain that SendGrid has verified"
    if not (config.sendgrid.webhook_key or without_events):
        yield (
            "[sendgrid] webhook_key is not set, so no bounce, complaint or proof would come back; run tipsheet connect "
            "sendgrid, or accept that with --without-events"
        )


def mail_problems(config: Config, message: Message) -> Iterator[str]:
    """What every mail must carry (standards: 15 USC 7704(a)(5), RFC 8058, Gmail's clipping)."""
    links = [slot.token for slot in message.slots if slot.source.replace(" ", "") == "links.unsubscribe"]
    for part, content in (("HTML", message.html), ("text part", message.text)):
        if not content.strip():
            yield f"the mail has no {part}; the template must write one"
            continue
        if not any(token in content for token in links):
            yield f"the {part} has no unsubscribe link; put {{{{ links.unsubscribe }}}} into the template"
        if _on_one_line(config.brand.address) not in _on_one_line(html.unescape(content)):
            yield (
                f"the {part} lacks the postal address that is in [brand] address; put {{{{ brand.address }}}} into "
                "the template, or approve it again if the address has changed"
            )
    for href in _astray(message):
        yield f"a link leads to {href[:80]!r}, where no reader can go from a mail; give a whole address, with https://"
    size = len(message.html.encode())
    if size >= LARGEST_HTML:
        yield f"the HTML has {size:,} bytes and Gmail would clip it; shorten it to less than {LARGEST_HTML:,}"


def _astray(message: Message) -> Iterator[str]:
    """What links lead to that is neither a person's own address nor one that leads there from anywhere."""
    content = "".join([message.html, *(branch for slot in message.slots for branch in slot.branches)])
    for found in dict.fromkeys(_LINK.findall(content)):
        href = html.unescape(found)
        if not (target(href) or _OTHER_AIM.match(href) or any(slot.token in href for slot in message.slots)):
            yield href


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _listed(keys: tuple[str, ...]) -> str:
    return f"{keys[0]} is" if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]} are"


def _is_public(host: str) -> bool:
    host = host.lower().rstrip(".")
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_NAMES)
