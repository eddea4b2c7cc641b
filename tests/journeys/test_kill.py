"""kill -9 of the service again and again, while the provider goes on: everybody once, and the ledger knows how."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.database import Database
from delivery.models import Attempt, Batch, Delivery, Duplicate
from subscribers.models import Subscriber
from tests.journeys.office import Office, office, stop, until
from tests.localgrid.support import Running, running
from tests.support.runs import a_run, count

PEOPLE = 160
# Nothing waits for longer than a test may take; the order of these times is that of production.
FAST = {
    "DELIVERY__DEADLINE": "1s",
    "DELIVERY__LEASE": "1500ms",
    "DELIVERY__SETTLE_AFTER": "500ms",
    "DELIVERY__CONNECTIONS": "2",
}
LONG = 60_000  # ms: longer than the service lives
BRIEFLY = {"kind": "delay", "args": {"ms": [50, 150]}}


def test_kill_9_again_and_again_and_everybody_gets_it_once(tmp_path: Path, database_url: str) -> None:
    with office(tmp_path, database_url, **FAST) as ours:
        options = ("--port", str(ours.config.localgrid.port), "--events-url", f"{ours.web}/events/sendgrid")
        with running(ours.config.localgrid.path, *options) as grid:
            run = a_run(ours.db, ours.keys, PEOPLE, batch_size=4)
            kill_before_anything_is_taken(ours, grid)
            kill_after_it_was_taken(ours, grid)
            kill_at_random(ours, grid, times=2)
            service = ours.run()
            until(lambda: count(ours.db, run).accepted == PEOPLE)
            until(lambda: count(ours.db, run).delivered == PEOPLE)
            assert stop(service) == 0
            everybody_once(ours.db, grid.mailbox())
            with ours.db.read() as s:
                assert attempts(s, Attempt.verdict == "lost") >= 1
                assert attempts(s, Attempt.verdict == "accepted", Attempt.answered_at.is_(None)) >= 1


def kill_before_anything_is_taken(ours: Office, grid: Running) -> None:
    grid.faults({"kind": "delay", "args": {"ms": LONG, "at": "before"}})
    service = ours.run()
    until(lambda: in_flight(ours.db) == 2)
    stop(service, signal.SIGKILL)
    assert grid.mailbox() == []


def kill_after_it_was_taken(ours: Office, grid: Running) -> None:
    grid.faults({"kind": "delay", "args": {"ms": LONG, "at": "after"}})
    service = ours.run()
    until(lambda: len(grid.mailbox()) >= 4)
    stop(service, signal.SIGKILL)


def kill_at_random(ours: Office, grid: Running, times: int) -> None:
    grid.faults(BRIEFLY)
    for _ in range(times):
        before = len(grid.mailbox())
        service = ours.run()
        until(lambda before=before: len(grid.mailbox()) > before)  # type: ignore[misc]
        time.sleep(random.uniform(0, 0.3))
        stop(service, signal.SIGKILL)


def everybody_once(db: Database, mailbox: list[dict[str, Any]]) -> None:
    """By the mailbox's own file, and by the ledger, person by person: the same people by the same attempts."""
    by_mailbox = sorted((row["to"], row["custom_args"]["ts_attempt"]) for row in mailbox)
    with db.read() as s:
        query = (
            select(Subscriber.email, Batch.accepted_by)
            .join(Delivery, Delivery.subscriber_id == Subscriber.id)
            .join(Batch, (Batch.run_id == Delivery.run_id) & (Batch.number == Delivery.batch))
        )
        by_ledger = sorted(tuple(row) for row in s.execute(query))
        assert s.scalar(select(func.count()).select_from(Duplicate)) == 0
    assert len({email for email, _attempt in by_mailbox}) == PEOPLE
    assert by_mailbox == by_ledger


def in_flight(db: Database) -> int:
    with db.read() as s:
        return attempts(s, Attempt.verdict.is_(None))


def attempts(s: Session, *which: Any) -> int:
    return s.scalar(select(func.count()).select_from(Attempt).where(Attempt.batch.is_not(None), *which)) or 0
