"""Append-only files of JSON lines. Knows offsets and bytes, not what a line means."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

Row = dict[str, Any]


class Journal:
    """Lines are numbered from 1. What append() returned from survives the death of any client and of us."""

    def __init__(self, path: Path, fsync: bool = False) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._fsync = fsync
        self._ends = array("Q")
        self._index(path)

    def __len__(self) -> int:
        return len(self._ends)

    def append(self, rows: Iterable[Row]) -> None:
        """All rows in one write: a reader of the file sees a request whole."""
        lines = [orjson.dumps(row) + b"\n" for row in rows]
        self._write(b"".join(lines))
        end = self._end()
        for line in lines:
            end += len(line)
            self._ends.append(end)

    def read(self, number: int) -> Row:
        start = self._ends[number - 2] if number > 1 else 0
        row: Row = orjson.loads(os.pread(self._file, self._ends[number - 1] - start, start))
        return row

    def rows(self) -> Iterator[Row]:
        return map(self.read, range(1, len(self) + 1))

    def keep(self, count: int) -> None:
        """Forget every line after the first `count`: they belong to a request that was never answered."""
        if count < len(self):
            del self._ends[count:]
            os.ftruncate(self._file, self._end())

    def close(self) -> None:
        os.close(self._file)

    def _index(self, path: Path) -> None:
        end = 0
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    end += len(line)
                    self._ends.append(end)
        os.ftruncate(self._file, end)  # half a line is a write that died

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        if self._fsync:
            os.fsync(self._file)

    def _end(self) -> int:
        return self._ends[-1] if self._ends else 0
