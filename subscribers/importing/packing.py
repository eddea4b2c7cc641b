"""The people of a chunk as an SQLite database in memory: packed on the thread that reads, attached by the one that
stores. SQLite then copies from table to table, and meanwhile Python reads the next chunk. PostgreSQL needs none of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.orm import Session

from base.database import Database

# On the connection that stores. The log: each chunk writes on the same pages, and to bring them home after each takes
# a tenth of the time. The cache: as many pages as a chunk touches among a million addresses, which lie in no order.
_TUNING = ("PRAGMA wal_autocheckpoint = 16000", "PRAGMA cache_size = -16000")
_OURS = ("staged", "chosen")

Columns = Mapping[str, Sequence[Any]]

COLUMNS = (
    "known",  # the id of those who have one
    "email",
    "address_key",
    "wide_key",
    "first_name",
    "last_name",
    "zone",
    "locale",
    "custom",
    "joined",
    "at",
    "personal",
    "salt",
    "digest",
    "tags",  # a JSON array of texts
)


class Packed(NamedTuple):
    data: bytes
    fields: Mapping[str, str]  # which column holds the values of a custom field: its slot may change meanwhile


def pack(columns: Columns, typed: Columns) -> Packed:
    """A table `people` with all of COLUMNS, filled or not, and typed values; `place` counts from 1."""
    fields = {name: f"v{number}" for number, name in enumerate(typed)}
    filled = {**columns, **{fields[name]: values for name, values in typed.items()}}
    names, marks = ", ".join(filled), ", ".join("?" * len(filled))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        made = ", ".join((*COLUMNS, *fields.values()))
        memory.execute(f"CREATE TABLE people (place INTEGER PRIMARY KEY, {made})")
        memory.execute("BEGIN")
        insert = f"INSERT INTO people ({names}) VALUES ({marks})"  # noqa: S608  names of ours
        memory.executemany(insert, zip(*filled.values(), strict=True))
        memory.execute("COMMIT")
        return Packed(memory.serialize(), fields)


def attach(s: Session, name: str, packed: Packed) -> None:
    """As one of _OURS, until the connection is given back: see detaching()."""
    connection = s.connection()
    for statement in (*_TUNING, f"ATTACH ':memory:' AS {name}"):
        connection.exec_driver_sql(statement)
    driver: Any = connection.connection.driver_connection
    driver.deserialize(packed.data, name=name)


@contextmanager
def detaching(db: Database) -> Iterator[None]:
    """SQLite lets go of what is attached only when the transaction is over: when Session gives the connection back."""
    if not db.is_sqlite:
        yield
        return

    def detach(connection: Any, _record: object) -> None:
        there = {name for _, name, _ in connection.execute("PRAGMA database_list")} if connection else set()
        for name in there.intersection(_OURS):
            connection.execute(f"DETACH {name}")

    event.listen(db.engine, "checkin", detach)  # a function of its own for each import that runs in this process
    try:
        yield
    finally:
        event.remove(db.engine, "checkin", detach)
