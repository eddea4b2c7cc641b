"""Whether the consent rows are what they were when they were sealed, and the seals what the journal knows of them.

This walks seals and rows; what else must agree with the rows is in agreement.py.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import Refused
from base.time import from_ms, to_ms
from subscribers import journal
from subscribers.models import Consent, Seal, Subscriber
from subscribers.proof import agreement
from subscribers.proof.agreement import Finding
from subscribers.proof.seals import (
    Cover,
    Row,
    all_seals,
    chain_hash,
    evidence_hashes,
    marks,
    read_rows,
    row_hashes,
    sealing,
)

_PAGE = 4_000  # rows in memory
_SHOWN = 20  # of the findings; the first ones tell where it began
_MOST = 10_000  # disagreements that are counted

Progress = Callable[[int, int], None]


@dataclass
class Verified:
    """What was looked at and what is wrong. `findings` begin with the first broken seal."""

    rows: int = 0
    seals: int = 0
    unsealed: int = 0  # rows that came after the last seal
    emptied: int = 0  # rows whose personal part was erased
    in_journal: int = 0  # seals that the journal has noted, too
    given_up: int = 0  # seals of the journal that a restore took back
    found: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.found += 1
        if len(self.findings) < _SHOWN:
            self.findings.append(finding)


def verify(db: Database, *, journal_file: Path, restored_at: datetime | None, progress: Progress) -> Verified:
    """Look at everything. Memory does not grow with the rows."""
    done = Verified()
    with ThreadPoolExecutor(1) as beside, db.read() as s:
        # The database's work, not ours: it takes no time away from the hashes.
        agreeing = beside.submit(_agreement, db)
        _walk(s, done, progress)
        _compare_with_journal(s, done, journal_file, restored_at)
        for finding in agreeing.result():
            done.add(finding)
    return done


def _agreement(db: Database) -> list[Finding]:
    with db.read() as s:
        return [*islice(chain(agreement.evidence(s), agreement.projection(s)), _MOST)]


def _walk(s: Session, done: Verified, progress: Progress) -> None:
    last = s.scalar(select(func.max(Consent.id))) or 0
    total = s.scalar(select(func.count()).select_from(Consent)) or 0
    sealed, after = _Chain(all_seals(s), done), -(1 << 62)  # also what nothing of ours put before the first
    evidence = dict[int, bytes]()
    while rows := read_rows(s, after, last, _PAGE):
        evidence = evidence_hashes(s, rows, evidence)
        sealed.take([row[0] for row in rows], row_hashes(rows, evidence))
        for row in (row for row in rows if row[7] not in evidence):
            done.add(Finding("evidence", f"The evidence of row {row[0]} is gone", row=row[0]))
        _look_at_personal(s, rows, done)
        after = rows[-1][0]
        done.rows += len(rows)
        progress(done.rows, total)
    sealed.end()


class _Chain:
    """Rows go in as they are read; each seal is compared when its last row has come by."""

    def __init__(self, seals: Iterator[Seal], done: Verified) -> None:
        self._seals, self._done = seals, done
        self._before, self._number = "", 0  # the seal before
        self._ids: list[int] = []
        self._hashes: list[bytes] = []
        self._seal = next(seals, None)

    def take(self, ids: list[int], hashes: list[bytes]) -> None:
        start = 0
        while self._seal and start < len(ids):
            end = bisect_right(ids, self._seal.last_consent, start)
            self._ids += ids[start:end]
            self._hashes += hashes[start:end]
            if end == len(ids) and ids[-1] < self._seal.last_consent:
                return  # more of it may come
            start = end
            self._close(self._seal)
        self._done.unsealed += len(ids) - start

    def end(self) -> None:
        while self._seal:
            self._close(self._seal)

    def _close(self, seal: Seal) -> None:
        self._done.seals += 1
        if seal.id != self._number + 1:
            words = f"Seal {self._number + 1} is gone, so that seal {seal.id} stands on nothing"
            self._done.add(Finding("seal gone", words, seal=self._number + 1))
        else:
            cover = Cover(seal.last_consent, seal.rows, to_ms(seal.at))
            if sealing(self._before, cover, self._hashes) != seal.hash:
                self._done.add(_broken(seal, self._ids, self._hashes))
        # Each seal is judged by itself: that the next stands on this one as it is says nothing about this one.
        self._before, self._number = seal.hash, seal.id
        self._ids, self._hashes = [], []
        self._seal = next(self._seals, None)


def _broken(seal: Seal, ids: Sequence[int], hashes: Sequence[bytes]) -> Finding:
    """Which row it is, by the few bytes that the seal keeps of each."""
    kept = marks(seal.hash)
    length = len(kept[0]) if kept else 0
    found = [each.hex()[:length] for each in hashes]
    first = next((n for n, (a, b) in enumerate(zip(kept, found, strict=False)) if a != b), min(len(kept), len(found)))
    row = ids[first] if first < len(ids) else None
    if kept == found:
        return Finding("seal", f"Seal {seal.id} itself was changed, or the seal before it", seal=seal.id)
    if len(found) < len(kept) and found[first:] == kept[first + len(kept) - len(found) :]:
        where = f"after row {ids[first - 1]}" if first else f"before row {row}" if ids else "all of them"
        many = len(kept) - len(found)
        return Finding("row gone", f"Seal {seal.id} is broken: {many} of its rows gone, {where}", seal=seal.id, row=row)
    if len(found) > len(kept) and found[first + len(found) - len(kept) :] == kept[first:]:
        return Finding("row added", f"Seal {seal.id} is broken: row {row} was put in later", seal=seal.id, row=row)
    return Finding("row", f"Seal {seal.id} is broken: row {row} is not what was sealed", seal=seal.id, row=row)


def _look_at_personal(s: Session, rows: Sequence[Row], done: Verified) -> None:
    """What is personal must fit its digest, or be gone because the person was erased."""
    emptied: dict[int, int] = {}
    blake2b = hashlib.blake2b
    for row in rows:
        personal, salt, digest = row[8], row[9], row[10]
        try:
            if salt is not None and blake2b(salt + personal.encode(), digest_size=16).digest() == digest:
                continue
        except (TypeError, AttributeError):
            pass  # of another kind than anything of ours
        if personal == "" and salt is None:
            if digest is not None:
                emptied[row[0]] = row[1]
        else:
            done.add(Finding("personal part", f"The personal part of row {row[0]} was changed", row=row[0]))
    if emptied:
        done.emptied += len(emptied)
        _look_for_erasures(s, emptied, done)


def _look_for_erasures(s: Session, emptied: dict[int, int], done: Verified) -> None:
    gone = (Subscriber.erased_at.is_not(None)) | (Subscriber.merged_into.is_not(None))
    erased = set(s.scalars(select(Subscriber.id).where(Subscriber.id.in_(set(emptied.values())), gone)))
    for row, person in emptied.items():
        if person not in erased:
            words = f"Row {row} has lost its personal part, though nobody erased this person"
            done.add(Finding("personal part", words, row=row))


def _compare_with_journal(s: Session, done: Verified, file: Path, restored_at: datetime | None) -> None:
    """Whoever can write to the database can also seal it anew; the journal then knows better.

    What was sealed before a restore may have been taken back by it. Any other difference is nothing of ours.
    """
    last = s.scalar(select(func.max(Seal.id))) or 0
    differing: list[journal.Entry] = []
    try:
        for some in _by_hundreds(journal.read_all(file, journal.SEALED)):
            query = select(Seal.id, Seal.hash).where(Seal.id.in_([each["seal"] for each in some]))
            present = {number: chain_hash(words) for number, words in s.execute(query)}
            for entry in some:
                done.in_journal += 1
                while differing and differing[-1]["seal"] >= entry["seal"]:
                    _judge(differing.pop(), done, restored_at)
                if present.get(entry["seal"]) != entry["hash"]:
                    differing.append(entry)
    except (Refused, OSError):
        done.add(Finding("journal", f"The journal {file} is damaged, so that the seals cannot be compared with it"))
        return
    for entry in differing:
        _judge(entry, done, restored_at if entry["seal"] > last else None)


def _judge(entry: journal.Entry, done: Verified, restored_at: datetime | None) -> None:
    if restored_at and from_ms(entry["at"]) < restored_at:
        done.given_up += 1
        return
    words = f"The journal knows another seal {entry['seal']}, of {from_ms(entry['at']):%Y-%m-%d %H:%M} UTC"
    done.add(Finding("journal", words, seal=entry["seal"]))


def _by_hundreds(entries: Iterator[journal.Entry]) -> Iterator[list[journal.Entry]]:
    some: list[journal.Entry] = []
    for entry in entries:
        some.append(entry)
        if len(some) == 500:
            yield some
            some = []
    yield some
