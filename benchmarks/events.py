"""Events a second: signed posts to the running service, and its drain beside the bare way.

    python -m benchmarks.events                               200,000 events, both databases
    python -m benchmarks.events --events 1000000 --database sqlite

A thousand events a post, over several connections at once, into the whole service with its own drain; a page is asked
for all the while. Then the bare way (bare_events.py) applies the same bodies, in the same run on the same machine.
PostgreSQL is the server of $TIPSHEET_TEST_POSTGRES, else one of the tests' own, which does not wait for the disk.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from sqlalchemy import text

from base.database import Database
from benchmarks.bare_events import drain_bare_postgres, drain_bare_sqlite
from benchmarks.event_bodies import BATCH, Body, bodies, mailing, signer
from benchmarks.import_ import database, server
from benchmarks.site import Site, end, start, until
from subscribers.keys import load_keys

EVENTS_A_PERSON = 2.41
PAGES = ("/u", "/health")  # one without the database, one with it


@dataclass(frozen=True)
class Told:
    """What was seen of one burst."""

    events: int
    posting: float  # seconds until the last 200
    drained: float  # events a second, of those still waiting then
    whole: float  # seconds until the last was applied
    pages: list[float]  # seconds that each page took meanwhile
    memory: int


def main() -> None:
    options = _options()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    print("| database | events | accepted/s | applied/s | bare/s | of bare | page, median and p99 | peak memory |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="tipsheet-events-") as folder:
        for kind in options.database or ("sqlite", "postgres"):
            with server(kind, Path(folder)) as admin, database(kind, admin, Path(folder)) as url:
                _measure(kind, url, Path(folder), options)
    print(f"load {os.getloadavg()[0]:.1f} after")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--connections", type=int, default=4)
    return parser.parse_args()


def _measure(kind: str, url: str, folder: Path, options: argparse.Namespace) -> None:
    people = max(1, round(options.events / EVENTS_A_PERSON / BATCH)) * BATCH
    key, public = signer()
    spooled = list(bodies(people, key))
    site = Site(folder / f"site-{kind}", url, {"TIPSHEET_SENDGRID__WEBHOOK_KEY": public})
    told = _burst(site, people, spooled, options.connections)
    raws = [body.raw for body in spooled]
    bare = drain_bare_sqlite(folder / "bare.db", raws) if kind == "sqlite" else drain_bare_postgres(url, raws)
    middle, worst = statistics.median(told.pages), sorted(told.pages)[int(len(told.pages) * 0.99)]
    print(
        f"| {kind} | {told.events:,} | {told.events / told.posting:,.0f} | {told.drained:,.0f} | "
        f"{told.events / bare:,.0f} | {told.drained * bare / told.events:.0%} | "
        f"{middle * 1000:.0f} ms, {worst * 1000:.0f} ms | {told.memory} MiB |",
        flush=True,
    )


def _burst(site: Site, people: int, spooled: list[Body], connections: int) -> Told:
    site.folder.mkdir()
    (site.folder / "config.toml").write_bytes((Path(__file__).parents[1] / "config.toml").read_bytes())
    site.tipsheet("init")
    db, keys = Database(site.url), load_keys(site.folder / "keys")
    mailing(db, keys, people)
    service = start(site)
    asking = _Asking(site.web)
    try:
        asking.start()
        began = time.perf_counter()
        _post(site.web, spooled, connections)
        posted = time.perf_counter()
        waiting = _count(db, "spool")
        until(lambda: _count(db, "spool") == 0)
        ended = time.perf_counter()
        asking.stop()
        events = sum(body.raw.count(b'"ts_run"') for body in spooled)
        _check(db, spooled)
    finally:
        memory = end(service).memory
        db.close()
    return Told(events, posted - began, waiting * 1000 / (ended - posted), ended - began, asking.took, memory)


def _post(port: int, spooled: list[Body], connections: int) -> None:
    waiting: SimpleQueue[Body | None] = SimpleQueue()
    for body in (*spooled, *[None] * connections):
        waiting.put(body)
    threads = [threading.Thread(target=_post_some, args=(port, waiting)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _post_some(port: int, waiting: SimpleQueue[Body | None]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while body := waiting.get():
        signed = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": body.signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": body.timestamp,
        }
        connection.request("POST", "/events/sendgrid", body.raw, signed)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            os.write(2, f"answered {answer.status}: {said[:200]!r}\n".encode())
            os._exit(1)
    connection.close()


class _Asking(threading.Thread):
    """A visitor, who asks for pages while events come in."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.took: list[float] = []
        self._port, self._stopping = port, threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        while not self._stopping.wait(0.02):
            for page in PAGES:
                began = time.perf_counter()
                connection.request("GET", page)
                connection.getresponse().read()
                self.took.append(time.perf_counter() - began)

    def stop(self) -> None:
        self._stopping.set()
        self.join()


def _count(db: Database, table: str) -> int:
    with db.read() as s:
        return int(s.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608  a name of ours


def _check(db: Database, spooled: list[Body]) -> None:
    """None was lost, none counts twice."""
    distinct = len({event for body in spooled for event in body.raw.strip()[1:-1].split(b",\r\n")})
    found = _count(db, "events")
    if found != distinct:
        sys.exit(f"{found:,} events are on record, not {distinct:,}")


if __name__ == "__main__":
    main()
