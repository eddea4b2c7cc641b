"""Many ids handed to one statement as one value, alike on both databases: a statement of its own each costs more."""

from __future__ import annotations

from collections.abc import Collection

import orjson
from sqlalchemy.orm import Session


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
