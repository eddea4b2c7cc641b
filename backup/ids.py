"""Which ids a database gave last, so that after a restore none names a second thing."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Integer, Table, func, select, text
from sqlalchemy.orm import Session

_SEQUENCE = "SELECT pg_get_serial_sequence(:table, :column)"


def last_ids(s: Session, tables: Mapping[str, Table]) -> dict[str, int]:
    """By table, where the database counts them itself."""
    if s.get_bind().dialect.name == "sqlite":
        known = s.execute(text("SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'")).first()
        rows = s.execute(text("SELECT name, seq FROM sqlite_sequence")).all() if known else []
        return {name: int(last) for name, last in rows if name in tables}
    found = {}
    for table in tables.values():
        if sequence := _sequence(s, table):
            last = s.execute(text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"))  # noqa: S608
            found[str(table.name)] = int(last.scalar_one())
    return found


def go_on_from(s: Session, tables: Mapping[str, Table], last: Mapping[str, int]) -> None:
    """The next row of each table gets an id above these and above every row's."""
    for table in tables.values():
        key = _counted(table)
        if key is None:
            continue
        highest = max(last.get(table.name, 0), s.execute(select(func.max(table.c[key]))).scalar() or 0)
        if s.get_bind().dialect.name == "sqlite":
            # There is a row only for tables that never give an id twice; the others look at their rows.
            where = {"name": table.name, "last": highest}
            if table.dialect_options["sqlite"].get("autoincrement") or table.name in last:
                s.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), where)
                s.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), where)
        elif highest and (sequence := _sequence(s, table)):
            s.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :last)"), {"sequence": sequence, "last": highest}
            )


def _counted(table: Table) -> str | None:
    keys = list(table.primary_key.columns)
    return keys[0].name if len(keys) == 1 and isinstance(keys[0].type, Integer) else None


def _sequence(s: Session, table: Table) -> str | None:
    key = _counted(table)
    if key is None:
        return None
    # Comes from the catalogue, quoted where it has to be.
    return s.execute(text(_SEQUENCE), {"table": f'"{table.name}"', "column": key}).scalar()
