"""An account that takes nothing for a while: nothing is claimed for it, and it goes on by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from base.database import Database, database_now
from delivery import rests
from delivery.ledger import is_due, record, release
from delivery.models import Attempt, Batch, Run
from delivery.outbox import Outbox, Pace
from delivery.probing import ask_for_credits
from delivery.providers.provider import Answer, Verdict
from delivery.providers.sendgrid import SendGrid
from subscribers.keys import Keys
from tests.delivery.conftest import sendgrid
from tests.delivery.test_outbox import mailed
from tests.localgrid.support import Running
from tests.support.runs import a_run, count, take, taken, time_passes

PACE = Pace(connections=1, lease=timedelta(seconds=60), only_to=())
EVERY = timedelta(minutes=15)
USED_UP = {"kind": "credits", "args": {"left": 0}}


def answered(db: Database, attempt: str, answer: Answer) -> None:
    with db.write() as s:
        record(s, attempt, answer)


def stepped(db: Database, keys: Keys, provider: SendGrid) -> bool:
    done = Outbox(db, provider, keys, PACE).step()
    provider.close()
    return done


def asked(db: Database, provider: SendGrid) -> bool:
    done = ask_for_credits(db, provider, EVERY)
    provider.close()
    return done


def probes(db: Database) -> int:
    with db.read() as s:
        return len(s.scalars(select(Attempt).where(Attempt.batch.is_(None))).all())


def test_used_up_credits_stop_every_campaign_of_the_account_and_hold_none(
    db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    """Answered 401 like a wrong key: SendGrid's "Maximum credits exceeded"."""
    runs = [a_run(db, keys, people=2, public_id=uuid4().hex[:12]) for _ in range(3)]
    grid.faults(USED_UP)
    assert stepped(db, keys, provider)
    for _ in range(3):
        assert not stepped(db, keys, provider)
    assert [count(db, run).planned for run in runs] == [2, 2, 2]
    with db.read() as s:
        assert not is_due(s, provider.account)
        assert [run.held for run in s.scalars(select(Run))] == [None] * 3
        assert [(one.account, one.words) for one in rests.resting(s)] == [
            (provider.account, "Maximum credits exceeded")
        ]
        assert len(s.scalars(select(Attempt.verdict)).all()) == 1, "one request, not one a batch"


def test_it_is_asked_now_and_then_and_goes_on_by_itself(
    db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    run = a_run(db, keys, people=2, public_id=uuid4().hex[:12])
    grid.faults(USED_UP)
    stepped(db, keys, provider)
    assert (asked(db, provider), probes(db)) == (False, 0), "it has just said no"
    for wanted in (1, 2):
        time_passes(db, EVERY)
        assert (asked(db, provider), asked(db, provider), probes(db)) == (False, False, wanted)
    grid.faults()
    time_passes(db, EVERY)
    assert asked(db, provider)
    assert stepped(db, keys, provider)
    assert count(db, run).accepted == 2
    with db.read() as s:
        assert rests.resting(s) == []


def test_whoever_bought_credits_need_not_wait(sqlite_db: Database, keys: Keys, grid: Running) -> None:
    provider = sendgrid(grid.url)
    run = a_run(sqlite_db, keys, people=2, public_id=uuid4().hex[:12])
    grid.faults(USED_UP)
    stepped(sqlite_db, keys, provider)
    grid.faults()
    with sqlite_db.write() as s:
        release(s, run)
    assert asked(sqlite_db, provider)


def test_two_services_ask_once(db: Database, keys: Keys, provider: SendGrid) -> None:
    with db.write() as s:
        rests.exhaust(s, provider.account, "Maximum credits exceeded")
    time_passes(db, EVERY)
    with db.write() as s:
        assert rests.take_turn(s, provider.account, EVERY)
    with db.write() as s:
        assert not rests.take_turn(s, provider.account, EVERY)


def test_a_plan_that_ends_in_the_middle_of_a_campaign_loses_nobody(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    """Refused, retried, dropped, shown "complete": notifuse 414."""
    run = a_run(sqlite_db, keys, people=6, public_id=uuid4().hex[:12])
    grid.faults({"kind": "credits", "args": {"left": 3}})
    while stepped(sqlite_db, keys, provider):
        pass
    assert (count(sqlite_db, run).accepted, count(sqlite_db, run).planned) == (2, 4)
    grid.faults()
    time_passes(sqlite_db, EVERY)
    assert asked(sqlite_db, provider)
    while stepped(sqlite_db, keys, provider):
        pass
    assert count(sqlite_db, run).accepted == 6
    assert mailed(grid, sqlite_db, run) == [f"p{n}@example.com" for n in range(1, 7)]


def test_another_account_goes_on(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2)
    with db.write() as s:
        rests.exhaust(s, "another", "Maximum credits exceeded")
    assert take(db) is not None


def test_429_lets_the_whole_account_rest_until_the_provider_says(db: Database, keys: Keys) -> None:
    """454 throttling: "finished" at 578 of 1,450: listmonk 1802."""
    run = a_run(db, keys, people=6)
    with db.read() as s:
        reset = database_now(s) + timedelta(minutes=3)
    answered(db, taken(db).attempt, Answer(Verdict.RETURNED, "too many requests", 429, retry_at=reset))
    assert (take(db), count(db, run).planned) == (None, 6)
    time_passes(db, timedelta(minutes=2))
    assert take(db) is None
    time_passes(db, timedelta(minutes=2))
    while claimed := take(db):
        answered(db, claimed.attempt, Answer(Verdict.ACCEPTED))
    assert count(db, run).accepted == 6


def test_a_reset_that_nobody_can_mean_is_believed_for_an_hour(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    never = Answer(Verdict.RETURNED, "too many requests", 429, retry_at=datetime(5138, 1, 1, tzinfo=UTC))
    answered(db, taken(db).attempt, never)
    with db.read() as s:
        assert s.get_one(Batch, (run, 1)).not_before - database_now(s) <= timedelta(hours=1)
    time_passes(db, timedelta(minutes=61))
    assert take(db) is not None


def test_who_is_busy_stays_without_credits(db: Database) -> None:
    with db.write() as s:
        rests.exhaust(s, "account", "Maximum credits exceeded")
        rests.rest(s, "account", database_now(s), "too many requests")
    time_passes(db, timedelta(hours=2))
    with db.read() as s:
        assert [one.words for one in rests.resting(s)] == ["Maximum credits exceeded"]


@pytest.mark.parametrize("verdict", [Verdict.HALVE, Verdict.HELD, Verdict.UNCERTAIN, Verdict.EXHAUSTED])
def test_whatever_is_said_to_a_probe_moves_no_batch(db: Database, keys: Keys, verdict: Verdict) -> None:
    run = a_run(db, keys, people=2)
    with db.write() as s:
        now = database_now(s)
        s.add(Attempt(id="probe", account="other", started_at=now, lease_until=now))
        s.flush()
        record(s, "probe", Answer(verdict, "no"))
    assert count(db, run).planned == 2
