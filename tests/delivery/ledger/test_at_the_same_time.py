"""What two workers, or a worker and a person, do at the same moment. PostgreSQL only: SQLite has one writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from base.database import Database, database_now
from delivery import pace
from delivery.brake_models import Pace as PaceRow
from delivery.ledger import Claim, claim, drop, hold, record, sweep
from delivery.ledger.resolve import resolve
from delivery.models import Attempt, Batch
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from tests.support.runs import LEASE, a_run, count, take, taken, time_passes

YES = Answer(Verdict.ACCEPTED, "202", 202, "message-1")
UNKNOWN = Answer(Verdict.UNCERTAIN, "no answer: timed out")


@pytest.fixture
def db(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def answered(db: Database, attempt: str, answer: Answer) -> None:
    with db.write() as s:
        record(s, attempt, answer)


def test_two_workers_take_two_batches_unless_there_is_doubt(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=10)
    first = taken(db)
    with db.write() as s:
        one, other = claim(s, owner="other", account="test", lease=LEASE, fence=bool), take(db)
    assert one
    assert other
    assert one.batch != other.batch
    for each in (one, other):
        answered(db, each.attempt, YES)
    answered(db, first.attempt, UNKNOWN)
    with db.write() as s:
        assert claim(s, owner="other", account="test", lease=LEASE, fence=bool)
        assert take(db) is None, "both saw nothing in flight, and one of them went on"
    assert take(db) is None


def test_a_cancellation_and_a_claim_do_not_wait_for_each_other(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    found: list[Claim | None] = []
    with db.write() as s:
        hold(s, run)  # the run's row is being changed, its batches not yet
        worker = threading.Thread(target=lambda: found.append(take(db)))
        worker.start()
        worker.join(10)
        drop(s, run)
    worker.join()
    assert (found, count(db, run).skipped) == ([None], 2)


def test_a_late_answer_knows_better_than_a_person(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    claimed = taken(db)
    answered(db, claimed.attempt, UNKNOWN)
    with db.write() as s:
        s.scalars(select(Attempt)).all()  # what the person saw
        s.scalars(select(Batch)).all()
        answered(db, claimed.attempt, YES)
        assert resolve(s, run, sent=False, because="nobody got it", by="kim") == 0
    with db.read() as s:
        assert s.scalar(text("SELECT verdict FROM attempts")) == "accepted"
    assert count(db, run).accepted == 2


def test_a_sweep_passes_over_an_attempt_that_is_being_written_down(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    claimed = taken(db)
    time_passes(db, LEASE + timedelta(seconds=1))
    found: list[int] = []
    with db.write() as s:
        s.get_one(Attempt, claimed.attempt, with_for_update=True)
        sweeper = threading.Thread(target=lambda: found.append(swept(db)))
        sweeper.start()
        sweeper.join(10)
        record(s, claimed.attempt, YES)
    sweeper.join()
    assert (found, count(db, run).accepted) == ([0], 2)


def swept(db: Database) -> int:
    with db.write() as s:
        return sweep(s)


def test_paces_are_locked_in_one_order_also_when_a_clock_was_set_back(db: Database) -> None:
    for run in (5, pace.EVERYTHING):  # as they lie in the table
        with db.write() as s:
            later = database_now(s) + timedelta(hours=1)
            s.add(PaceRow(run_id=run, per_hour=60, next_at=later, per_day=0, zone="", remaining=0))
    with db.write() as s:
        s.get_one(PaceRow, pace.EVERYTHING, with_for_update=True)
        other = threading.Thread(target=lambda: caught_up(db))
        other.start()
        other.join(0.5)
        assert other.is_alive()
        s.get_one(PaceRow, 5, with_for_update=True)  # which it does not hold while it waits
    other.join()
    with db.read() as s:
        assert all(row.next_at < later for row in s.scalars(select(PaceRow)))


def caught_up(db: Database) -> None:
    with db.write() as s:
        pace.catch_up(s, database_now(s))
