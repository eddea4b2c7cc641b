"""Everything that is known about one person, for a person to read. Adding and finding is in people.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from subscribers.models import Consent, Evidence, List, Profile, Subscriber, Subscription, Wording
from subscribers.people import tags_of
from subscribers.suppression import stops


@dataclass(frozen=True)
class Membership:
    list: str
    state: str
    since: datetime
    frequency: str  # all | monthly
    paused_until: datetime | None
    opens_since: datetime | None  # when they agreed that opening is seen


@dataclass(frozen=True)
class Expression:
    """One consent row: what stands in the evidence."""

    list: str
    purpose: str
    state: str
    at: datetime
    how: str
    wording: str
    source: str
    actor: str


@dataclass(frozen=True)
class Stop:
    reason: str
    list: str | None  # None: every list
    at: datetime
    source: str


@dataclass(frozen=True)
class Card:
    """Everything that is known about one person."""

    id: int
    email: str  # empty: they were erased
    first_name: str
    last_name: str
    zone: str
    locale: str
    custom: Mapping[str, Any]
    tags: tuple[str, ...]
    joined: datetime  # as rules ask for it: a file may say that it was long before they were written down here
    lists: tuple[Membership, ...]
    consents: tuple[Expression, ...]
    suppressions: tuple[Stop, ...]


def show(s: Session, person: Subscriber) -> Card:
    consents = (
        select(List.slug, Consent.purpose, Consent.state, Consent.at, Evidence.how)
        .add_columns(Wording.text, Evidence.source, Evidence.actor)
        .join(List, List.id == Consent.list_id)
        .join(Evidence, Evidence.id == Consent.evidence_id)
        .join(Wording, Wording.id == Evidence.wording_id)
        .where(Consent.subscriber_id == person.id)
        .order_by(Consent.id)
    )
    return Card(
        id=person.id,
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        zone=person.zone,
        locale=person.locale,
        custom=dict(person.custom),
        tags=tuple(tags_of(s, [person.id]).get(person.id, ())),
        joined=s.scalars(select(Profile.joined).where(Profile.subscriber_id == person.id)).one(),
        lists=_memberships(s, person),
        consents=tuple(Expression(*row) for row in s.execute(consents)),
        suppressions=_stops(s, person),
    )


def _memberships(s: Session, person: Subscriber) -> tuple[Membership, ...]:
    query = (
        select(List.slug, Subscription.state, Subscription.since, Subscription.frequency)
        .add_columns(Subscription.paused_until, Subscription.opens_since)
        .join(List, List.id == Subscription.list_id)
        .where(Subscription.subscriber_id == person.id)
        .order_by(List.slug)
    )
    return tuple(Membership(*row) for row in s.execute(query))


def _stops(s: Session, person: Subscriber) -> tuple[Stop, ...]:
    slugs = dict(s.execute(select(List.id, List.slug)).all())
    return tuple(
        Stop(each.reason, slugs[each.list_id] if each.list_id is not None else None, each.at, each.source)
        for each in stops(s, person.address_key)
    )
