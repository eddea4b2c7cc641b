"""One pace for everybody: however many workers there are, what leaves in an hour and on a day is counted once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from base.database import Database, database_now
from delivery import pace
from delivery.brake_models import Pace
from delivery.ledger import claim, is_due, lose, record
from delivery.models import Attempt, Batch, Run
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from tests.support.runs import LEASE, a_run, count, take, taken, time_passes

YES = Answer(Verdict.ACCEPTED, "202", 202)
UNKNOWN = Answer(Verdict.UNCERTAIN, "no answer")


def limited(db: Database, *, per_hour: int = 0, per_day: int = 0, zone: str = "UTC") -> None:
    with db.write() as s:
        pace.limit_everything(s, per_hour=per_hour, per_day=per_day, day_zone=zone)


def slowed(db: Database, run: int, per_hour: int) -> None:
    with db.write() as s:
        pace.limit_run(s, run, per_hour)


def answered(db: Database, attempt: str, answer: Answer = YES) -> None:
    with db.write() as s:
        record(s, attempt, answer)


def for_days(db: Database) -> dict[str, Any]:
    with db.read() as s:
        return {"not_after": database_now(s) + timedelta(days=9)}


def lost_once(db: Database, keys: Keys) -> int:
    """A batch of three that was judged lost: it may only leave as a whole."""
    run = a_run(db, keys, people=3, batch_size=3, **for_days(db))
    attempt = taken(db).attempt
    answered(db, attempt, UNKNOWN)
    with db.write() as s:
        assert lose(s, s.get_one(Attempt, attempt), "no trace")
    return run


def may_leave(db: Database) -> bool:
    with db.read() as s:
        return is_due(s, "test")


def people_in_an_hour(db: Database, step: timedelta) -> int:
    """As many as leave while an hour passes in steps, after each of which somebody looks."""
    sent, passed = 0, timedelta()
    while passed < timedelta(hours=1):
        while claimed := take(db):
            answered(db, claimed.attempt)
            sent += len(claimed.members)
        time_passes(db, step)
        passed += step
    return sent


def test_without_a_limit_there_is_no_row_to_look_at(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    limited(db)
    slowed(db, run, 0)
    with db.read() as s:
        assert s.scalars(select(Pace)).all() == []
    assert len(taken(db).members) == 2


def test_an_hour_brings_the_rate_and_at_most_a_minute_more(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=150, batch_size=50)
    limited(db, per_hour=120)
    assert 120 <= people_in_an_hour(db, timedelta(seconds=30)) <= 122


def test_workers_that_look_late_lose_at_most_what_they_overslept(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=150, batch_size=50)
    limited(db, per_hour=120)
    assert 50 <= people_in_an_hour(db, timedelta(seconds=70)) <= 110


def test_what_waits_for_its_turn_is_looked_for_without_a_lock(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=4)
    limited(db, per_hour=60)
    answered(db, taken(db).attempt)
    assert not may_leave(db)
    with db.read() as s:
        until, words = pace.waits(s, run) or (None, "")
        assert until is not None
        assert timedelta(seconds=50) < until - database_now(s) <= timedelta(minutes=1)
    assert words == "not faster than 60 an hour"
    time_passes(db, timedelta(minutes=1))
    assert may_leave(db)


def test_a_slow_campaign_holds_up_no_other(db: Database, keys: Keys) -> None:
    slow = a_run(db, keys, people=4)
    slowed(db, slow, 60)
    answered(db, taken(db).attempt)
    other = a_run(db, keys, people=4, public_id="run-2")
    assert {taken(db).run_id, taken(db).run_id} == {other}
    assert take(db) is None
    assert count(db, slow).planned == 3


def test_everything_together_is_counted_once_over_all_campaigns(db: Database, keys: Keys) -> None:
    first, second = a_run(db, keys, people=2), a_run(db, keys, people=2, public_id="run-2")
    limited(db, per_hour=120)
    slowed(db, first, 60)
    sent = [len(taken(db).members)]
    assert take(db) is None
    time_passes(db, timedelta(seconds=31))
    sent.append(len(taken(db).members))
    assert sent == [1, 2]
    assert (count(db, first).sending, count(db, second).sending) == (1, 2)


@pytest.mark.parametrize(("rate", "minutes"), [(6, 10), (600, 0.1)])
def test_a_new_rate_holds_at_once_also_for_what_is_not_paid_for_yet(
    db: Database, keys: Keys, rate: int, minutes: float
) -> None:
    run = a_run(db, keys, people=4)
    slowed(db, run, 60)
    answered(db, taken(db).attempt)
    slowed(db, run, rate)
    with db.read() as s:
        until, _ = pace.waits(s, run) or (None, "")
        assert until is not None
        assert (until - database_now(s)).total_seconds() == pytest.approx(minutes * 60, rel=0.2, abs=2)


def test_taking_the_limit_away_lets_the_rest_go(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=4)
    slowed(db, run, 1)
    assert len(taken(db).members) == 1
    slowed(db, run, 0)
    assert sum(len(taken(db).members) for _ in range(2)) == 3


def test_a_daily_limit_smaller_than_a_batch_drains_day_by_day(db: Database, keys: Keys) -> None:
    """A new account allows 100 a day; a batch of 1,000 is refused for ever: Ghost 25403."""
    run = a_run(db, keys, people=10, batch_size=10, **for_days(db))
    limited(db, per_day=4)
    sizes = []
    for _ in range(3):
        while claimed := take(db):
            answered(db, claimed.attempt)
            sizes.append(len(claimed.members))
        assert not may_leave(db)
        time_passes(db, timedelta(hours=24))
    assert sizes == [4, 4, 2]
    assert count(db, run).accepted == 10


def test_what_did_not_leave_is_given_back_to_its_day(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=4, batch_size=4)
    limited(db, per_day=4, per_hour=60)
    attempt = taken(db).attempt
    answered(db, attempt, Answer(Verdict.RETURNED, "no connection"))
    with db.read() as s:
        row = s.get_one(Pace, pace.EVERYTHING)
        assert (row.remaining, row.next_at <= database_now(s)) == (4, True)


def test_whoever_is_left_out_at_the_claim_costs_nothing(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=4, batch_size=4)
    limited(db, per_day=10)
    claimed = take(db, only="p2@")
    assert claimed is not None
    assert len(claimed.members) == 1
    with db.read() as s:
        assert s.get_one(Pace, pace.EVERYTHING).remaining == 9


def test_a_day_is_that_of_the_zone(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2)
    limited(db, per_day=1, zone="Asia/Kolkata")
    taken(db)
    with db.read() as s:
        ends, now = s.scalars(select(Pace.day_ends_at)).one(), database_now(s)
    assert ends is not None
    assert (ends.hour, ends.minute) == (18, 30), "midnight in Kolkata"
    assert timedelta() < ends - now <= timedelta(hours=24)


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),  # a day of 23 hours
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC)),  # one of 25
    ],
)
def test_days_on_which_the_clocks_change_end_at_midnight_too(at: datetime, ends: datetime) -> None:
    assert pace.day_end(at, "Europe/Berlin") == ends


def test_another_limit_for_the_day_counts_what_left_already(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=9, batch_size=9)
    limited(db, per_day=4)
    assert len(taken(db).members) == 4
    limited(db, per_day=6)
    assert len(taken(db).members) == 2
    limited(db, per_day=5)
    assert take(db) is None
    limited(db, per_day=6)
    assert take(db) is None, "a service that starts again begins no new day"


def test_a_batch_that_may_not_part_waits_for_a_day_with_room(db: Database, keys: Keys) -> None:
    run = lost_once(db, keys)
    limited(db, per_day=3)
    with db.write() as s:
        pace.room(s, run).take(1)
    assert take(db) is None
    with db.read() as s:
        assert s.get_one(Batch, (run, 1)).not_before == s.get_one(Pace, pace.EVERYTHING).day_ends_at
    time_passes(db, timedelta(hours=24))
    assert len(taken(db).members) == 3


def test_a_batch_that_may_not_part_and_fits_no_day_is_a_persons_to_decide(db: Database, keys: Keys) -> None:
    run = lost_once(db, keys)
    limited(db, per_day=2)
    assert take(db) is None
    with db.read() as s:
        assert "would have to leave in parts" in (s.get_one(Run, run).held or "")


@pytest.mark.parametrize(("limits", "together"), [({"per_hour": 7}, 1), ({"per_day": 30}, 30)])
def test_two_machines_share_one_bucket(postgres_url: str, keys: Keys, limits: dict[str, Any], together: int) -> None:
    """Each has its own connection and claims at the same moment; together they get what one would."""
    db = Database(postgres_url)
    a_run(db, keys, people=400, batch_size=50)
    limited(db, **limits)
    sent: list[int] = []
    start = threading.Barrier(6)

    def work() -> None:
        mine = Database(postgres_url)
        start.wait()
        for _ in range(5):
            with mine.write() as s:
                found = claim(s, owner="one", account="test", lease=LEASE, fence=bool)
                sent.append(len(found.members) if found else 0)
        mine.close()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == together
    db.close()
