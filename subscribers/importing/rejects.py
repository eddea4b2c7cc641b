"""The file of rows that an import left out, each with its reason: to be mended and imported again."""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from base.errors import BadInput, Refused
from subscribers.fields import plain_name
from subscribers.files.table import Row
from subscribers.sheets import defuse, restore

_OURS = ("tipsheet_line", "tipsheet_outcome", "tipsheet_reason")


class LeftOut(NamedTuple):
    line: int
    cells: Sequence[str]
    email: str
    outcome: str
    reason: str


class Rejects:
    """Open for one import at a time, and only its owner may read it. Without a row there is no file in the end."""

    def __init__(self, path: Path, titles: Sequence[str], *, is_defused: bool, size: int | None = None) -> None:
        """`size` is how much of it an import that was cut off had made certain of; None: it is new."""
        self.path, self._is_defused, self._count, self.size = path, is_defused, len(titles), size or 0
        self._kept = [index for index, title in enumerate(titles) if plain_name(title) not in _OURS]
        self._header = [*(defuse(titles[index]) for index in self._kept), *_OURS]
        self._fd = _opened(path, is_new=size is None)
        if os.fstat(self._fd).st_size < self.size:
            os.close(self._fd)
            raise Refused(
                f"The import was cut off, and {path}, which names the rows that it had left out, is not there any more "
                f"or shorter; put it back and start the import again"
            )
        os.ftruncate(self._fd, self.size)

    def __enter__(self) -> Rejects:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.size:
            self.path.unlink(missing_ok=True)
        os.close(self._fd)

    def add(self, rows: Sequence[LeftOut], size: int) -> int:
        """Put them behind this size, on disk before it returns; the size then."""
        if not rows:
            return size
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not size:
            writer.writerow(self._header)
        writer.writerows(map(self._row, rows))
        data = text.getvalue().encode()
        try:
            os.ftruncate(self._fd, size)
            os.pwrite(self._fd, data, size)
            os.fsync(self._fd)
        except OSError as cause:
            raise _unwritable(self.path, cause) from cause
        self.size = size + len(data)
        return self.size

    def first(self, most: int, email: int) -> Iterator[LeftOut]:
        """The first so many rows as they were written; `email` is the column of the addresses."""
        where = self._kept.index(email)
        with self.path.open(encoding="utf-8", newline="") as file:
            for row in islice(csv.reader(file), 1, most + 1):
                line, outcome, reason = row[-len(_OURS) :]
                yield LeftOut(int(line), (), restore(row[where]), outcome, reason)

    def _row(self, row: LeftOut) -> list[str]:
        cells = [restore(cell) for cell in row.cells] if self._is_defused else row.cells
        own = [defuse(cells[index]) if index < len(cells) else "" for index in self._kept]
        return [*own, *map(defuse, cells[self._count :]), str(row.line), row.outcome, defuse(row.reason)]


def as_counted(rows: Iterator[Row], titles: Sequence[str]) -> Iterator[Row]:
    """Of such a file again: what a row has too much stands before our columns, so that those follow when it is mended.
    Until then it is put behind them, where it is too much for any reader."""
    if tuple(map(plain_name, titles[-len(_OURS) :])) != _OURS:
        return rows
    return ((line, _behind(cells, len(titles))) for line, cells in rows)


def _behind(cells: list[str], count: int) -> list[str]:
    own, ours = count - len(_OURS), cells[-len(_OURS) :]
    if len(cells) <= count or not ours[0].isdecimal():
        return cells
    return [*cells[:own], *ours, *cells[own : -len(_OURS)]]


def free_name(path: Path) -> Path:
    """Beside the file, where nothing is yet: what somebody is mending is not overwritten."""
    stem = path.name.split(".")[0] or path.name
    names = (path.with_name(f"{stem}.rejected{f'-{n}' if n > 1 else ''}.csv") for n in count(1))
    return next(name for name in names if not name.exists())


def _opened(path: Path, *, is_new: bool) -> int:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | (os.O_EXCL if is_new else 0), 0o600)
    except FileExistsError as cause:
        raise Refused(f"{path} is there already; move it away, or name another file with --rejected") from cause
    except OSError as cause:
        raise _unwritable(path, cause) from cause
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as cause:
        os.close(fd)
        raise Refused("This file is being imported by another process at this moment; wait until it is done") from cause
    return fd


def _unwritable(path: Path, cause: OSError) -> BadInput:
    return BadInput(f"{path} cannot be written ({cause.strerror}); name another place with --rejected")
