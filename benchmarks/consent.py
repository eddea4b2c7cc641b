"""Consent rows sealed and verified a second, and peak memory. Run: python -m benchmarks.consent [--rows N …]

Each person confirmed one list; each tenth left it again. Verifying runs in a process of its own, three times, best of
which counts. With --database URL on an empty PostgreSQL database instead of SQLite.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, insert, text

import delivery.models  # noqa: F401  the schema has to be whole
from base.database import Base, Database, database_now
from benchmarks.site import peak
from subscribers.models import Consent, List, Subscriber, Subscription
from subscribers.proof import seals
from subscribers.proof.chain import verify
from subscribers.proof.evidence import evidence_id, sealed

AT_ONCE = 10_000
PEOPLE, CONSENTS, HELD = (cast(Table, each.__table__) for each in (Subscriber, Consent, Subscription))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--database", help="An empty PostgreSQL database.")
    options.add_argument("--verify", metavar="URL", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.verify:
        measure(given.verify)
        return
    print("|      rows | sealed rows/s | verified rows/s | a second of CPU | peak memory |")
    print("|----------:|--------------:|----------------:|----------------:|------------:|")
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            report(given.database or f"sqlite:///{folder}/consent.db", rows)


def report(url: str, rows: int) -> None:
    db = Database(url)
    fill(db, rows)
    began = time.perf_counter()
    seals.seal(db)
    sealing = rows / (time.perf_counter() - began)
    command = [sys.executable, "-m", "benchmarks.consent", "--verify", url]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)]
    best = max(runs, key=lambda run: run["wall"])
    empty(db)
    print(
        f"| {rows:>9,} | {sealing:>13,.0f} | {best['wall']:>15,.0f} | {max(run['cpu'] for run in runs):>15,.0f} "
        f"| {max(run['memory'] for run in runs):>7,} MiB |"
    )


def measure(url: str) -> None:
    db = Database(url)
    wall, cpu = time.perf_counter(), time.process_time()
    found = verify(db, journal_file=Path(os.devnull), restored_at=None, progress=lambda done, total: None)
    assert not found.findings, found
    figures = {
        "wall": found.rows / (time.perf_counter() - wall),
        "cpu": found.rows / (time.process_time() - cpu),
        "memory": peak(),
    }
    print(json.dumps(figures))


def fill(db: Database, rows: int) -> None:
    Base.metadata.create_all(db.engine)
    with db.write() as s:
        assert s.scalar(text("SELECT count(*) FROM lists")) == 0, "this database is in use"
        at = database_now(s)
        s.add(List(slug="tips", name="Tips", created_at=at))
        s.flush()
        joined = evidence_id(s, how="import", wording="Yes, tips.", source="people.csv", actor="bench")
        left = evidence_id(s, how="one-click", wording="", source="a link in a mail", actor="recipient")
    people = rows - rows // 11  # a tenth of them speak twice
    for first in range(1, people + 1, AT_ONCE):
        ids = range(first, min(first + AT_ONCE, people + 1))
        with db.write() as s:
            s.execute(insert(PEOPLE), [person(each, at) for each in ids])
            s.execute(insert(CONSENTS), [said(each, each, at, joined) for each in ids])
            s.execute(insert(HELD), [held(each, each, at, "confirmed") for each in ids])
    withdraw(db, range(people + 1, rows + 1), at, left)
    if not db.is_sqlite:
        with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))


def empty(db: Database) -> None:
    if not db.is_sqlite:
        with db.write() as s:
            s.execute(text("TRUNCATE lists, subscribers, seals, wordings RESTART IDENTITY CASCADE"))
    db.close()


def withdraw(db: Database, ids: Iterable[int], at: Any, evidence: int) -> None:
    leaving = {row: 1 + number * 10 for number, row in enumerate(ids)}
    with db.write() as s:
        rows = [{**said(row, who, at, evidence), "state": "withdrawn"} for row, who in leaving.items()]
        s.execute(insert(CONSENTS), [{**row, "personal": "", "salt": None, "digest": None} for row in rows])
        s.execute(
            text("UPDATE subscriptions SET state = 'withdrawn', consent_id = :row WHERE subscriber_id = :who"),
            [{"row": row, "who": who} for row, who in leaving.items()],
        )


def person(number: int, at: Any) -> dict[str, Any]:
    key = number.to_bytes(32, "big")
    return {"id": number, "email": f"p{number}@example.com", "address_key": key, "custom": {}, "created_at": at}


def said(row: int, who: int, at: Any, evidence: int) -> dict[str, Any]:
    will = {"id": row, "subscriber_id": who, "list_id": 1, "purpose": "marketing", "state": "confirmed", "at": at}
    return {**will, "evidence_id": evidence, **sealed({"address": f"p{who}@example.com"})._asdict()}


def held(row: int, who: int, at: Any, state: str) -> dict[str, Any]:
    return {"list_id": 1, "subscriber_id": who, "state": state, "since": at, "consent_id": row, "frequency": "all"}


if __name__ == "__main__":
    main()
