"""People on their way into the tables: once into a staging table, from there into each table by one statement.

Most of the time is then spent in the database, while Python reads the next chunk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from subscribers.bulk import add_rows, add_tags, next_ids
from subscribers.custom import Field, slotted
from subscribers.incoming import Person
from subscribers.models import Consent, Subscriber
from subscribers.projection import MARKETING

# On PostgreSQL with their types. Whatever nobody in a chunk has stays empty, and costs nothing.
_COLUMNS = {
    "consent_id": "integer",
    "email": "text",
    "address_key": "bytea",
    "wide_key": "bytea",
    "first_name": "text",
    "last_name": "text",
    "zone": "text",
    "locale": "text",
    "custom": "jsonb",
    "joined": "bigint",
    "at": "bigint",
    "personal": "text",
    "salt": "bytea",
    "digest": "bytea",
    **{f"t{number}": "text" for number in range(1, 9)},
    **{f"n{number}": "double precision" for number in range(1, 9)},
}
_PEOPLE = """
    INSERT INTO subscribers (id, email, address_key, wide_key, first_name, last_name, zone, locale, custom, created_at)
    SELECT id, email, address_key, wide_key, coalesce(first_name, ''), coalesce(last_name, ''), coalesce(zone, ''),
        coalesce(locale, ''), custom, :now
    FROM staged_people ORDER BY id
"""
# {0} are the columns of typed values that somebody in this chunk has.
_PROFILES = """
    INSERT INTO profiles (subscriber_id, joined, source{0})
    SELECT id, coalesce(joined, :now), :how{0} FROM staged_people ORDER BY id
"""
_CONSENTS = """
    INSERT INTO consents (id, subscriber_id, list_id, state, at, purpose, evidence_id, personal, salt, digest)
    SELECT consent_id, id, :list_id, 'confirmed', coalesce(at, :now), :purpose, :evidence_id, personal, salt, digest
    FROM staged_people ORDER BY id
"""
_SUBSCRIPTIONS = """
    INSERT INTO subscriptions (list_id, subscriber_id, state, since, consent_id, frequency)
    SELECT :list_id, id, 'confirmed', coalesce(at, :now), consent_id, 'all' FROM staged_people ORDER BY id
"""


class Common(NamedTuple):
    """What all of them share."""

    list_id: int
    evidence_id: int
    how: str
    now: int  # milliseconds


def add_people(s: Session, common: Common, fields: Mapping[str, Field], new: Sequence[Person]) -> None:
    """With everything a person has: values, tags, and the consent to be on the list."""
    if not new:
        return
    ids = next_ids(s, cast(Table, Subscriber.__table__), len(new))
    slots = _slots(fields, new)
    _stage(s, {"id": ids, **_columns_of(new), **_consents_of(s, new), **slots})
    _fill(s, common, (_PEOPLE, _PROFILES, _CONSENTS, _SUBSCRIPTIONS), slots)
    having: dict[str, list[int]] = {}
    for number, person in zip(ids, new, strict=True):
        for tag in person.tags:
            having.setdefault(tag, []).append(number)
    add_tags(s, having)


def subscribe(s: Session, common: Common, people: Sequence[tuple[int, Person]]) -> None:
    """Put people who are known on the list."""
    if people:
        consents = _consents_of(s, [person for _, person in people])
        _stage(s, {"id": [number for number, _ in people], **consents})
        _fill(s, common, (_CONSENTS, _SUBSCRIPTIONS), ())


def _columns_of(people: Sequence[Person]) -> dict[str, Sequence[Any]]:
    names = ("first_name", "last_name", "zone", "locale")
    return {
        "email": [person.email for person in people],
        "address_key": [person.key for person in people],
        "wide_key": [person.wide for person in people],
        **dict(zip(names, zip(*[person.fixed for person in people], strict=True), strict=True)),
        "custom": [person.custom_json for person in people],
        "joined": [person.joined for person in people],
    }


def _consents_of(s: Session, people: Sequence[Person]) -> dict[str, Sequence[Any]]:
    sealed = zip(*[person.personal for person in people], strict=True)
    return {
        "consent_id": next_ids(s, cast(Table, Consent.__table__), len(people)),
        "at": [person.consented for person in people],
        **dict(zip(("personal", "salt", "digest"), sealed, strict=True)),
    }


def _slots(fields: Mapping[str, Field], people: Sequence[Person]) -> dict[str, Sequence[Any]]:
    """Everybody's typed values, by slot; each different one is read once."""
    used = set[str]().union(*(person.custom for person in people))
    slots: dict[str, Sequence[Any]] = {}
    for name in used:
        field = fields[name]
        if slot := field.slot or field.filling:
            texts = [person.custom.get(name) for person in people]
            typed = (
                {}
                if field.type in ("text", "choice")
                else {each: slotted(field.type, each or "") for each in set(texts)}
            )
            slots[slot] = [typed[each] for each in texts] if typed else texts
    return slots


def _stage(s: Session, columns: Mapping[str, Sequence[Any]]) -> None:
    postgres = s.get_bind().dialect.name == "postgresql"
    made = ", ".join(f"{name} {kind}" if postgres else name for name, kind in _COLUMNS.items())
    keeping = " ON COMMIT DELETE ROWS" if postgres else ""
    s.execute(text(f"CREATE TEMPORARY TABLE IF NOT EXISTS staged_people (id integer PRIMARY KEY, {made}){keeping}"))
    s.execute(text("DELETE FROM staged_people"))
    if not postgres:
        # In pages. Each chunk writes on the same ones: to bring them home after each takes a tenth of the time.
        s.execute(text("PRAGMA wal_autocheckpoint = 8000"))
    filled = {name: values for name, values in columns.items() if any(value not in (None, "") for value in values)}
    add_rows(s, "staged_people", tuple(filled), list(zip(*filled.values(), strict=True)))


def _fill(s: Session, common: Common, statements: Sequence[str], slots: Collection[str]) -> None:
    more = "".join(f", {slot}" for slot in slots)
    given = {**common._asdict(), "purpose": MARKETING}
    for statement in statements:
        named = {name: value for name, value in given.items() if f":{name}" in statement}
        s.execute(text(statement.format(more)), named)
