"""Importing a file beside the bare way: the same rows into the same tables by INSERT ... SELECT, without a check.

    python -m benchmarks.import_                      10,000, 100,000 and 1,000,000 rows, both databases
    python -m benchmarks.import_ --rows 100000 --database sqlite

Both in one run on one machine, so the ratio means something where the seconds do not. PostgreSQL is the server of
$TIPSHEET_TEST_POSTGRES, else one of the tests' own, which writes nothing to disk for certain.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

from base.database import Base, Database
from benchmarks.bare import load_bare
from benchmarks.site import peak
from subscribers.fields.custom import add_field
from subscribers.importing import Asked, import_file
from subscribers.keys import Keys
from subscribers.lists import add_list
from tests.support.postgres import server_url, stop_server

SIZES = (10_000, 100_000, 1_000_000)
KEYS = Keys(address=bytes(range(32)), links=(b"L" * 32,))
TYPED = {"visits": "number", "born": "date", "vip": "boolean"}


def main() -> None:
    options = _options()
    if options.one:
        _import_one(options.one, Path(options.file))
        return
    print("| database | rows | import, s | rows/s | bare, s | of the bare speed | peak memory |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="tipsheet-import-") as folder:
        for kind in options.database or ("sqlite", "postgres"):
            with server(kind, Path(folder)) as admin:
                for rows in options.rows or SIZES:
                    _measure(kind, admin, Path(folder), rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--one", help=argparse.SUPPRESS)  # what the process that is measured is told
    parser.add_argument("--file", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(kind: str, admin: str, folder: Path, rows: int) -> None:
    file = folder / f"people{rows}.csv"
    if not file.exists():
        write(file, rows)
    with database(kind, admin, folder) as url:
        _prepare(url)
        command = [sys.executable, "-m", "benchmarks.import_", "--one", url, "--file", str(file)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert told["new"] == rows, told
        bare = load_bare(url)
    ratio, memory = bare / told["seconds"], told["peak"]
    print(
        f"| {kind} | {rows:,} | {told['seconds']:.2f} | {rows / told['seconds']:,.0f} | {bare:.2f} | {ratio:.0%} "
        f"| {memory:.0f} MiB |",
        flush=True,
    )


def _import_one(url: str, file: Path) -> None:
    """In a process of its own, so that its peak is the import's."""
    db = Database(url)
    started = time.perf_counter()
    report = import_file(db, KEYS, file, "tips", Asked("They asked.", "bench"))
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "new": report.new, "peak": peak()}))


def write(file: Path, rows: int) -> None:
    """Six custom fields, three of them typed, and five tags."""
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write("email,first_name,last_name,city,plan,note,visits,born,vip,tags\n")
        for n in range(1, rows + 1):
            host = "gmail.com" if n % 3 == 0 else f"example{n % 997}.com"
            tags = f"tag{n % 40};group{n % 7};area{n % 11};kind{n % 3};all"
            typed = f"{n % 50},19{n % 90 + 10}-05-{n % 28 + 1:02},{('yes', 'no')[n % 2]}"
            out.write(f"person{n}@{host},First{n % 1000},Last{n % 997},Town {n % 500},pro,note {n},{typed},{tags}\n")


def _prepare(url: str) -> None:
    db = Database(url)
    Base.metadata.create_all(db.engine)
    with db.write() as s:
        add_list(s, "tips", "Tips")
        for name, kind in TYPED.items():
            add_field(s, name, kind)
    db.close()


@contextmanager
def server(kind: str, folder: Path) -> Iterator[str]:
    given = os.environ.get("TIPSHEET_TEST_POSTGRES")
    if kind == "sqlite" or given:
        yield given or ""
        return
    run = folder / "postgres"
    run.mkdir()
    try:
        yield server_url(run, os.getpid())
    finally:
        stop_server(run)


@contextmanager
def database(kind: str, admin: str, folder: Path) -> Iterator[str]:
    name = f"tipsheet_{uuid4().hex}"
    if kind == "sqlite":
        yield f"sqlite:///{folder}/{name}.db"
        for each in folder.glob(f"{name}.db*"):
            each.unlink()
        return
    engine = create_engine(make_url(admin).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield make_url(admin).set(database=name, drivername="postgresql").render_as_string(hide_password=False)
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


if __name__ == "__main__":
    main()
