"""Looking before sending: the mail as one person would get it, on disk or, as a test, in a colleague's mailbox."""

from __future__ import annotations

import fnmatch
import secrets
from contextlib import closing
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from base.config import Config
from base.errors import Refused
from campaigns import content, preflight
from campaigns.launch import envelope
from campaigns.models import Campaign
from delivery.packing import link_urls
from delivery.providers.provider import Addressed, Answer, Parcel, People, Provider, Verdict
from delivery.slots import Filled, Filler, Recipient
from subscribers.addresses import parse_address
from subscribers.keys import Keys
from subscribers.models import List
from subscribers.people import get_subscriber

INERT = "test"  # no token: a link of a test mail stops nothing
SOMEBODY = {"first_name": "Robin", "last_name": "Sample", "email": "robin@example.com"}


def preview(
    s: Session, keys: Keys, campaign: Campaign, config: Config, email: str | None
) -> tuple[Filled, tuple[str, ...]]:
    """The mail as this subscriber would get it, with links that do nothing; and what the template warns of."""
    mail = content.to_send(s, campaign, config)
    recipient = Recipient(_fields(s, keys, email) if email else SOMEBODY, _inert(config))
    return Filler(mail.message).fill(recipient), mail.warnings


def parcel(s: Session, campaign: Campaign, config: Config, to: str, *, without_events: bool) -> Parcel:
    """One test mail, outside ledger and counts. Raises Refused for who is not in [delivery] test_to."""
    to = parse_address(to).ascii
    if not any(fnmatch.fnmatchcase(to.lower(), pattern.lower()) for pattern in config.delivery.test_to):
        raise Refused(f"{to} is not in [delivery] test_to; add it there: tests go to colleagues only")
    message = content.to_send(s, campaign, config).message
    if preflight.is_real(config) and (
        found := preflight.real_mail_problems(config, message, without_events=without_events)
    ):
        raise Refused("The test cannot leave yet: " + "; ".join(found), problems=tuple(found))
    filler, urls = Filler(replace(message, subject=f"[Test] {message.subject}")), _inert(config)
    values = filler.values(Recipient({**SOMEBODY, "email": to}, urls))
    around = envelope(config, s.get_one(List, campaign.list_id), INERT)
    one = People.of(Addressed(0, to, values, urls["unsubscribe"]))
    return Parcel(secrets.token_urlsafe(12), INERT, around, filler, one)


def send_test(provider: Provider, one: Parcel) -> Answer:
    """Raises Refused with the provider's words when it did not take it."""
    with closing(provider):
        if trouble := provider.prepare():
            raise Refused(f"The test did not leave, because the provider cannot be reached: {trouble}")
        answer = provider.send(one, lambda: True)
    if answer.verdict is not Verdict.ACCEPTED:
        raise Refused(f"The test was not accepted: {answer.words}")
    return answer


def _fields(s: Session, keys: Keys, email: str) -> dict[str, Any]:
    person = get_subscriber(s, keys, email)
    fixed = {n: getattr(person, n) for n in ("email", "first_name", "last_name", "zone", "locale")}
    return {**person.custom, **fixed}


def _inert(config: Config) -> dict[str, str]:
    return link_urls(config.web.public_url.rstrip("/"), INERT, INERT)
