"""Everything that happened to one person, in order: consents, stops, staff's changes, and what became of each mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.models import Campaign
from delivery.history import history
from subscribers import audit
from subscribers.card import Card
from subscribers.models import Subscriber
from subscribers.projection import MARKETING

MOST = 200  # of each source, the newest


@dataclass(frozen=True)
class Moment:
    at: datetime
    what: str
    about: str  # a list, a campaign
    detail: str


def timeline(s: Session, person: Subscriber, card: Card) -> list[Moment]:
    """The oldest first, with what happened to subscribers who were merged into this one."""
    merged = list(s.scalars(select(Subscriber.id).where(Subscriber.merged_into == person.id)))
    found = [*_will(card), *_changes(s, person), *_mails(s, [person.id, *merged])]
    return sorted(found, key=attrgetter("at"))


def _will(card: Card) -> Iterator[Moment]:
    for consent in card.consents[-MOST:]:
        what = "consent" if consent.purpose == MARKETING else f"consent to {consent.purpose}"
        yield Moment(consent.at, f"{what} {consent.state}", consent.list, f"{consent.how}: {consent.source}")
    for stop in card.suppressions:
        yield Moment(stop.at, f"stopped: {stop.reason}", stop.list or "every list", stop.source)


def _changes(s: Session, person: Subscriber) -> Iterator[Moment]:
    for change in audit.read(s, subscriber_id=person.id, most=MOST):
        sides = (
            ", ".join(f"{name}={_plain(value)}" for name, value in side.items())
            for side in (change.before, change.after)
        )
        yield Moment(change.at, change.action, f"by {change.actor}", " → ".join(filter(None, sides)))


def _mails(s: Session, ids: list[int]) -> Iterator[Moment]:
    happened = sorted(history(s, ids), key=attrgetter("at"))[-MOST:]
    runs = {each.run_id for each in happened}
    slugs = dict(s.execute(select(Campaign.run_id, Campaign.slug).where(Campaign.run_id.in_(runs))).all())
    for each in happened:
        yield Moment(each.at, each.what, slugs.get(each.run_id, ""), each.detail)


def _plain(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
