"""From a database at work to a file: one snapshot, row by row, whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import Table, inspect, select, text
from sqlalchemy.orm import Session

from backup.form import Head, Writer, columns_of, kind, pack, tables_of
from backup.ids import last_ids
from base.database import Database, database_now
from base.errors import Broken, Refused
from base.time import to_ms
from migrations import step
from subscribers.journal import Journal, Mark
from subscribers.keys import Keys

_AT_ONCE = 1_000  # rows in memory
Progress = Callable[[int], None]  # hears of so many rows


@dataclass(frozen=True)
class Saved:
    tables: int
    rows: int
    bytes: int


def save(db: Database, keys: Keys, journal: Journal, file: Path, progress: Progress) -> Saved:
    """Write everything to a new file, while the service goes on. Raises Refused where there is one already."""
    mark = _mark(db, journal)
    try:
        with _new(file) as out:
            tables, rows = _write(db, keys, mark, out, progress)
    except OSError as cause:
        raise Broken(f"The backup {file} cannot be written ({cause.strerror}); nothing was kept of it") from cause
    return Saved(tables, rows, file.stat().st_size)


def _mark(db: Database, journal: Journal) -> Mark | None:
    """Where the journal ends, before the snapshot: what comes after it may or may not be in the backup."""
    with db.write() as s:
        keeps = inspect(s.connection()).has_table("installation")  # older ones kept no journal
        return journal.mark(s) if keeps else None


def _write(db: Database, keys: Keys, mark: Mark | None, out: IO[bytes], progress: Progress) -> tuple[int, int]:
    with db.read() as s:
        if not db.is_sqlite:
            s.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        tables = tables_of(s)
        writer = Writer(out, keys)
        writer.head(_head(s, tables, mark))
        rows = 0
        for table in tables.values():
            rows += _write_table(s, writer, table, lambda more, before=rows: progress(before + more))  # type: ignore[misc]
        writer.close()
    return len(tables), rows


def _head(s: Session, tables: dict[str, Table], mark: Mark | None) -> Head:
    fingerprints = tables["key_fingerprints"].c
    found = s.execute(select(fingerprints.name, fingerprints.fingerprint))
    known = s.execute(select(tables["installation"].c.id)).scalar() if "installation" in tables else None
    return Head(
        schema=step(s),
        made_at=to_ms(database_now(s)),
        installation=known or "",
        keys=dict(found.all()),
        mark=mark,
        columns=columns_of(tables),
        last_ids=last_ids(s, tables),
    )


def _write_table(s: Session, writer: Writer, table: Table, progress: Progress) -> int:
    kinds = [kind(column) for column in table.columns]
    writer.table(table.name)
    count = 0
    for row in s.execute(select(table), execution_options={"yield_per": _AT_ONCE}):
        writer.row([pack(word, value) for word, value in zip(kinds, row, strict=True)])
        count += 1
        if count % _AT_ONCE == 0:
            progress(count)
    writer.end_of_table(count)
    progress(count)
    return count


@contextmanager
def _new(file: Path) -> Iterator[IO[bytes]]:
    """The file under another name until it is whole and on disk. What a killed backup left is written over."""
    if file.exists():
        raise Refused(f"{file} is there already and is kept; give the backup another name")
    part = file.with_name(file.name + ".part")
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as out:
        _mine_alone(out, part)
        try:
            out.truncate(0)
            yield out
            out.flush()
            os.fsync(out.fileno())
            part.rename(file)
        finally:
            part.unlink(missing_ok=True)
    _sync_folder(file.parent)


def _mine_alone(out: IO[bytes], part: Path) -> None:
    try:
        fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not part.exists() or not os.path.samestat(os.fstat(out.fileno()), part.stat()):
            raise BlockingIOError  # it became somebody's finished backup meanwhile
    except BlockingIOError as cause:
        raise Refused(
            f"Another backup is being written to {part}; wait for it or give this one another name"
        ) from cause


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
