"""Many rows at once, the way each database takes them fastest. What the rows mean is intake.py's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import psycopg
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Row = tuple[Any, ...]

# On SQLite json_each gives each tag with the text of its array, on PostgreSQL the array itself.
_TAGS = {
    "sqlite": "SELECT t.key, n.value FROM json_each(:given) t, json_each(t.value) n",
    "postgresql": "SELECT t.key, n.value::integer FROM json_each(CAST(:given AS json)) t, "
    "json_array_elements_text(t.value) n",
}


def copy_rows(s: Session, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """On PostgreSQL. Values are to be as the database keeps them: instants in milliseconds, JSON as text."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    driver: Any = s.connection().connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as cause:
        # As SQLAlchemy does for what goes through it.
        raise DBAPIError.instance(statement, None, cause, psycopg.Error, hide_parameters=True) from cause


def add_tags(s: Session, having: Mapping[int, Sequence[str]]) -> None:
    """By the ids of people: the tags that they are to have and have not."""
    by_tag: dict[str, list[int]] = {}  # the table's order: rows of one tag lie together
    for id_, tags in having.items():
        for tag in tags:
            by_tag.setdefault(tag, []).append(id_)
    if by_tag:
        rows = _TAGS[s.get_bind().dialect.name]
        given = orjson.dumps(by_tag).decode()
        s.execute(text(f"INSERT INTO subscriber_tags (tag, subscriber_id) {rows}"), {"given": given})


def next_ids(s: Session, table: Table, count: int) -> Sequence[int]:
    """So many ids that nobody else gets. On SQLite as long as this transaction lasts, which is the only writer."""
    if is_postgres(s):
        drawn = "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
        return s.scalars(text(drawn), {"name": table.name, "count": count}).all()
    if table.dialect_options["sqlite"]["autoincrement"]:
        last = s.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}) or 0
    else:
        last = s.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table.name}"))  # noqa: S608  a name of ours
    return range(int(last) + 1, int(last) + 1 + count)


def is_postgres(s: Session) -> bool:
    return s.get_bind().dialect.name == "postgresql"
