"""The bare way to send: a row a recipient, a state a batch, dicts and one kept-alive socket. For send.py.

Claim, read, build, post and accept, each claim and acceptance on disk before it counts. Nobody is checked again, no
answer is judged, nothing is kept for a restore, no event comes back: as fast as such a machine can, and no product.
"""

# ruff: noqa: S608  all of the SQL is ours

from __future__ import annotations

import hashlib
import http.client
import sqlite3
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import psycopg

BATCH = 1_000
_MOST = 1.5  # times the sum of its stages: the whole may not take longer, or something else was at work
_PATH = "/v3/mail/send"
_HEADERS = {"Authorization": "Bearer SG.local", "Content-Type": "application/json"}
_TABLES = """
CREATE TABLE people (id {id}, email TEXT NOT NULL, key {bytes} NOT NULL, attributes TEXT NOT NULL);
CREATE TABLE batches (number INTEGER PRIMARY KEY, state TEXT NOT NULL, first INTEGER, last INTEGER);
CREATE TABLE deliveries (run INTEGER, person INTEGER, batch INTEGER, PRIMARY KEY (run, person)) {rowless}
"""
_MATERIALISE = (
    f"INSERT INTO deliveries SELECT 1, id, (id - 1) / {BATCH} + 1 FROM people",
    "INSERT INTO batches SELECT batch, 'planned', min(person), max(person) FROM deliveries GROUP BY batch",
)
_CLAIM = "UPDATE batches SET state = 'leaving' WHERE number = ? AND state = 'planned'"
_READ = (
    "SELECT p.id, p.email, p.key, p.attributes FROM batches b JOIN deliveries d ON d.run = 1 AND d.person "
    "BETWEEN b.first AND b.last AND d.batch = b.number JOIN people p ON p.id = d.person WHERE b.number = ?"
)
_ACCEPT = "UPDATE batches SET state = 'accepted' WHERE number = ? AND state = 'leaving'"
_NAMES = ("-first-", "-last-", "-city-", "-unsubscribe-", "-preferences-", "-browser-")
_LETTER = "<p>Dear reader, this is a line of a letter that is as long as letters are.</p>\n" * 270


@dataclass(frozen=True)
class Limit:
    whole: float  # seconds from the audience to the last 202
    stages: float  # the sum of each stage alone

    @property
    def is_void(self) -> bool:
        return self.whole > _MOST * self.stages


class Bare:
    """One connection to a database of its own, and one to localgrid."""

    def __init__(self, place: str, port: int, people: int) -> None:
        """`place` is the path of an SQLite file to be made, or the URL of an empty PostgreSQL database."""
        self._sqlite = "://" not in place
        self._db: Any = _sqlite(Path(place)) if self._sqlite else psycopg.connect(place, autocommit=True)
        self._http = http.client.HTTPConnection("127.0.0.1", port)
        self._count = -(-people // BATCH)
        rowless, raw = ("WITHOUT ROWID", "BLOB") if self._sqlite else ("", "BYTEA")
        for statement in _TABLES.format(id="INTEGER PRIMARY KEY", bytes=raw, rowless=rowless).split(";"):
            self._db.execute(statement)
        everybody = (
            (n, f"person{n}@example.com", hashlib.sha256(b"%d" % n).digest(), _attributes(n))
            for n in range(1, people + 1)
        )
        self._do("BEGIN")
        self._db.cursor().executemany(self._sql("INSERT INTO people VALUES (?, ?, ?, ?)"), everybody)
        self._do("COMMIT")

    def measure(self) -> Limit:
        stages = self._stages()  # first: what both need to begin is loaded before the whole is measured
        self._empty()
        return Limit(_timed(self._whole), stages)

    def _whole(self) -> None:
        self._materialise()
        for number in range(1, self._count + 1):
            self._claim(number)
            self._post(_build(self._read(number)))
            self._accept(number)

    def _stages(self) -> float:
        """Each alone, over all batches; what one hands to the next is made outside the clock, a batch at a time."""
        numbers = range(1, self._count + 1)
        seconds = _timed(self._materialise)
        for number in numbers:
            seconds += _timed(partial(self._claim, number)) + _timed(partial(self._accept, number))
            rows = self._read(number)
            body = _build(rows)
            for stage in (partial(self._read, number), partial(_build, rows), partial(self._post, body)):
                seconds += _timed(stage)
        return seconds

    def _empty(self) -> None:
        self._do("DELETE FROM batches")
        self._do("DELETE FROM deliveries")

    def _materialise(self) -> None:
        self._do("BEGIN")
        for statement in _MATERIALISE:
            self._do(statement)
        self._do("COMMIT")

    def _claim(self, number: int) -> None:
        self._do(_CLAIM, number)

    def _read(self, number: int) -> list[Any]:
        found: list[Any] = self._do(_READ, number).fetchall()
        return found

    def _post(self, body: bytes) -> None:
        self._http.request("POST", _PATH, body, _HEADERS)
        answer = self._http.getresponse()
        answer.read()
        assert answer.status == 202, answer.status

    def _accept(self, number: int) -> None:
        self._do(_ACCEPT, number)

    def _do(self, statement: str, *given: int) -> Any:
        return self._db.execute(self._sql(statement), given)

    def _sql(self, statement: str) -> str:
        return statement if self._sqlite else statement.replace("?", "%s")


def _sqlite(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -64000"):
        db.execute(f"PRAGMA {pragma}")
    return db


def _attributes(n: int) -> str:
    return orjson.dumps({"first": f"First {n % 1000}", "last": f"Last {n % 997}", "city": f"Town {n % 500}"}).decode()


def _build(rows: list[Any]) -> bytes:
    content = [{"type": "text/plain", "value": "A letter."}, {"type": "text/html", "value": _LETTER}]
    body = {
        "from": {"email": "news@example.com", "name": "News"},
        "subject": "News for -first-",
        "personalizations": [_personalization(*row) for row in rows],
        "content": content,
    }
    return orjson.dumps(body)


def _personalization(person: int, email: str, key: bytes, attributes: str) -> dict[str, Any]:
    known = orjson.loads(attributes)
    mac = hashlib.blake2b(key, key=b"k" * 32, digest_size=16).digest()
    token = urlsafe_b64encode(mac + key).decode()
    link = f"https://news.example.com/u/{token}"
    values = (known["first"], known["last"], known["city"], link, f"https://news.example.com/p/{token}", "https://x.yz")
    return {
        "to": [{"email": email}],
        "headers": {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        "custom_args": {"attempt": "abcdefghijklmnop", "person": str(person)},
        "substitutions": dict(zip(_NAMES, values, strict=True)),
    }


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
