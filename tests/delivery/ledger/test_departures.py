"""Batches with times of their own, when they are claimed."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import select

from base.database import Database, database_now
from base.time import to_ms
from delivery import timing
from delivery.ledger import record
from delivery.models import Batch, DeliveryException, Run
from delivery.providers.provider import Answer, Verdict
from delivery.timing import Timing
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.models import Subscriber
from tests.support.runs import a_run, count, take, taken

HOUR = timedelta(hours=1)


def hours(db: Database, first: timedelta, last: timedelta) -> str:
    """From and to, as seen from now, by the clock of UTC."""
    with db.read() as s:
        now = database_now(s)
    return f"{now + first:%H:%M}-{now + last:%H:%M}"


def told(db: Database, quiet: str = "", **more: object) -> Timing:
    with db.read() as s:
        at = to_ms(database_now(s))
    return Timing(at=at, zone="UTC", within=86_400_000, quiet=quiet, **more)  # type: ignore[arg-type]


def becomes(db: Database, quiet: str) -> None:
    """As if it had been these hours from the beginning, and all were due now."""
    with db.write() as s:
        run = s.scalars(select(Run)).one()
        run.timing = timing.write(told(db, quiet))
        for batch in s.scalars(select(Batch)):
            batch.not_before = database_now(s)


def test_what_is_late_waits_for_the_end_of_quiet_hours_and_leaves_then(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=5, timing=told(db, hours(db, HOUR, 2 * HOUR)))
    first = taken(db)  # not quiet yet
    becomes(db, hours(db, -HOUR, 3 * HOUR))
    assert take(db) is None
    with db.read() as s:
        now = database_now(s)
        waiting = s.scalars(select(Batch.not_before).where(Batch.state == "planned")).all()
    assert len(waiting) == 2
    assert all(2 * HOUR < at - now <= 3 * HOUR for at in waiting)
    becomes(db, hours(db, 5 * HOUR, 6 * HOUR))
    assert len(taken(db).members) + len(taken(db).members) + len(first.members) == 5
    assert count(db, run).sending == 5


def test_what_the_provider_gave_back_does_not_leave_in_quiet_hours_either(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2, timing=told(db, hours(db, HOUR, 2 * HOUR)))
    first = taken(db)
    with db.write() as s:
        record(s, first.attempt, Answer(Verdict.RETURNED, "too many requests", status=429))
    becomes(db, hours(db, -HOUR, HOUR))
    assert take(db) is None
    assert count(db, run).planned == 2


def test_a_run_without_quiet_hours_leaves_at_any_time(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2, timing=told(db, over=1000))
    assert taken(db).members


@pytest.mark.parametrize("most", [0, 8])
def test_a_batch_among_the_people_of_others_is_checked_as_any(
    most: int, db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However its people are looked up: by a range of ids or one by one."""
    monkeypatch.setattr(import_module("delivery.ledger.claim"), "MOST_BETWEEN", most)
    a_run(db, keys, people=2)
    with db.write() as s:
        key = s.scalars(select(Subscriber.address_key).where(Subscriber.email == "p1@example.com")).one()
        opt_out(s, address_key=key, list_id=None, how="page", source="test", actor="test")
    assert [member.email for member in taken(db).members] == ["p2@example.com"]
    with db.read() as s:
        assert s.scalars(select(DeliveryException.reason)).all() == ["opted out"]
