"""Freezing an audience with every exclusion named, beside one bare INSERT…SELECT. Run: python -m benchmarks.freeze

Both write the same recipients of the same list. The bare way is one statement in one transaction and leaves nobody's
reason behind; ours goes in chunks that can be resumed, fills batches and writes down who is left out and why. Both in
one process, one after the other. With --database URL on an empty PostgreSQL database instead of SQLite.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable

from sqlalchemy import Column, Integer, MetaData, Table, func, insert, literal, select
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.time import from_ms, to_ms
from benchmarks.crowd import DAY, fill
from benchmarks.site import peak
from campaigns.freezing import freeze
from campaigns.launch import chunk_size
from campaigns.models import Campaign, Exclusion
from campaigns.recipients import recipients, window_end
from delivery import ledger
from delivery.ledger.plan import Order
from delivery.models import Delivery, StoredMessage
from delivery.providers.provider import Envelope

BARE = Table(
    "bare",
    MetaData(),
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("subscriber_id", Integer, primary_key=True, autoincrement=False),
    Column("batch", Integer),
    sqlite_with_rowid=False,
)
SLUG = "benchmark"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--database", help="An empty PostgreSQL database; only one number of people then.")
    given = options.parse_args()
    print("|    people | recipients | left out |    bare |    ours | ratio | of CPU | longest chunk | peak memory |")
    print("|----------:|-----------:|---------:|--------:|--------:|------:|-------:|--------------:|------------:|")
    for people in given.people:
        with tempfile.TemporaryDirectory() as folder:
            db = Database(given.database or f"sqlite:///{folder}/freeze.db")
            fill(db, people)
            print(measure(db, people), flush=True)
            db.close()


def measure(db: Database, people: int) -> str:
    with db.write() as s:
        BARE.create(s.connection())
        campaign_id = _campaign(s)
    # Once for nothing: what both need to begin is loaded, and compiled, before the clock runs.
    with db.read() as s:
        s.execute(recipients(s, s.get_one(Campaign, campaign_id)).limit(1)).all()
    bare, bare_cpu = timed(lambda: _bare(db, campaign_id))
    chunks: list[float] = []
    ours, ours_cpu = timed(lambda: _ours(db, campaign_id, chunks))
    with db.read() as s:
        run_id = s.get_one(Campaign, campaign_id).run_id
        inside = s.scalar(select(func.count()).where(Delivery.run_id == run_id)) or 0
        out = s.scalar(select(func.count()).where(Exclusion.campaign_id == campaign_id)) or 0
        assert inside == s.scalar(select(func.count()).select_from(BARE))
    return (
        f"| {people:>9,} | {inside:>10,} | {out:>8,} | {bare:>5.2f} s | {ours:>5.2f} s | {ours / bare:>5.2f} "
        f"| {ours_cpu / max(bare_cpu, 0.001):>6.2f} | {max(chunks) * 1000:>10.0f} ms | {peak():>7} MiB |"
    )


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds, and seconds of this process's CPU: on PostgreSQL the work is another process's."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _bare(db: Database, campaign_id: int) -> None:
    with db.write() as s:
        chosen = recipients(s, s.get_one(Campaign, campaign_id)).add_columns(literal(1), literal(1))
        s.execute(insert(BARE).from_select(["subscriber_id", "run_id", "batch"], chosen))


def _ours(db: Database, campaign_id: int, chunks: list[float]) -> None:
    last: int | None = 0
    while last is not None:
        began = time.perf_counter()
        with db.write() as s:
            campaign = s.get_one(Campaign, campaign_id)
            last = window_end(s, campaign, chunk_size(s, campaign.run_id or 0))
            if last is not None:
                freeze(s, campaign, campaign.run_id or 0, last)
        chunks.append(time.perf_counter() - began)


def _campaign(s: Session) -> int:
    now = database_now(s)
    message = StoredMessage(hash=SLUG, body="{}", created_at=now)
    s.add(message)
    s.flush()
    envelope = Envelope("a@example.com", "A", "", "<list-1.example.com>", SLUG, "https://example.com")
    until = from_ms(to_ms(now) + DAY)
    order = Order(SLUG, 1, message.id, envelope, 1000, now, until)
    run_id = ledger.open_run(s, order)
    campaign = Campaign(
        public_id=SLUG, slug=SLUG, list_id=1, subject="A", template="a", run_id=run_id, added_at=now, added_by=SLUG
    )
    s.add(campaign)
    s.flush()
    return campaign.id


if __name__ == "__main__":
    main()
