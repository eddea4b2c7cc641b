"""People on their way into the tables: once into a staging table, from there into each table by one statement.

Most of the time is then spent in the database, while Python reads the next chunk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, cast

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from subscribers.fields.custom import Field
from subscribers.importing.bulk import add_rows, add_tags, next_ids
from subscribers.importing.prepared import Columns, Prepared
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
_OF_CONSENT = ("at", "personal", "salt", "digest")
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


def add_people(s: Session, common: Common, fields: Mapping[str, Field], new: Prepared) -> None:
    """With everything a person has: values, tags, and the consent to be on the list."""
    if not new.people:
        return
    ids = next_ids(s, cast(Table, Subscriber.__table__), len(new.people))
    slots = {slot: new.typed[name] for name in new.typed if (slot := fields[name].slot or fields[name].filling)}
    _stage(s, {"id": ids, **_consent_ids(s, new), **new.columns, **slots})
    _fill(s, common, (_PEOPLE, _PROFILES, _CONSENTS, _SUBSCRIPTIONS), slots)
    add_tags(s, {tag: [ids[place] for place in having] for tag, having in new.tags.items()})


def subscribe(s: Session, common: Common, ids: Sequence[int], people: Prepared) -> None:
    """Put people who are known on the list."""
    if people.people:
        consents = {name: people.columns[name] for name in _OF_CONSENT if name in people.columns}
        _stage(s, {"id": ids, **_consent_ids(s, people), **consents})
        _fill(s, common, (_CONSENTS, _SUBSCRIPTIONS), ())


def _consent_ids(s: Session, people: Prepared) -> Columns:
    return {"consent_id": next_ids(s, cast(Table, Consent.__table__), len(people.people))}


def _stage(s: Session, columns: Columns) -> None:
    postgres = s.get_bind().dialect.name == "postgresql"
    made = ", ".join(f"{name} {kind}" if postgres else name for name, kind in _COLUMNS.items())
    keeping = " ON COMMIT DELETE ROWS" if postgres else ""
    s.execute(text(f"CREATE TEMPORARY TABLE IF NOT EXISTS staged_people (id integer PRIMARY KEY, {made}){keeping}"))
    s.execute(text("DELETE FROM staged_people"))
    if not postgres:
        # In pages. Each chunk writes on the same ones: to bring them home after each takes a tenth of the time.
        s.execute(text("PRAGMA wal_autocheckpoint = 8000"))
    add_rows(s, "staged_people", tuple(columns), list(zip(*columns.values(), strict=True)))


def _fill(s: Session, common: Common, statements: Sequence[str], slots: Collection[str]) -> None:
    more = "".join(f", {slot}" for slot in slots)
    given = {**common._asdict(), "purpose": MARKETING}
    for statement in statements:
        named = {name: value for name, value in given.items() if f":{name}" in statement}
        s.execute(text(statement.format(more)), named)
