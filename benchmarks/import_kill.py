"""kill -9 of an import at random moments, then once to the end: as if nothing had been, every bad row named.

    python -m benchmarks.import_kill                       1,000,000 rows, ten kills, SQLite
    python -m benchmarks.import_kill --database postgres   the server of $TIPSHEET_TEST_POSTGRES, else the tests' own

Three of a hundred rows are wrong, in twenty ways (tests/support/files.py). What an import without a kill leaves is
compared with what this one left, row for row, but for ids, salts and times.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import select, text

from base.database import Base, Database
from benchmarks.import_ import KEYS, database, server
from subscribers.addresses import address_key
from subscribers.fields.custom import add_field
from subscribers.importing import Asked, ImportReport, import_file
from subscribers.importing.imports import OUTCOMES
from subscribers.lists import add_list
from subscribers.models import Import
from subscribers.stops.many import ToStop, stop_unknown
from tests.support.files import FIELDS, PLANS, expected, gone, write_people

PROGRAM = """
import sys
from pathlib import Path
from base.database import Database
from benchmarks.import_ import KEYS
from subscribers.importing import Asked, import_file
import_file(Database(sys.argv[1]), KEYS, Path(sys.argv[2]), "tips", Asked("They asked.", "bench"))
"""
# What people, consents, tags and stops come to, whatever their ids are.
STATE = (
    "SELECT email, first_name, last_name, zone, locale, CAST(custom AS text), t1, t2, t3, n1, n2, n3 FROM subscribers "
    "JOIN profiles ON subscriber_id = id ORDER BY email",
    "SELECT email, c.state, c.purpose, u.state, c.id = u.consent_id FROM subscribers s JOIN consents c "
    "ON c.subscriber_id = s.id JOIN subscriptions u ON u.subscriber_id = s.id ORDER BY email, c.state",
    "SELECT email, tag FROM subscribers JOIN subscriber_tags ON subscriber_id = id ORDER BY email, tag",
    "SELECT reason, list_id, count(*) FROM suppressions GROUP BY 1, 2 ORDER BY 1",
)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tipsheet-import-") as name, server(options.database, Path(name)) as admin:
        folder = Path(name)
        file = folder / "people.csv"
        write_people(file, options.rows)
        with database(options.database, admin, folder) as url:
            report, seconds = _without_a_kill(url, file, options.rows)
            whole = _state(url)
            Path(report.rejected).rename(folder / "whole.csv")
        with database(options.database, admin, folder) as url:
            _prepare(url, options.rows)
            _kill_again_and_again(url, file, options.kills, seconds, random.Random(options.seed))
            killed = _import(url, file)
            _judge(options.rows, report, killed, whole == _state(url), folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    return parser.parse_args()


def _without_a_kill(url: str, file: Path, rows: int) -> tuple[ImportReport, float]:
    _prepare(url, rows)
    started = time.monotonic()
    return _import(url, file), time.monotonic() - started


def _import(url: str, file: Path) -> ImportReport:
    db = Database(url)
    try:
        return import_file(db, KEYS, file, "tips", Asked("They asked.", "bench"))
    finally:
        db.close()


def _prepare(url: str, rows: int) -> None:
    db = Database(url)
    Base.metadata.create_all(db.engine)
    with db.write() as s:
        tips = add_list(s, "tips", "Tips").id
        for name, kind in FIELDS.items():
            add_field(s, name, kind)
        add_field(s, "plan", "choice", PLANS)
        stops = [ToStop(address_key(KEYS, email), None, "opt-out", tips) for email in gone(rows)]
        stop_unknown(s, stops, source="before")
    db.close()


def _kill_again_and_again(url: str, file: Path, kills: int, seconds: float, dice: random.Random) -> None:
    """Each at a random moment of its share of the time, its first pass over the file counted in."""
    done = 0
    for number in range(kills):
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, url, str(file)])
        deadline = time.monotonic() + seconds
        while _read(url) <= done and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
        time.sleep(dice.uniform(0, seconds / (kills + 2)))
        if process.poll() is not None:
            sys.exit("It ended before it was killed: give more rows or fewer kills")
        process.kill()
        process.wait()
        done = _read(url)
        print(f"kill {number + 1} of {kills}: {done:,} rows are in", flush=True)


def _read(url: str) -> int:
    db = Database(url)
    with db.read() as s:
        found = s.scalar(select(Import.line).order_by(Import.id.desc()).limit(1)) or 0
    db.close()
    return found


def _state(url: str) -> list[str]:
    db, digests = Database(url), []
    with db.read() as s:
        for statement in STATE:
            digest = hashlib.blake2b()
            for row in s.execute(text(statement).execution_options(yield_per=10_000)):
                digest.update(repr(tuple(row)).encode())
            digests.append(digest.hexdigest())
    db.close()
    return digests


def _judge(rows: int, whole: ImportReport, killed: ImportReport, is_same: bool, folder: Path) -> None:
    wrong = expected(rows)
    counts = {name: asdict(killed)[name] for name in OUTCOMES}
    should = {**dict.fromkeys(OUTCOMES, 0), **Counter(bad.outcome for bad in wrong.values()), "new": rows - len(wrong)}
    named = Path(killed.rejected).read_text() == (folder / "whole.csv").read_text()
    with (folder / "whole.csv").open(newline="") as file:
        told = {int(row["tipsheet_line"]) for row in csv.DictReader(file)}
    print(f"{killed.read:,} rows: {counts}, resumed behind line {killed.resumed_behind:,}")
    failed = [
        words
        for words, is_wrong in (
            ("the counts are wrong", counts != should),
            ("the report differs from that without a kill", {**asdict(whole), **_OWN} != {**asdict(killed), **_OWN}),
            ("the end state differs from that without a kill", not is_same),
            ("the file of those left out differs", not named),
            ("a bad row is not named", told != set(wrong)),
        )
        if is_wrong
    ]
    if failed:
        sys.exit("FAILED: " + "; ".join(failed))
    print("nothing lost, nothing twice, every bad row named")


# What has to differ; the fields that were made are those that were not there when it went on.
_OWN = {"resumed_behind": 0, "id": 1, "fields_created": ()}


if __name__ == "__main__":
    main()
