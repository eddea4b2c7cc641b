"""Storing many people at once, in one transaction: what an import does with a chunk. One person is people.py.

Those who are known are known.py's part; stops that a file brings are stopping.py's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import orjson
from sqlalchemy import Table
from sqlalchemy.orm import Session

from base.database import database_now
from base.time import to_ms
from subscribers.bulk import add_rows, next_ids
from subscribers.custom import Field, remember, slotted
from subscribers.evidence import SALT, evidence_id, sealed
from subscribers.incoming import Person
from subscribers.known import Conflict, Known, bring_up_to_date, find_known
from subscribers.models import Consent, Profile, Subscriber, SubscriberTag, Subscription
from subscribers.projection import MARKETING
from subscribers.seals import share
from subscribers.suppression import OPTED_OUT, stopped_keys

_PEOPLE, _PROFILES, _CONSENTS, _SUBSCRIPTIONS, _TAGS = (
    cast(Table, each.__table__) for each in (Subscriber, Profile, Consent, Subscription, SubscriberTag)
)

Taken = Literal["new", "updated", "unchanged", "suppressed"]


@dataclass(frozen=True)
class Basis:
    """Which list people are put on, the evidence that they want it, and what happens to what is known already."""

    list_id: int
    how: str
    wording: str
    source: str
    actor: str
    conflict: Conflict = "overwrite"


def take_in(s: Session, basis: Basis, people: Sequence[Person]) -> dict[bytes, tuple[Taken, str]]:
    """What became of each, by address key, which are all different. Tags are only added, pending stays pending."""
    share(s)
    fields = remember(s, set[str]().union(*(person.custom for person in people)))
    known = find_known(s, basis.list_id, [person.key for person in people])
    kept_out = _kept_out(s, basis.list_id, people, known)
    # Always in the order of the keys: two imports of the same people then wait for each other instead of locking up.
    welcome = sorted((person for person in people if person.key not in kept_out), key=lambda person: person.key)
    at = to_ms(database_now(s))
    new = [person for person in welcome if person.key not in known]
    ids = _add(s, basis, fields, new, at)
    there = [(known[person.key], person) for person in welcome if person.key in known]
    changed = bring_up_to_date(s, fields, basis.conflict, there)
    joining = [(each.id, person) for each, person in there if each.state is None]
    _subscribe(s, basis, [*zip(ids, new, strict=True), *joining], at)
    outcomes: dict[bytes, tuple[Taken, str]] = {key: ("suppressed", why) for key, why in kept_out.items()}
    outcomes |= {person.key: ("new", "") for person in new}
    for each, person in there:
        outcomes[person.key] = ("updated" if each.state is None or each.id in changed else "unchanged", "")
    return outcomes


def _kept_out(s: Session, list_id: int, people: Sequence[Person], known: Mapping[bytes, Known]) -> dict[bytes, str]:
    keys = [person.key for person in people]
    wide = {person.key: person.wide for person in people if person.wide}
    stopped = stopped_keys(s, [*keys, *dict.fromkeys(wide.values())], list_id)
    behind = {key: stopped[mailbox] for key, mailbox in wide.items() if mailbox in stopped}
    withdrawn = {key: OPTED_OUT for key, each in known.items() if each.state == "withdrawn"}
    return behind | {key: stopped[key] for key in keys if key in stopped} | withdrawn


def _add(s: Session, basis: Basis, fields: Mapping[str, Field], new: Sequence[Person], at: int) -> Sequence[int]:
    ids = next_ids(s, _PEOPLE, len(new))
    dumps, rows = orjson.dumps, []
    for number, person in zip(ids, new, strict=True):
        custom = dumps(person.custom).decode()
        rows.append((number, person.address.ascii, person.key, person.wide, *person.fixed, custom, at))
    add_rows(s, _PEOPLE, _COLUMNS, rows)
    _add_profiles(s, basis, fields, list(zip(ids, new, strict=True)), at)
    add_tags(s, ((number, tag) for number, person in zip(ids, new, strict=True) for tag in person.tags))
    return ids


_COLUMNS = (
    *("id", "email", "address_key", "wide_key", "first_name", "last_name", "zone", "locale", "custom", "created_at"),
)


def _add_profiles(
    s: Session, basis: Basis, fields: Mapping[str, Field], new: Sequence[tuple[int, Person]], at: int
) -> None:
    used = set[str]().union(*(person.custom for _, person in new))
    slots = [
        (slot, name, field.type)
        for name, field in fields.items()
        if (slot := field.slot or field.filling) and name in used
    ]
    rows = [
        (
            number,
            person.joined or at,
            basis.how,
            *[slotted(type_, person.custom.get(name, "")) for _, name, type_ in slots],
        )
        for number, person in new
    ]
    add_rows(s, _PROFILES, ("subscriber_id", "joined", "source", *(slot for slot, _, _ in slots)), rows)


def add_tags(s: Session, tagged: Iterable[tuple[int, str]]) -> None:
    """Rows that are not there yet. Tag by tag, as the table is laid out: that is twice as fast."""
    having: dict[str, list[int]] = {}
    for number, tag in tagged:
        having.setdefault(tag, []).append(number)
    add_rows(s, _TAGS, ("tag", "subscriber_id"), [(tag, number) for tag in sorted(having) for number in having[tag]])


def _subscribe(s: Session, basis: Basis, people: Sequence[tuple[int, Person]], at: int) -> None:
    if not people:
        return
    shared = evidence_id(s, how=basis.how, wording=basis.wording, source=basis.source, actor=basis.actor)
    salts, numbers = os.urandom(SALT * len(people)), next_ids(s, _CONSENTS, len(people))
    consents, held = [], []
    for place, (number, (subscriber_id, person)) in enumerate(zip(numbers, people, strict=True)):
        since = person.consented or at
        personal = sealed(_personal(person), salts[place * SALT : (place + 1) * SALT])
        consents.append((number, subscriber_id, basis.list_id, "confirmed", since, MARKETING, shared, *personal))
        held.append((basis.list_id, subscriber_id, "confirmed", since, number, "all"))
    add_rows(s, _CONSENTS, _CONSENT_COLUMNS, consents)
    add_rows(s, _SUBSCRIPTIONS, ("list_id", "subscriber_id", "state", "since", "consent_id", "frequency"), held)


_CONSENT_COLUMNS = (
    *("id", "subscriber_id", "list_id", "state", "at", "purpose", "evidence_id", "personal", "salt", "digest"),
)


def _personal(person: Person) -> dict[str, str]:
    return {"address": person.address.typed, "ip": person.ip} if person.ip else {"address": person.address.typed}
