"""Storing many people at once, in one transaction: what an import does with a chunk. One person is people.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from subscribers.addresses import wide_key
from subscribers.csvfile import Incoming
from subscribers.evidence import evidence_id, sealed
from subscribers.fields import remember_fields
from subscribers.keys import Keys
from subscribers.models import Consent, Profile, Subscriber, SubscriberTag, Subscription
from subscribers.people import tags_of
from subscribers.seals import share
from subscribers.suppression import OPTED_OUT, stopped_keys

# Tables, not classes: the ORM's way to insert many rows takes twice as long.
_PEOPLE, _PROFILES, _CONSENTS, _SUBSCRIPTIONS, _TAGS = (
    cast(Table, each.__table__) for each in (Subscriber, Profile, Consent, Subscription, SubscriberTag)
)

Taken = Literal["new", "updated", "unchanged", "suppressed"]


@dataclass(frozen=True)
class Basis:
    """Which list people are put on, and the evidence that they want it."""

    list_id: int
    how: str
    wording: str
    source: str
    actor: str


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    columns: Mapping[str, Any]  # first_name, last_name, zone, locale, custom
    tags: frozenset[str]
    state: str | None  # on this list


def take_in(s: Session, keys: Keys, basis: Basis, people: Mapping[bytes, Incoming]) -> dict[bytes, tuple[Taken, str]]:
    """What became of each, by address key. Empty values erase nothing, tags are only added, pending stays pending."""
    known = _known(s, basis.list_id, people)
    withdrawn = {key: OPTED_OUT for key, person in known.items() if person.state == "withdrawn"}
    wide = {key: found for key, person in people.items() if (found := wide_key(keys, person.address))}
    stopped = stopped_keys(s, {*people, *wide.values()}, basis.list_id)
    behind = {key: stopped[mailbox] for key, mailbox in wide.items() if mailbox in stopped}
    kept_out = {**behind, **{key: why for key, why in stopped.items() if key in people}, **withdrawn}
    # Always in the order of the keys: two imports of the same people then wait for each other instead of locking up.
    welcome = {key: people[key] for key in sorted(people) if key not in kept_out}
    outcomes = _sort(welcome, known)
    at = database_now(s)
    ids = {key: person.id for key, person in known.items()} | _add(s, basis, welcome, wide, outcomes, at)
    _update(s, welcome, known, outcomes)
    _subscribe(
        s, basis, {ids[key]: welcome[key] for key in welcome if key not in known or known[key].state is None}, at
    )
    _tag(s, welcome, known, ids)
    remember_fields(s, {name for person in welcome.values() for name in person.custom})
    left_out: dict[bytes, tuple[Taken, str]] = {key: ("suppressed", kept_out[key]) for key in people if key in kept_out}
    return {**left_out, **{key: (outcome, "") for key, outcome in outcomes.items()}}


def _known(s: Session, list_id: int, keys: Iterable[bytes]) -> dict[bytes, _Known]:
    columns = (Subscriber.first_name, Subscriber.last_name, Subscriber.zone, Subscriber.locale, Subscriber.custom)
    query = select(Subscriber.address_key, Subscriber.id, *columns).where(Subscriber.address_key.in_(list(keys)))
    found = [row._asdict() for row in s.execute(query)]
    ids = [row["id"] for row in found]
    tags = tags_of(s, ids)
    on_list = select(Subscription.subscriber_id, Subscription.state).where(
        Subscription.list_id == list_id, Subscription.subscriber_id.in_(ids)
    )
    states = {row.subscriber_id: row.state for row in s.execute(on_list)}
    return {
        row.pop("address_key"): _Known(row.pop("id"), row, frozenset(tags.get(number, ())), states.get(number))
        for row, number in zip(found, ids, strict=True)
    }


def _sort(welcome: Mapping[bytes, Incoming], known: Mapping[bytes, _Known]) -> dict[bytes, Taken]:
    return {key: _outcome(person, known.get(key)) for key, person in welcome.items()}


def _outcome(person: Incoming, known: _Known | None) -> Taken:
    if known is None:
        return "new"
    if known.state is None or not person.tags <= known.tags or _merged(person, known) != known.columns:
        return "updated"
    return "unchanged"


def _merged(person: Incoming, known: _Known) -> dict[str, Any]:
    return {**known.columns, **person.fields, "custom": {**known.columns["custom"], **person.custom}}


def _add(
    s: Session,
    basis: Basis,
    welcome: Mapping[bytes, Incoming],
    wide: Mapping[bytes, bytes],
    outcomes: Mapping[bytes, Taken],
    at: datetime,
) -> dict[bytes, int]:
    empty = {"first_name": "", "last_name": "", "zone": "", "locale": ""}
    rows = [
        {
            **empty,
            **person.fields,
            "email": person.address.ascii,
            "address_key": key,
            "wide_key": wide.get(key),
            "custom": person.custom,
            "created_at": at,
        }
        for key, person in welcome.items()
        if outcomes[key] == "new"
    ]
    if not rows:
        return {}
    added = insert(_PEOPLE).returning(_PEOPLE.c.address_key, _PEOPLE.c.id)
    ids = {bytes(row.address_key): row.id for row in s.execute(added, rows)}
    profile = {"joined": at, "source": basis.how}
    s.execute(insert(_PROFILES), [{**profile, "subscriber_id": each} for each in ids.values()])
    return ids


def _update(
    s: Session, welcome: Mapping[bytes, Incoming], known: Mapping[bytes, _Known], outcomes: Mapping[bytes, Taken]
) -> None:
    changed = [
        {"id": known[key].id, **_merged(person, known[key])}
        for key, person in welcome.items()
        if outcomes[key] == "updated" and _merged(person, known[key]) != known[key].columns
    ]
    if changed:
        s.execute(update(Subscriber), changed)


def _subscribe(s: Session, basis: Basis, people: Mapping[int, Incoming], at: datetime) -> None:
    if not people:
        return
    share(s)
    will = {"list_id": basis.list_id, "state": "confirmed"}
    shared = evidence_id(s, how=basis.how, wording=basis.wording, source=basis.source, actor=basis.actor)
    evidence = {"at": at, "evidence_id": shared}
    recorded = s.execute(
        insert(_CONSENTS).returning(_CONSENTS.c.id, _CONSENTS.c.subscriber_id),
        [
            {**will, **evidence, **sealed({"address": person.address.typed})._asdict(), "subscriber_id": each}
            for each, person in people.items()
        ],
    )
    held = [{**will, "since": at, "subscriber_id": row.subscriber_id, "consent_id": row.id} for row in recorded]
    s.execute(insert(_SUBSCRIPTIONS), held)


def _tag(
    s: Session, welcome: Mapping[bytes, Incoming], known: Mapping[bytes, _Known], ids: Mapping[bytes, int]
) -> None:
    added = [
        {"tag": tag, "subscriber_id": ids[key]}
        for key, person in welcome.items()
        for tag in sorted(person.tags - (known[key].tags if key in known else frozenset()))
    ]
    if added:
        s.execute(insert(_TAGS), added)
