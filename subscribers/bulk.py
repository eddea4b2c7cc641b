"""Many rows at once, as fast as each database takes them: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import psycopg
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Row = tuple[Any, ...]


def add_rows(s: Session, table: Table, columns: Sequence[str], rows: Collection[Row]) -> None:
    """Values are to be as the database keeps them: instants in milliseconds, JSON as text."""
    if not rows:
        return
    if s.get_bind().dialect.name == "postgresql":
        _copy(s, f"COPY {table.name} ({', '.join(columns)}) FROM STDIN", rows)
        return
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608  names of ours
    s.connection().exec_driver_sql(insert, list(rows))


def next_ids(s: Session, table: Table, count: int) -> range | list[int]:
    """So many ids that nobody else gets. On SQLite as long as this transaction lasts, which is the only writer."""
    if s.get_bind().dialect.name == "postgresql":
        drawn = "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
        return list(s.scalars(text(drawn), {"name": table.name, "count": count}))
    if table.dialect_options["sqlite"]["autoincrement"]:
        last = s.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}) or 0
    else:
        last = s.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table.name}"))  # noqa: S608  a name of ours
    return range(int(last) + 1, int(last) + 1 + count)


def _copy(s: Session, statement: str, rows: Iterable[Row]) -> None:
    driver: Any = s.connection().connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as cause:
        # As SQLAlchemy does for what goes through it.
        raise DBAPIError.instance(statement, None, cause, psycopg.Error, hide_parameters=True) from cause
