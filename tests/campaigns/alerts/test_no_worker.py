"""Where workers send and none is there, staff are told once something waits for them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from base.database import Database, database_now
from campaigns.alerts.needs import needs
from delivery import heartbeat
from delivery.models import Run
from subscribers.keys import Keys
from tests.support.runs import a_run, time_passes


def told(db: Database, *, by_workers: bool = True) -> list[str]:
    with db.read() as s:
        found = needs(s, database_now(s), "here", is_checked=False, by_workers=by_workers)
        return [need.words for need in found if need.cause == "no worker"]


def test_a_batch_that_waits_for_a_worker_needs_a_person_after_a_minute(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2)
    assert told(db) == []
    time_passes(db, timedelta(minutes=2))
    assert told(db) == ["No worker is running, so nothing leaves; start one with: tipsheet worker"]
    assert told(db, by_workers=False) == []
    with db.write() as s:
        heartbeat.beat(s, "here:1")
    assert told(db) != [], "a service does not send"
    with db.write() as s:
        heartbeat.beat(s, "east", "worker on there:2")
    assert told(db) == []


def test_what_a_person_holds_waits_for_no_worker(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2)
    time_passes(db, timedelta(minutes=2))
    with db.write() as s:
        s.execute(update(Run).values(paused=True))
    assert told(db) == []
