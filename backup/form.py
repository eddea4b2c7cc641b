"""The form of a backup: gzip around lines of JSON. A head, the rows of each table with their count, a seal.

Nothing of a file is trusted: names must be those of the schema it claims, values must be of their column's kind, and
the seal is made with the address key, so that a file that was changed or cut off is noticed.
"""

from __future__ import annotations

import base64
import gzip
import hmac
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.orm import Session

from base.errors import BadInput, Broken
from subscribers.journal import Mark
from subscribers.keys import Keys

FORM = 1
LEFT_OUT = ("alembic_version", "heartbeats")  # the head names the step; who is alive now is nothing to remember
_LONGEST = 64 << 20  # bytes a line: a message or a body of the web hook takes far less
_LEVEL = 4
_GZIP = 31  # zlib's word for a gzip file with the largest window
# The first that fits. A Boolean is an Integer to some databases, so it stands before it.
_KINDS = ((Boolean, "flag"), (Integer, "number"), (LargeBinary, "bytes"), (JSON, "json"), (Date, "date"))
_OTHER_KINDS = ((String, "text"), (Float, "real"))
_TYPES: dict[str, type | tuple[type, ...]] = {"flag": bool, "number": int, "text": str, "real": (float, int)}


@dataclass(frozen=True)
class Head:
    schema: str  # the step that the tables are of
    made_at: int  # ms since 1970
    installation: str
    keys: dict[str, str]  # fingerprints: no key is ever in a backup
    mark: Mark | None  # up to where the journal is in it
    columns: dict[str, list[str]]
    last_ids: dict[str, int]  # given to somebody once, so to nobody again


class Writer:
    """Writes lines and knows their seal."""

    def __init__(self, file: IO[bytes], keys: Keys) -> None:
        self._file, self._seal = file, _sealer(keys)
        self._pack = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def head(self, head: Head) -> None:
        self._line({"tipsheet backup": FORM, **asdict(head)})

    def table(self, name: str) -> None:
        self._line({"table": name})

    def row(self, values: Sequence[Any]) -> None:
        self._line(values)

    def end_of_table(self, rows: int) -> None:
        self._line({"rows": rows})

    def close(self) -> None:
        self._line({"seal": self._seal.hexdigest()})
        self._file.write(self._pack.flush())

    def _line(self, content: Any) -> None:
        line = orjson.dumps(content) + b"\n"
        self._seal.update(line)
        self._file.write(self._pack.compress(line))


class Reader:
    """Reads it back in one pass. Raises BadInput as soon as something is not as it was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb")
        self._lines = io.BufferedReader(gzip.GzipFile(fileobj=self._file))
        self._seal: hmac.HMAC | None = None
        try:
            self._first, content = self._line()
            self.head = _read_head(path, content)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._file.close()

    def tables(self, keys: Keys) -> Iterator[tuple[str, Iterator[list[Any]]]]:
        """Each table with its rows, which have to be read to their end. The seal is checked after the last."""
        self._seal = _sealer(keys)
        self._seal.update(self._first)
        for name in self.head.columns:
            if self._next() != {"table": name}:
                raise self.spoilt("its tables are not those it announces")
            yield name, self._rows()
        expected = self._seal.hexdigest()
        if self._next() != {"seal": expected}:
            raise self.spoilt("its seal does not fit")
        if self._read(1):
            raise self.spoilt("something follows its end")

    def spoilt(self, why: str) -> BadInput:
        return BadInput(f"{self._path} was cut off or changed since it was made ({why}); use another backup")

    def _rows(self) -> Iterator[list[Any]]:
        count = 0
        while isinstance(content := self._next(), list):
            count += 1
            yield content
        if content != {"rows": count}:
            raise self.spoilt("rows are missing")

    def _next(self) -> Any:
        line, content = self._line()
        if self._seal is not None:
            self._seal.update(line)
        return content

    def _line(self) -> tuple[bytes, Any]:
        line = self._read(_LONGEST)
        if not line.endswith(b"\n"):
            raise self.spoilt("it ends too early")
        try:
            return line, orjson.loads(line)
        except orjson.JSONDecodeError as cause:
            raise self.spoilt("a line cannot be read") from cause

    def _read(self, limit: int) -> bytes:
        try:
            return self._lines.readline(limit)
        except (EOFError, OSError, zlib.error) as cause:
            raise self.spoilt("it cannot be unpacked to its end") from cause


def tables_of(s: Session) -> dict[str, Table]:
    """The tables that are there, as the database itself describes them, parents first."""
    found = MetaData()
    found.reflect(bind=s.connection())
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                # Where there must be a value, nothing is a value too: the null of JSON, as for words set by a hand.
                column.type.none_as_null = bool(column.nullable)
    return {str(table.name): table for table in found.sorted_tables if table.name not in LEFT_OUT}


def columns_of(tables: Mapping[str, Table]) -> dict[str, list[str]]:
    """What the head says of the tables: their columns in order, each with its kind."""
    return {name: [f"{column.name} {kind(column)}" for column in table.columns] for name, table in tables.items()}


def kind(column: Column[Any]) -> str:
    for of, word in (*_KINDS, *_OTHER_KINDS):
        if isinstance(column.type, of):
            return word
    raise Broken(f"A backup cannot hold the column {column}; this version of Tipsheet is not whole")


def pack(word: str, value: Any) -> Any:
    if value is None:
        return None
    if word == "bytes":
        return base64.b64encode(value).decode()
    return value.isoformat() if word == "date" else value


def unpack(word: str, value: Any) -> Any:
    """Raises ValueError where the value is not of that kind."""
    if value is None or word == "json":
        return value
    if word == "bytes":
        return base64.b64decode(value, validate=True)
    if word == "date":
        return date.fromisoformat(value)
    if not isinstance(value, _TYPES[word]) or (word == "number" and isinstance(value, bool)):
        raise ValueError(word)
    return value


def _read_head(path: Path, content: Any) -> Head:
    form = content.get("tipsheet backup") if isinstance(content, dict) else None
    if form is None:
        raise BadInput(f"{path} is no backup made by Tipsheet; name a file that tipsheet backup wrote")
    if form != FORM:
        raise BadInput(f"{path} was made by a newer Tipsheet; upgrade Tipsheet on this machine and try again")
    try:
        mark = Mark(**content["mark"]) if content["mark"] else None
        return Head(**{name: content[name] for name in Head.__dataclass_fields__ if name != "mark"}, mark=mark)
    except (KeyError, TypeError) as cause:
        raise BadInput(f"{path} was changed since it was made (its head is not whole); use another backup") from cause


def _sealer(keys: Keys) -> hmac.HMAC:
    return hmac.new(keys.address, b"tipsheet backup", "sha256")
