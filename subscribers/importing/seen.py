"""Which addresses stood in which line of a file: in a temporary file, so that memory does not grow with the rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

_ENOUGH = 16  # bytes of an address key: no two addresses share them


class Seen:
    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA cache_size = -4000",
            "CREATE TABLE seen (key BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID",
            "CREATE TABLE stopped (key BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID",
            "BEGIN",
        ):
            self._db.execute(statement)
        self._has_stops = False

    def before(self, lines: Mapping[bytes, int]) -> dict[bytes, int]:
        """Those of these keys that stood in an earlier line, with that line. From now on all of them have."""
        short = sorted((key[:_ENOUGH], line) for key, line in lines.items())
        added = self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", short).rowcount
        if added == len(short):
            return {}
        there = f"SELECT key, line FROM seen WHERE line < ? AND key IN ({','.join('?' * len(short))})"  # noqa: S608
        earlier = dict(self._db.execute(there, (min(lines.values()), *(key for key, _ in short))).fetchall())
        return {key: earlier[key[:_ENOUGH]] for key in lines if key[:_ENOUGH] in earlier}

    def stop(self, key: bytes, line: int) -> None:
        """Remember a stop on a mailbox, whichever way its address is written."""
        self._db.execute("INSERT OR IGNORE INTO stopped VALUES (?, ?)", (key, line))
        self._has_stops = True

    def stopped(self, key: bytes) -> int | None:
        """The line of a stop on this mailbox."""
        if not self._has_stops:
            return None
        found = self._db.execute("SELECT line FROM stopped WHERE key = ?", (key,)).fetchone()
        return int(found[0]) if found else None

    def close(self) -> None:
        self._db.close()
