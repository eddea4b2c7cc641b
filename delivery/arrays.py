"""Many rows handed to one statement, on either database: a statement for each costs more, and the ORM most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy.orm import Session

# A statement on SQLite, which takes 32,766 values. Of few sizes: each is kept by its connection, and is large.
_ROWS = (512, 64, 8, 1)


def ids_in(s: Session, name: str) -> str:
    """SQL for the ids of the parameter of that name, for `IN (…)`."""
    if s.get_bind().dialect.name == "sqlite":
        return f"SELECT value FROM json_each(:{name})"  # noqa: S608  a name of ours
    return f"SELECT value::int FROM json_array_elements_text(CAST(:{name} AS json)) AS x(value)"  # noqa: S608  a name of ours


def rows_in(s: Session, name: str, columns: str) -> str:
    """SQL for the rows of whole numbers of the parameter of that name, to select from."""
    if s.get_bind().dialect.name == "sqlite":
        fields = ", ".join(f"value ->> {n} AS {column}" for n, column in enumerate(columns.split()))
        return f"(SELECT {fields} FROM json_each(:{name}))"  # noqa: S608  names of ours
    fields = ", ".join(f"(value ->> {n})::bigint AS {column}" for n, column in enumerate(columns.split()))
    return f"(SELECT {fields} FROM json_array_elements(CAST(:{name} AS json)) AS x(value))"  # noqa: S608  names of ours


def as_value(many: Collection[int] | Collection[tuple[int, ...]]) -> str:
    return orjson.dumps(list(many)).decode()


def add_rows(s: Session, statement: str, values: Sequence[object], types: Sequence[str]) -> list[Any]:
    """Run `statement`, in which {rows} stands for these rows, and give what it returns of each. `values`: row by row
    in one flat sequence; `types`: PostgreSQL's of the columns."""
    width, connection = len(types), s.connection()
    if not values:
        return []
    if connection.dialect.name == "postgresql":
        columns = tuple([list(values[column::width]) for column in range(width)])
        arrays = ", ".join(f"%s::{name}[]" for name in types)
        done = connection.exec_driver_sql(statement.format(rows=f"unnest({arrays})"), columns)
        return list(done.scalars()) if done.returns_rows else []
    returned: list[Any] = []
    start = 0
    while start < len(values):
        rows = next(rows for rows in _ROWS if start + rows * width <= len(values))
        some = tuple(values[start : start + rows * width])
        done = connection.exec_driver_sql(_with_values(statement, rows, width), some)
        returned += done.scalars() if done.returns_rows else ()
        start += rows * width
    return returned


@cache
def _with_values(statement: str, rows: int, width: int) -> str:
    return statement.format(rows=f"(VALUES {','.join(['(' + ','.join('?' * width) + ')'] * rows)})")
