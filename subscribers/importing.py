"""Importing people from a file. Every row ends in exactly one outcome; nobody who opted out comes back by it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from sqlalchemy.exc import IntegrityError

from base.database import Database
from base.errors import BadInput, Broken
from subscribers.addresses import address_key
from subscribers.csvfile import File, Incoming, open_file, parse_row, rows
from subscribers.intake import Basis, take_in
from subscribers.keys import Keys
from subscribers.lists import get_list
from subscribers.values import clean

Outcome = Literal["new", "updated", "unchanged", "duplicate", "suppressed", "invalid"]
Progress = Callable[[int, int], None]

CHUNK = 1_000  # rows a transaction: others wait no longer than this takes to write
_SHOWN = 1_000
_TRIES = 3


@dataclass(frozen=True, slots=True)
class ImportedRow:
    line: int
    email: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class ImportReport:
    read: int
    new: int
    updated: int
    unchanged: int
    duplicate: int
    suppressed: int
    invalid: int
    rows: tuple[ImportedRow, ...]  # the first thousand that were left out, with the reason


def import_csv(
    db: Database,
    keys: Keys,
    path: Path,
    list_slug: str,
    *,
    wording: str,
    actor: str,
    how: str = "import",
    progress: Progress | None = None,
) -> ImportReport:
    """Put everybody in the file on the list, as confirmed. Running it again, also after a crash, does no harm.

    Opens its own transactions, one a chunk, so that nobody else waits for long. `progress` hears of (rows, lines).
    """
    file = open_file(path)
    with db.read() as s:
        list_id = get_list(s, list_slug).id
    basis = Basis(list_id, how, clean(wording), f"{path.name} sha256:{file.digest}", actor)
    counts: Counter[str] = Counter()
    left_out: list[ImportedRow] = []
    read = 0
    for chunk in _chunks(file, keys):
        read += len(chunk)
        for row in _decide(db, keys, basis, chunk):
            counts[row.outcome] += 1
            if row.reason and len(left_out) < _SHOWN:
                left_out.append(row)
        if progress:
            progress(read, file.lines)
    return _report(read, counts, left_out)


@dataclass(frozen=True, slots=True)
class _Candidate:
    line: int
    email: str
    key: bytes = b""
    person: Incoming | None = None
    outcome: Outcome | None = None  # already known for what is never stored
    reason: str = ""


def _chunks(file: File, keys: Keys) -> Iterator[list[_Candidate]]:
    with closing(_Seen()) as seen:
        candidates = (_read(file, keys, seen, row.line, row.cells) for row in rows(file))
        while chunk := list(islice(candidates, CHUNK)):
            yield chunk


def _read(file: File, keys: Keys, seen: _Seen, line: int, cells: Sequence[str]) -> _Candidate:
    try:
        person = parse_row(file.columns, cells)
    except BadInput as cause:
        typed = dict(zip(file.columns, cells, strict=False)).get("email", "")
        return _Candidate(line, clean(typed)[:80], outcome="invalid", reason=cause.sentence)
    key = address_key(keys, person.address)
    if first := seen.before(key, line):
        return _Candidate(
            line, person.address.ascii, outcome="duplicate", reason=f"the same address is in line {first}"
        )
    return _Candidate(line, person.address.ascii, key, person)


def _decide(db: Database, keys: Keys, basis: Basis, chunk: list[_Candidate]) -> Iterator[ImportedRow]:
    people = {each.key: each.person for each in chunk if each.person is not None}
    taken = _take_in(db, keys, basis, people)
    for each in chunk:
        outcome, reason = (each.outcome, each.reason) if each.outcome else taken[each.key]
        yield ImportedRow(each.line, each.email, outcome, reason)


def _take_in(
    db: Database, keys: Keys, basis: Basis, people: dict[bytes, Incoming]
) -> Mapping[bytes, tuple[Outcome, str]]:
    if not people:
        return {}
    for attempt in range(1, _TRIES + 1):
        try:
            with db.write() as s:
                return take_in(s, keys, basis, people)
        except IntegrityError as cause:
            # Somebody added one of these people between our look and our write: look again.
            if attempt == _TRIES:
                raise Broken("The import met another one adding the same people; start it again") from cause
    raise AssertionError("unreachable")


def _report(read: int, counts: Counter[str], left_out: list[ImportedRow]) -> ImportReport:
    if read != sum(counts.values()):
        raise Broken(f"The import read {read} rows and can account for {sum(counts.values())}; do not rely on it")
    return ImportReport(
        read=read,
        new=counts["new"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        duplicate=counts["duplicate"],
        suppressed=counts["suppressed"],
        invalid=counts["invalid"],
        rows=tuple(left_out),
    )


class _Seen:
    """Which addresses stood in which line: in a temporary file, so that memory does not grow with the import."""

    def __init__(self) -> None:
        self._lines = sqlite3.connect("", isolation_level=None)
        self._lines.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._lines.execute("BEGIN")

    def before(self, key: bytes, line: int) -> int | None:
        added = self._lines.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line))
        if added.rowcount:
            return None
        found = self._lines.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0])

    def close(self) -> None:
        self._lines.close()
