"""Importing people from a file. Every row ends in exactly one outcome; nobody who opted out comes back by it.

Reading files is files/, comparing rows chunks.py, storing them intake.py and stops/many.py; what was, imports.py.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from base.database import Database
from base.errors import Broken, Refused
from subscribers.fields import refuse_hiding
from subscribers.fields.custom import all_fields
from subscribers.fields.typed import Dates
from subscribers.fields.values import clean
from subscribers.files.columns import Columns, names_email, read_columns
from subscribers.files.table import Given, Sheet, open_sheet, rows
from subscribers.importing.bought import look_over
from subscribers.importing.chunks import Chunk, chunks
from subscribers.importing.imports import OUTCOMES, Begun, begin, end, source_of
from subscribers.importing.incoming import Reader
from subscribers.importing.intake import Basis
from subscribers.importing.known import Conflict
from subscribers.importing.packing import detaching
from subscribers.importing.prepared import Prepared, prepare
from subscribers.importing.rejects import Rejects, as_counted, free_name
from subscribers.importing.seen import Seen
from subscribers.importing.storing import store
from subscribers.keys import Keys
from subscribers.lists import open_list
from subscribers.proof.evidence import need_basis

Progress = Callable[[int, int], None]
_Ready = tuple[Chunk, Prepared]

CHUNK = 4_000  # rows a transaction: others wait no longer than this takes to write
_SHOWN = 1_000


@dataclass(frozen=True)
class Asked:
    """On what ground people are taken in, and how the file is to be read."""

    wording: str  # what they agreed to, or why they may be mailed
    actor: str
    how: str = "import"
    conflict: Conflict = "overwrite"
    maps: Mapping[str, str] = field(default_factory=dict)  # a column's title, and what it is
    dates: Dates = "iso"
    named: str | None = None  # whose export it is
    given: Given = field(default_factory=Given)
    accept: bool = False  # although it looks like a bought list
    rejected: Path | None = None

    def settings(self) -> dict[str, Any]:
        """What has to be the same for an import to go on where it was cut off."""
        return {
            "basis": clean(self.wording),
            "how": self.how,
            "on_conflict": self.conflict,
            "map": dict(self.maps),
            "dates": self.dates,
            "as": self.named,
            "encoding": self.given.encoding,
            "delimiter": self.given.delimiter,
        }


@dataclass(frozen=True, slots=True)
class ImportedRow:
    line: int
    email: str
    outcome: str
    reason: str


@dataclass(frozen=True)
class ImportReport:
    id: int | None  # None: it was a trial
    export: str  # whose it is; plain: nobody's that is known
    read_as: str  # in which encoding, parted by what
    columns_left_out: tuple[str, ...]
    fields_created: tuple[str, ...]  # custom ones that were not there when it began or went on; of a trial: would be
    resumed_behind: int  # the line; 0: it began anew
    read: int
    new: int
    updated: int
    unchanged: int
    duplicate: int
    suppressed: int
    invalid: int
    rejected: str  # the file that names every row that was left out
    rows: tuple[ImportedRow, ...]  # the first thousand of them


def import_file(
    db: Database,
    keys: Keys,
    path: Path,
    list_slug: str,
    asked: Asked,
    *,
    is_trial: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Put everybody in the file on the list, as confirmed. Cut off, it goes on when it is started again.

    Opens its own transactions, one a chunk, so that nobody else waits for long. A trial does all of it and takes each
    transaction back. `progress` hears of (rows, lines).
    """
    file = _read_through(path, asked)
    need_basis(asked.wording)
    with db.read() as s:
        refuse_hiding(file.columns.custom.keys() - all_fields(s).keys())
    begun, is_new = _begin(db, file, list_slug, asked, is_trial=is_trial)
    size = None if is_new else begun.rejected_size
    with Rejects(Path(begun.rejected), file.sheet.titles, is_defused=file.columns.is_defused, size=size) as rejects:
        made = set[str]()
        ended = _take_all(db, keys, file, list_slug, asked, begun, rejects, made, is_trial=is_trial, progress=progress)
        return _report(file, begun, ended, rejects, made)


@dataclass(frozen=True)
class _File:
    """A file that was read from end to end: what it is, and how many rows there are to account for."""

    sheet: Sheet
    columns: Columns
    rows: int
    signs: tuple[str, ...]  # that nobody asked for mail, and somebody accepts them


def _read_through(path: Path, asked: Asked) -> _File:
    sheet = open_sheet(path, asked.given, lambda titles: names_email(titles, asked.maps))
    columns = read_columns(sheet.titles, asked.maps, asked.named, is_json=sheet.is_json)
    email = columns.fixed["email"]
    look = look_over(cells[email] if email < len(cells) else "" for _, cells in rows(sheet))
    signs = look.signs()
    if signs and not asked.accept:
        raise Refused(
            f"{path.name} looks like a list of people who never asked for mail: {' and '.join(signs)}; nothing was "
            f"imported; if you know better, import it with --accept, which goes on record",
            signs=signs,
        )
    return _File(sheet, columns, look.rows, signs)


