"""The journal beside the database: stops and attempts, on disk before the transaction they belong to is committed.

A line without a commit does no harm; a commit without its line would let a restore forget an opt-out or mail somebody
twice. It holds address keys and ids, never an address. Reading it back is delivery/replay.py's part.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from base.errors import Broken, Refused

Entry = dict[str, Any]

# What an entry tells of.
STOPPED = "stopped"  # an address, on one list or everywhere
LEFT = "left"  # an attempt is about to leave for these people
TAKEN = "taken"  # an attempt was taken by the provider
RETURNED = "returned"  # an attempt provably reached nobody
ERASED = "erased"  # whoever holds this address: a restore of an older backup forgets them again
DECIDED = "decided"  # a person paused, resumed or cancelled a campaign
SEALED = "sealed"  # consent rows, by a seal of this hash; says nothing to a restore

_NOTES = "journal"
_TRIAL = bytearray(b" " * 20_000)  # about what a batch of a thousand people takes; without an end it is no line
_LINE = re.compile(rb"([0-9a-f]{16}) (\{.*\})\n")
_LONGEST = 1 << 20  # a batch of a thousand people takes about 20,000 bytes
_LOCK = "SELECT pg_advisory_xact_lock{}(hashtext('tipsheet journal'))"


@dataclass(frozen=True)
class Mark:
    """A place in one journal: every line before it belongs to a transaction that has ended."""

    journal: str  # the id in its first line
    offset: int
    chain: str  # of the line that ends there


def note(s: Session, what: str, **facts: Any) -> None:
    """Have this written down before the transaction of `s` is committed."""
    s.info.setdefault(_NOTES, []).append({"what": what, **facts})


class Journal:
    """The file that a database's doors append to. Any number of threads and processes may."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mine = threading.Lock()
        self._size, self._chain = -1, ""  # how we left it

    def keep(self, s: Session) -> None:
        """For Database(before_commit=…): one append and fsync for all notes of this transaction."""
        if notes := s.info.pop(_NOTES, None):
            _take_turn(s, "_shared")  # held until the commit: see mark()
            self._append(notes)

    def mark(self, s: Session) -> Mark:
        """Where it ends while no other transaction is between its line and its commit. `s` is a writing one."""
        _take_turn(s, "")
        self._append([])
        with self.path.open("rb") as file:
            return Mark(_id(self.path, file.readline(_LONGEST)), self._size, self._chain)

    def try_out(self) -> None:
        """Raises Broken where a batch could not be written down at this moment. Leaves nothing behind, and makes no
        journal: it would be of whoever asks, and perhaps closed to the service."""
        with self._in_words():
            is_there = self.path.exists()
            if not is_there:
                _try_folder(self.path)
        if is_there:
            with self._opened() as fd:
                _write_all(fd, _TRIAL, self._size)
                os.ftruncate(fd, self._size)

    def _append(self, entries: list[Entry]) -> None:
        with self._opened() as fd:
            self._write(fd, entries)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file at its end, and nobody else's meanwhile."""
        with self._in_words(), self._mine, _locked(self.path) as file:
            self._find_end(file.fd)
            yield file.fd

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except OSError as cause:
            raise Broken(
                f"The journal {self.path} cannot be written ({cause.strerror}), and without it nothing is changed; "
                "make room, or see [journal] path"
            ) from cause

    def _find_end(self, fd: int) -> None:
        size = os.fstat(fd).st_size
        if size != self._size:  # somebody else was here, or nobody yet
            self._size, self._chain = _end(self.path, fd, size)
        if size > self._size:  # a line that was cut off belongs to a transaction that was never committed
            os.ftruncate(fd, self._size)

    def _write(self, fd: int, entries: list[Entry]) -> None:
        first = [{"what": "journal", "id": secrets.token_urlsafe(12)}] if self._size == 0 else []
        lines, chain = bytearray(), self._chain
        for entry in (*first, *entries):
            body = orjson.dumps(entry)
            chain = _link(chain, body)
            lines += chain.encode() + b" " + body + b"\n"
        if lines:
            _write_all(fd, lines, self._size)
            self._size, self._chain = self._size + len(lines), chain


