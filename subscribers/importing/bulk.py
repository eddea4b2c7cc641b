"""Many rows at once, the way each database takes them fastest. What the rows mean is intake.py's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import orjson
import psycopg
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Row = tuple[Any, ...]

_MOST_VALUES = 32_000  # that SQLite takes in one statement

# On SQLite json_each gives each tag with the text of its array, on PostgreSQL the array itself.
_TAGS = {
    "sqlite": "SELECT t.key, n.value FROM json_each(:having) t, json_each(t.value) n",
    "postgresql": "SELECT t.key, n.value::integer FROM json_each(CAST(:having AS json)) t, "
    "json_array_elements_text(t.value) n",
}


def add_rows(s: Session, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Values are to be as the database keeps them: instants in milliseconds, JSON as text."""
    if not rows:
        return
    if _is_postgres(s):
        _copy(s, f"COPY {table} ({', '.join(columns)}) FROM STDIN", rows)
        return
    # Many rows a statement: Python lets other threads run before and after each, which costs more than a row.
    connection, at_once = s.connection(), _MOST_VALUES // len(columns)
    for start in range(0, len(rows), at_once):
        some = rows[start : start + at_once]
        connection.exec_driver_sql(_insert(table, tuple(columns), len(some)), tuple(chain.from_iterable(some)))


@lru_cache(8)
def _insert(table: str, columns: tuple[str, ...], rows: int) -> str:
    marks = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * rows)}"  # noqa: S608  names of ours


def add_tags(s: Session, having: Mapping[str, Sequence[int]]) -> None:
    """Tags with the ids of those who are to have them and have not. Tag by tag, as the table is laid out."""
    if having:
        ordered = orjson.dumps(having, option=orjson.OPT_SORT_KEYS).decode()
        rows = _TAGS[s.get_bind().dialect.name]
        s.execute(text(f"INSERT INTO subscriber_tags (tag, subscriber_id) {rows}"), {"having": ordered})


def next_ids(s: Session, table: Table, count: int) -> Sequence[int]:
    """So many ids that nobody else gets. On SQLite as long as this transaction lasts, which is the only writer."""
    if _is_postgres(s):
        drawn = "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
        return s.scalars(text(drawn), {"name": table.name, "count": count}).all()
    if table.dialect_options["sqlite"]["autoincrement"]:
        last = s.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}) or 0
    else:
        last = s.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table.name}"))  # noqa: S608  a name of ours
    return range(int(last) + 1, int(last) + 1 + count)


def present(s: Session, table: str, keys: Sequence[bytes]) -> list[bytes]:
    """Those of these address keys that are in a table at all: asked of thousands, and mostly of none."""
    if not keys:
        return []
    where = f"SELECT DISTINCT address_key FROM {table} WHERE address_key"  # noqa: S608  a name of ours
    connection = s.connection()
    if _is_postgres(s):
        found = connection.exec_driver_sql(f"{where} = ANY(%s)", (list(keys),))
    else:
        found = connection.exec_driver_sql(f"{where} IN ({','.join('?' * len(keys))})", tuple(keys))
    return [bytes(key) for (key,) in found]


def _copy(s: Session, statement: str, rows: Iterable[Row]) -> None:
    driver: Any = s.connection().connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as cause:
        # As SQLAlchemy does for what goes through it.
        raise DBAPIError.instance(statement, None, cause, psycopg.Error, hide_parameters=True) from cause


def _is_postgres(s: Session) -> bool:
    return s.get_bind().dialect.name == "postgresql"