def _begin(db: Database, file: _File, list_slug: str, asked: Asked, *, is_trial: bool) -> tuple[Begun, bool]:
    """The import that is to go on, or a new one; and whether it is new."""
    rejected = str((asked.rejected or free_name(file.sheet.path)).absolute())
    if is_trial:
        with db.read() as s:
            open_list(s, list_slug)
        return Begun(0, rejected=rejected), True
    with db.write() as s:
        which = (open_list(s, list_slug).id, file.sheet.path.name, file.sheet.digest)
        return begin(s, *which, settings=asked.settings(), actor=asked.actor, rejected=rejected)


def _take_all(
    db: Database,
    keys: Keys,
    file: _File,
    list_slug: str,
    asked: Asked,
    begun: Begun,
    rejects: Rejects,
    created: set[str],
    *,
    is_trial: bool,
    progress: Progress | None,
) -> Begun:
    with db.read() as s:
        basis = _basis(open_list(s, list_slug).id, file, asked, begun)
        reader = Reader(keys, file.columns, all_fields(s), asked.dates)
    remaining = as_counted(rows(file.sheet), file.sheet.titles)
    with closing(Seen()) as seen, detaching(db), _seldom_interrupted():
        for _ in chunks(islice(remaining, begun.read), reader, seen, CHUNK):
            pass  # done before it was cut off; what stood there counts for what follows
        found = chunks(remaining, reader, seen, CHUNK)
        ready = _prepared(found, reader, created, packing=db.is_sqlite)
        for each in _stored(ready, begun, partial(store, db, basis, rejects, is_trial)):
            begun = each
            if progress:
                progress(begun.read, file.sheet.lines)
    _check(begun, file.rows)
    if not is_trial:
        with db.write() as s:
            end(s, begun)
    return begun


def _prepared(found: Iterable[Chunk], reader: Reader, created: set[str], *, packing: bool) -> Iterator[_Ready]:
    for chunk in found:
        people = prepare((person for _, person in chunk.people), reader.fields, packing=packing)
        created.update(people.read_as.keys() - reader.fields.keys())
        yield chunk, people


@contextmanager
def _seldom_interrupted() -> Iterator[None]:
    """A chunk is a hundred thousand objects without a circle: to look for circles in them takes a third of the time.
    And the thread that stores, which needs Python for moments only, is not to wait 5 ms for each of them."""
    collected, switched = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(200_000, *collected[1:])
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        gc.set_threshold(*collected)
        sys.setswitchinterval(switched)


def _stored(
    ready: Iterable[_Ready], begun: Begun, store_one: Callable[[Chunk, Prepared, Begun], Begun]
) -> Iterator[Begun]:
    """Where the import is after each chunk. While one is being written, the next is being read."""
    with ThreadPoolExecutor(1) as writer:
        waiting: Future[Begun] | None = None
        for chunk, people in ready:
            if waiting:
                begun = waiting.result()
                yield begun
            waiting = writer.submit(store_one, chunk, people, begun)
        if waiting:
            yield waiting.result()


def _basis(list_id: int, file: _File, asked: Asked, begun: Begun) -> Basis:
    source = source_of(file.sheet.path.name, file.sheet.digest, begun.id)
    if file.signs:
        source += f", accepted although {' and '.join(file.signs)}"
    return Basis(list_id, asked.how, clean(asked.wording), source, asked.actor, asked.conflict)


def _check(begun: Begun, expected: int) -> None:
    accounted = sum(begun.counts.values())
    if not expected == begun.read == accounted:
        raise Broken(
            f"The file has {expected} rows, {begun.read} were read and {accounted} are accounted for; "
            f"do not rely on this import: see what it did with tipsheet import show {begun.id}"
        )


def _report(file: _File, begun: Begun, ended: Begun, rejects: Rejects, created: set[str]) -> ImportReport:
    shown = rejects.first(_SHOWN, file.columns.fixed["email"]) if rejects.size else ()
    return ImportReport(
        id=ended.id or None,
        export=file.columns.export.name,
        read_as=file.sheet.words,
        columns_left_out=file.columns.left_out,
        fields_created=tuple(sorted(created)),
        resumed_behind=begun.line,
        read=ended.read,
        **{name: ended.counts.get(name, 0) for name in OUTCOMES},
        rejected=str(rejects.path) if rejects.size else "",
        rows=tuple(ImportedRow(row.line, row.email, row.outcome, row.reason) for row in shown),
    )
