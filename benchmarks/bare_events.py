"""The bare way to apply events: bodies of a spool, ten a transaction, each event once, and who opened last.

No proof, no click judged, no stop, no words kept: what events.py compares with. PostgreSQL reads the raw body itself.
"""

# ruff: noqa: S608  all of the SQL is ours

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import orjson
import psycopg

BODIES = 10
_FLAGS = {"processed": 1, "delivered": 4, "bounce": 32, "open": 64, "click": 128, "spamreport": 256, "unsubscribe": 512}
_TABLES = """
CREATE TABLE spool (id INTEGER PRIMARY KEY, body {bytes} NOT NULL);
CREATE TABLE events (id TEXT PRIMARY KEY, person BIGINT, kind TEXT, at BIGINT) {rowless};
CREATE TABLE outcomes (person BIGINT PRIMARY KEY, flags INTEGER, first_at BIGINT, last_at BIGINT) {rowless};
CREATE TABLE profiles (person BIGINT PRIMARY KEY, last_opened BIGINT) {rowless}
"""
_MERGE = """
ON CONFLICT (person) DO UPDATE SET flags = outcomes.flags | excluded.flags,
    first_at = CASE WHEN excluded.first_at < outcomes.first_at THEN excluded.first_at ELSE outcomes.first_at END,
    last_at = CASE WHEN excluded.last_at > outcomes.last_at THEN excluded.last_at ELSE outcomes.last_at END
"""
_OPENED = "ON CONFLICT (person) DO UPDATE SET last_opened = excluded.last_opened"
_ON_POSTGRES = f"""
WITH told AS (
    SELECT DISTINCT ON (sg_event_id) sg_event_id AS id, ts_subscriber AS person, event AS kind, "timestamp" AS at
    FROM unnest(%s::text[]) AS b(body),
        json_to_recordset(b.body::json) AS e(sg_event_id text, ts_subscriber bigint, event text, "timestamp" bigint)),
fresh AS (INSERT INTO events SELECT * FROM told ON CONFLICT (id) DO NOTHING RETURNING person, kind, at),
merged AS (
    INSERT INTO outcomes
    SELECT person, bit_or(CASE kind {" ".join(f"WHEN '{k}' THEN {f}" for k, f in _FLAGS.items())} END), min(at), max(at)
    FROM fresh GROUP BY person {_MERGE} RETURNING 1)
INSERT INTO profiles SELECT person, max(at) FROM fresh WHERE kind = 'open' GROUP BY person {_OPENED}
"""


def drain_bare_sqlite(path: Path, raws: Iterable[bytes]) -> float:
    """Seconds to apply these bodies, which lie in the spool before."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -8000"):
        db.execute(f"PRAGMA {pragma}")
    db.executescript(_TABLES.format(bytes="BLOB", rowless="WITHOUT ROWID"))
    db.execute("BEGIN")
    db.executemany("INSERT INTO spool (body) VALUES (?)", ((raw,) for raw in raws))
    db.execute("COMMIT")
    started = time.perf_counter()
    while _turn_on_sqlite(db):
        pass
    seconds = time.perf_counter() - started
    db.close()
    return seconds


def _turn_on_sqlite(db: sqlite3.Connection) -> bool:
    db.execute("BEGIN IMMEDIATE")
    waiting = db.execute("SELECT id, body FROM spool ORDER BY id LIMIT ?", (BODIES,)).fetchall()
    for _, body in waiting:
        told = orjson.loads(body)
        rows = [(e["sg_event_id"], int(e["ts_subscriber"]), e["event"], e["timestamp"]) for e in told]
        db.executemany("INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)
        merged = [(person, _FLAGS[kind], at, at) for _, person, kind, at in rows]
        db.executemany(f"INSERT INTO outcomes VALUES (?, ?, ?, ?) {_MERGE}", merged)
        opened = [(person, at) for _, person, kind, at in rows if kind == "open"]
        db.executemany(f"INSERT INTO profiles VALUES (?, ?) {_OPENED}", opened)
    db.executemany("DELETE FROM spool WHERE id = ?", [(id_,) for id_, _ in waiting])
    db.execute("COMMIT")
    return bool(waiting)


def drain_bare_postgres(url: str, raws: Iterable[bytes]) -> float:
    with psycopg.connect(url) as db:
        db.execute("DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare; SET search_path = bare")
        db.execute(_TABLES.format(bytes="TEXT", rowless=""))
        with db.cursor() as cursor:
            rest = enumerate(raw.decode() for raw in raws)
            while some := list(islice(rest, 100)):
                cursor.executemany("INSERT INTO spool VALUES (%s, %s)", some)
        db.commit()
        started = time.perf_counter()
        while _turn_on_postgres(db):
            db.commit()
        db.commit()
        return time.perf_counter() - started


def _turn_on_postgres(db: psycopg.Connection) -> bool:
    taken = "SELECT id, body FROM spool ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
    waiting = db.execute(taken, (BODIES,)).fetchall()
    if waiting:
        db.execute(_ON_POSTGRES, ([body for _, body in waiting],))
        db.execute("DELETE FROM spool WHERE id = ANY(%s)", ([id_ for id_, _ in waiting],))
    return bool(waiting)
