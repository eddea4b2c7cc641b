"""People on their way into the tables: once into a staging table, from there into each table by one statement.

Most of the time is then spent in the database, while Python reads the next chunk. On SQLite the staging table comes
with the chunk (packing.py) and its rows get ids in their order; on PostgreSQL it is a temporary one, with ids drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from subscribers.fields.custom import Field
from subscribers.importing.bulk import copy_rows, is_postgres, next_ids
from subscribers.importing.packing import attach, pack
from subscribers.importing.prepared import Prepared
from subscribers.models import Consent, Subscriber
from subscribers.projection import MARKETING

_TABLES = (cast(Table, Subscriber.__table__), cast(Table, Consent.__table__))  # whose ids are given out
# Of PostgreSQL's, with their types. Whatever nobody in a chunk has stays empty, and costs nothing.
_COLUMNS = {
    "consent_id": "integer",
    "known": "integer",
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
    "tags": "json",
    **{f"t{number}": "text" for number in range(1, 9)},
    **{f"n{number}": "double precision" for number in range(1, 9)},
}
# Of SQLite's: ids in the order of the rows, which needs no sorting.
_ATTACHED = """
    (SELECT coalesce(known, :before + place) AS id, :consents_before + place AS consent_id, p.* FROM {}.people p)
"""
# {slots} are the columns of typed values that somebody in this chunk has, {values} where they are staged.
_PEOPLE = """
    INSERT INTO subscribers (id, email, address_key, wide_key, first_name, last_name, zone, locale, custom, created_at)
    SELECT id, email, address_key, wide_key, coalesce(first_name, ''), coalesce(last_name, ''), coalesce(zone, ''),
        coalesce(locale, ''), custom, :now
    FROM {people} WHERE known IS NULL {order}
"""
_PROFILES = """
    INSERT INTO profiles (subscriber_id, joined, source{slots})
    SELECT id, coalesce(joined, :now), :how{values} FROM {people} WHERE known IS NULL {order}
"""
_CONSENTS = """
    INSERT INTO consents (id, subscriber_id, list_id, state, at, purpose, evidence_id, personal, salt, digest)
    SELECT consent_id, id, :list_id, 'confirmed', coalesce(at, :now), :purpose, :evidence_id, personal, salt, digest
    FROM {people} {order}
"""
_SUBSCRIPTIONS = """
    INSERT INTO subscriptions (list_id, subscriber_id, state, since, consent_id, frequency)
    SELECT :list_id, id, 'confirmed', coalesce(at, :now), consent_id, 'all' FROM {people} {order}
"""
# Person by person: in the order of the table SQLite would take a quarter longer, most of it to sort.
_TAGS = """
    INSERT INTO subscriber_tags (tag, subscriber_id)
    SELECT t.value, new.id FROM {people} new, {each}(new.tags) t WHERE new.known IS NULL
"""


class Common(NamedTuple):
    """What all of them share."""

    list_id: int
    evidence_id: int
    how: str
    now: int  # milliseconds


class _Staged(NamedTuple):
    people: str  # to be put into the statements, like order and each, and what they are given for it
    order: str
    each: str  # what gives each text of a JSON array
    given: Mapping[str, int]
    values: Mapping[str, str]  # by slot, where they are staged


def find_present(s: Session, table: str, prepared: Prepared, *columns: str) -> list[bytes]:
    """Those of the people's keys in these columns that are address keys in a table: mostly none of thousands."""
    found: list[bytes] = []
    connection = s.connection()
    for column in columns:
        if column not in prepared.columns:
            continue
        if is_postgres(s):
            asked = f"SELECT DISTINCT address_key FROM {table} WHERE address_key = ANY(%s)"  # noqa: S608  names of ours
            rows = connection.exec_driver_sql(asked, ([key for key in prepared.columns[column] if key],))
        else:
            there = f"EXISTS (SELECT 1 FROM {table} WHERE address_key = p.{column})"  # noqa: S608  names of ours
            rows = connection.exec_driver_sql(f"SELECT {column} FROM staged.people p WHERE {there}")  # noqa: S608
        found += [bytes(key) for (key,) in rows]
    return found


def add_people(
    s: Session, common: Common, fields: Mapping[str, Field], people: Prepared, known: Sequence[int | None]
) -> None:
    """Put people on the list; whoever has no id yet is new, and is added with values and tags."""
    slots = {slot: name for name in people.typed if (slot := fields[name].slot or fields[name].filling)}
    staged = (_copy if is_postgres(s) else _attach)(s, people, slots, known)
    _fill(s, common, staged)


def _attach(s: Session, people: Prepared, slots: Mapping[str, str], known: Sequence[int | None]) -> _Staged:
    """As they were packed; packed anew when some are left out or known, or a slot is needed that was not."""
    name, packed = "staged", people.packed
    if packed is None or any(known) or not packed.fields.keys() >= set(slots.values()):
        name, packed = (
            "chosen",
            pack({"known": known, **people.columns}, {each: people.typed[each] for each in slots.values()}),
        )
        attach(s, name, packed)
    ids, consents = (next_ids(s, table, len(known)) for table in _TABLES)
    given = {"before": ids[0] - 1, "consents_before": consents[0] - 1}
    values = {slot: packed.fields[field] for slot, field in slots.items()}
    return _Staged(_ATTACHED.format(name), "", "json_each", given, values)


def _copy(s: Session, people: Prepared, slots: Mapping[str, str], known: Sequence[int | None]) -> _Staged:
    made = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    keeping = "ON COMMIT DELETE ROWS"
    s.execute(text(f"CREATE TEMPORARY TABLE IF NOT EXISTS staged_people (id integer PRIMARY KEY, {made}) {keeping}"))
    new, consents = next_ids(s, _TABLES[0], sum(each is None for each in known)), next_ids(s, _TABLES[1], len(known))
    drawn = iter(new)
    ids = [next(drawn) if each is None else each for each in known]
    own = {"id": ids, "consent_id": consents, **({"known": known} if any(known) else {})}
    columns = {**own, **people.columns, **{slot: people.typed[name] for slot, name in slots.items()}}
    copy_rows(s, "staged_people", tuple(columns), zip(*columns.values(), strict=True))
    return _Staged("staged_people", "ORDER BY id", "json_array_elements_text", {}, {slot: slot for slot in slots})


def _fill(s: Session, common: Common, staged: _Staged) -> None:
    slots, values = ("".join(f", {name}" for name in each) for each in (staged.values, staged.values.values()))
    given = {**common._asdict(), **staged.given, "purpose": MARKETING}
    for template in (_PEOPLE, _PROFILES, _CONSENTS, _SUBSCRIPTIONS, _TAGS):
        put = {"people": staged.people, "order": staged.order, "each": staged.each, "slots": slots, "values": values}
        statement = template.format(**put)
        named = {name: value for name, value in given.items() if f":{name}" in statement}
        s.execute(text(statement), named)