def read_after(path: Path, mark: Mark) -> Iterator[Entry]:
    """Everything written since. Raises Refused unless this is that journal, whole; a torn last line was never valid."""
    try:
        file = path.open("rb")
    except OSError as cause:
        raise Refused(f"There is no journal at {path} ({cause.strerror}){_INSTEAD}") from cause
    with file:
        if _id(path, file.readline(_LONGEST)) != mark.journal:
            raise Refused(f"{path} is another journal than the one this backup belongs to{_INSTEAD}")
        file.seek(max(0, mark.offset - _LONGEST))
        before = file.read(min(mark.offset, _LONGEST))
        found = _LINE.fullmatch(before[before.rfind(b"\n", 0, -1) + 1 :])
        if len(before) < min(mark.offset, _LONGEST) or not found or found[1].decode() != mark.chain:
            raise Refused(f"The journal {path} does not reach as far as this backup{_INSTEAD}")
        yield from map(orjson.loads, _bodies(path, file, mark.chain))


def read_all(path: Path, what: str) -> Iterator[Entry]:
    """Every entry of one kind that this journal ever had. Raises Refused unless it is whole; nothing where none is."""
    if not path.exists():
        return
    wanted = orjson.dumps({"what": what})[:-1]
    with path.open("rb") as file:
        for body in _bodies(path, file, ""):
            if body.startswith(wanted):
                yield orjson.loads(body)


def _bodies(path: Path, file: BinaryIO, chain: str) -> Iterator[bytes]:
    """From where the file stands to its end."""
    while line := file.readline(_LONGEST):
        if not line.endswith(b"\n") and len(line) < _LONGEST:
            return
        found = _LINE.fullmatch(line)
        if not found or _link(chain, found[2]) != found[1].decode():
            raise Refused(f"The journal {path} is damaged before byte {file.tell():,}{_INSTEAD}")
        chain = found[1].decode()
        yield found[2]


_INSTEAD = "; name the right one with --journal, or restore with --without-journal, which stops sending"


def _take_turn(s: Session, how: str) -> None:
    """SQLite has one writer, whose turn begins with the connection; on PostgreSQL it is a lock that others share."""
    if s.connection().dialect.name == "postgresql":
        s.execute(text(_LOCK.format(how)))


def _link(chain: str, body: bytes) -> str:
    """Each line seals all before it, so that none can be lost from the middle unnoticed."""
    return hashlib.blake2b(chain.encode() + body, digest_size=8).hexdigest()


def _end(path: Path, fd: int, size: int) -> tuple[int, str]:
    """Where the last whole line ends, and its seal."""
    start = max(0, size - 2 * _LONGEST)
    tail = os.pread(fd, size - start, start)
    end = tail.rfind(b"\n") + 1
    if end == 0:
        return (0, "") if start == 0 else _damaged(path)
    found = _LINE.fullmatch(tail[tail.rfind(b"\n", 0, end - 1) + 1 : end])
    return (start + end, found[1].decode()) if found else _damaged(path)


def _damaged(path: Path) -> tuple[int, str]:
    raise Broken(
        f"The journal {path} ends in something that is not ours; move it away, start again and make a backup at once"
    )


def _id(path: Path, line: bytes) -> str:
    found = _LINE.fullmatch(line)
    if not found or _link("", found[2]) != found[1].decode():
        raise Refused(f"{path} is no journal of Tipsheet{_INSTEAD}")
    return str(orjson.loads(found[2]).get("id"))


def _write_all(fd: int, data: bytearray, at: int) -> None:
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    except OSError:
        with suppress(OSError):
            os.ftruncate(fd, at)
        raise


def _try_folder(path: Path) -> None:
    """Could it be made? Asked of the nearest folder that is there."""
    folder = next(each for each in path.absolute().parents if each.exists())
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


class _locked:
    """The file open for appending, and nobody else's meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> _locked:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self._path.exists()
        self.fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        if is_new:
            _sync_folder(self._path.parent)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
