"""From a file to a database: everything in one transaction, so that one that fails or is killed changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm import Session

import migrations
from backup.form import Reader, columns_of, kind, tables_of, unpack
from backup.ids import go_on_from
from base.database import Database
from base.errors import BadInput, Refused
from base.time import from_ms
from base.words import counted
from campaigns.restored import hold_launched_later, hold_stopped, hold_unfinished
from delivery import heartbeat, installation
from delivery.replay import Entries, Replayed, replay
from migrations import STEPS, Schema
from subscribers.completing import complete_at_once
from subscribers.journal import read_after
from subscribers.keys import Keys, check_against, check_fingerprints

_AT_ONCE = 1_000  # rows in memory
# Ids that may have been given since the backup, and stand in events still to come: nobody else gets them.
_LEAP = 1_000_000
_CURE = "tipsheet suppression pull, look after the rest, and tipsheet resume --after-restore"
_OF_EVERY_NEW_ONE = ("key_fingerprints", "installation", "places")

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Wish:
    journal: Path | None  # None: there is none, and sending stays off
    replace: bool  # what is in the database now


@dataclass(frozen=True)
class Restored:
    made_at: datetime
    rows: int
    replayed: Replayed
    held: list[str]  # campaigns that need attention now
    sending_off: str  # why nothing is sent until a person has looked


def restore(db: Database, keys: Keys, file: Path, wish: Wish, progress: Progress) -> Restored:
    """Make the database what the file says, and bring back from the journal what came after. All of it or nothing."""
    with _opened(file) as reader:
        _check_head(reader, keys)
        entries = _entries(reader, wish.journal)
        if db.is_sqlite:
            Path(str(db.engine.url.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with db.write() as s:
            _check_target(db, s, wish)
            rows = _load(s, reader, keys, progress)
            tables = tables_of(s)
            go_on_from(s, tables, reader.head.last_ids)
            done = replay(s, keys, entries)
            _leap(s, tables, reader, done)
            held, why = _hold(s, reader, wish, done)
            installation.after_restore(s, why)
            check_fingerprints(s, keys)
    return Restored(from_ms(reader.head.made_at), rows, done, held, why)


def _opened(file: Path) -> Reader:
    try:
        return Reader(file)
    except OSError as cause:
        raise BadInput(f"{file} cannot be read ({cause.strerror}); name a file that tipsheet backup wrote") from cause


def _check_head(reader: Reader, keys: Keys) -> None:
    if reader.head.schema not in STEPS:
        raise Refused("The backup was made by a newer Tipsheet; upgrade Tipsheet on this machine and try again")
    check_against(reader.head.keys, keys)


def _entries(reader: Reader, journal: Path | None) -> Entries:
    """Everything since the backup, looked through to its end before anything is changed."""
    mark = reader.head.mark
    if journal is None:
        return lambda: iter(())
    if mark is None:
        raise Refused("This backup is older than the journal; restore it with --without-journal, which stops sending")
    for _ in read_after(journal, mark):
        pass
    return lambda: read_after(journal, mark)


def _check_target(db: Database, s: Session, wish: Wish) -> None:
    schema, where = migrations.state_of(s), migrations.name(db)
    if schema is Schema.ABSENT:
        return
    if schema not in (Schema.OLD, Schema.CURRENT):
        migrations.check(db)
    if heartbeat.is_recent(s):
        words = "stop it and try again; one that was killed counts for 15 seconds more"
        raise Refused(f"A service is at work on {where}; {words}")
    if not wish.replace and not _is_empty(s):
        raise Refused(f"The database {where} is not empty; back it up, then restore over it with --replace")


def _is_empty(s: Session) -> bool:
    tables = [table for name, table in tables_of(s).items() if name not in _OF_EVERY_NEW_ONE]
    return all(s.execute(select(table).limit(1)).first() is None for table in tables)


def _load(s: Session, reader: Reader, keys: Keys, progress: Progress) -> int:
    migrations.rebuild(s, reader.head.schema)
    tables, done = tables_of(s), 0
    if reader.head.columns != columns_of(tables):
        raise reader.spoilt("its tables are not those of its schema")
    for name, rows in reader.tables(keys):
        try:
            for chunk in _chunks(rows, tables[name], reader):
                s.execute(insert(tables[name]), chunk)
                done += len(chunk)
                progress(done)
        except (IntegrityError, DataError, StatementError) as cause:
            raise reader.spoilt(f"the rows of {name} do not fit") from cause
    migrations.bring_up(s)
    complete_at_once(s, keys)
    return done


def _chunks(rows: Iterator[list[Any]], table: Table, reader: Reader) -> Iterator[list[dict[str, Any]]]:
    names, kinds = [c.name for c in table.columns], [kind(c) for c in table.columns]
    while some := list(islice(rows, _AT_ONCE)):
        try:
            values = [[unpack(word, value) for word, value in zip(kinds, row, strict=True)] for row in some]
        except (ValueError, TypeError) as cause:
            raise reader.spoilt(f"a value of {table.name} is of another kind") from cause
        yield [dict(zip(names, row, strict=True)) for row in values]


def _leap(s: Session, tables: Mapping[str, Table], reader: Reader, done: Replayed) -> None:
    last = max(reader.head.last_ids.get("subscribers", 0), done.highest)
    go_on_from(s, {"subscribers": tables["subscribers"]}, {"subscribers": last + _LEAP})


def _hold(s: Session, reader: Reader, wish: Wish, done: Replayed) -> tuple[list[str], str]:
    made_at = from_ms(reader.head.made_at)
    if wish.journal is None:
        held = hold_unfinished(s, made_at)
        return held, (
            f"Nothing is sent, because the database was restored as it was at {made_at:%Y-%m-%d %H:%M} UTC without its "
            f"journal, and who opted out since then on our own pages is not known; {_CURE}"
        )
    stopped = hold_stopped(s, done.decisions)
    later, unknown = hold_launched_later(s, done.outside)
    why = (
        f"Nothing is sent, because {counted(unknown, 'mail', 'mails')} left since the backup for campaigns that it "
        f"does not know; make none of them again, also by a series, and then: {_CURE}"
    )
    return sorted({*stopped, *later}), why if unknown else ""
