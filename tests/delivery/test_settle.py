"""Uncertain attempts are settled by proof, and by nothing else."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from base.database import Database, database_now
from delivery import events
from delivery.ledger import record
from delivery.models import Attempt, Run, Spooled
from delivery.outbox import Outbox, Pace
from delivery.providers.provider import Answer, Verdict
from delivery.providers.sendgrid import SendGrid
from delivery.settle import Rules, settle
from subscribers.keys import Keys
from tests.localgrid.support import Running
from tests.support.runs import a_run, count, time_passes

PACE = Pace(connections=1, lease=timedelta(seconds=60), only_to=())
RULES = Rules(by_proof=True, waiting=timedelta(minutes=11), between_probes=timedelta(seconds=10))


@pytest.fixture
def run(db: Database, keys: Keys) -> int:
    return a_run(db, keys, people=2, public_id=uuid4().hex[:12])


def uncertain(db: Database, keys: Keys, grid: Running, provider: SendGrid, *, taken: bool) -> None:
    """One batch leaves and no answer comes; the provider took it or not."""
    grid.faults({"kind": "status", "args": {"status": 500, "accept": taken}})
    Outbox(db, provider, keys, PACE).step()
    provider.close()
    grid.faults()


def alive(db: Database, account: str) -> None:
    """An event came for an attempt that began later than all others: the way back works."""
    with db.write() as s:
        s.add(
            Attempt(
                id=uuid4().hex,
                account=account,
                started_at=database_now(s),
                lease_until=database_now(s),
                verdict="accepted",
                first_event_at=database_now(s),
            )
        )


def looked(db: Database, provider: SendGrid, rules: Rules = RULES) -> int:
    settled = settle(db, provider, rules)
    provider.close()
    return settled


def test_a_taken_attempt_is_proved_by_the_providers_log(
    db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    uncertain(db, keys, grid, provider, taken=True)
    assert (looked(db, provider), count(db, run).uncertain) == (0, 2), "not before the waiting time is over"
    time_passes(db, timedelta(minutes=13))
    assert (looked(db, provider), count(db, run).accepted) == (1, 2)


def test_a_lost_attempt_is_proved_lost_and_goes_once_more(
    db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    uncertain(db, keys, grid, provider, taken=False)
    time_passes(db, timedelta(minutes=13))
    alive(db, provider.account)
    assert (looked(db, provider), count(db, run).planned) == (1, 2)
    Outbox(db, provider, keys, PACE).step()
    provider.close()
    assert count(db, run).accepted == 2


def test_without_life_on_the_way_back_nothing_is_judged_lost(
    db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    uncertain(db, keys, grid, provider, taken=False)
    time_passes(db, timedelta(minutes=13))
    assert (looked(db, provider), count(db, run).uncertain) == (0, 2)


def test_events_of_another_account_are_no_sign_of_life(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    run = a_run(sqlite_db, keys, people=2, public_id=uuid4().hex[:12])
    uncertain(sqlite_db, keys, grid, provider, taken=False)
    time_passes(sqlite_db, timedelta(minutes=13))
    alive(sqlite_db, "another account")
    assert (looked(sqlite_db, provider), count(sqlite_db, run).uncertain) == (0, 2)


def test_while_events_wait_in_the_spool_nothing_is_judged_lost(
    db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    uncertain(db, keys, grid, provider, taken=False)
    time_passes(db, timedelta(minutes=13))
    alive(db, provider.account)
    with db.write() as s:
        events.spool(s, "sendgrid", b"[]", urgent=False)
    assert (looked(db, provider), count(db, run).uncertain) == (0, 2)


def test_news_that_nobody_could_read_may_be_the_proof_that_it_was_taken(
    db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    uncertain(db, keys, grid, provider, taken=False)
    with db.write() as s:
        events.spool(s, "sendgrid", b"[cut off", urgent=False)
    assert events.drain(db, keys) == 1
    time_passes(db, timedelta(minutes=13))
    alive(db, provider.account)
    assert (looked(db, provider), count(db, run).uncertain) == (0, 2)
    with db.write() as s:
        s.execute(delete(Spooled))
    assert (looked(db, provider), count(db, run).planned) == (1, 2)


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_log_that_cannot_be_asked_proves_nothing(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid, status: int
) -> None:
    run = a_run(sqlite_db, keys, people=2, public_id=uuid4().hex[:12])
    uncertain(sqlite_db, keys, grid, provider, taken=False)
    time_passes(sqlite_db, timedelta(minutes=13))
    alive(sqlite_db, provider.account)
    grid.faults({"kind": "status", "match": {"path": "/v3/logs*"}, "args": {"status": status, "accept": False}})
    assert (looked(sqlite_db, provider), count(sqlite_db, run).uncertain) == (0, 2)


def test_hold_never_takes_the_absence_of_a_trace_for_proof(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    run = a_run(sqlite_db, keys, people=2, public_id=uuid4().hex[:12])
    uncertain(sqlite_db, keys, grid, provider, taken=False)
    time_passes(sqlite_db, timedelta(minutes=13))
    alive(sqlite_db, provider.account)
    hold = Rules(by_proof=False, waiting=RULES.waiting, between_probes=RULES.between_probes)
    assert (looked(sqlite_db, provider, hold), count(sqlite_db, run).uncertain) == (0, 2)


def test_an_attempt_of_another_account_is_left_alone(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    run = a_run(sqlite_db, keys, people=2, public_id=uuid4().hex[:12])
    uncertain(sqlite_db, keys, grid, provider, taken=True)
    time_passes(sqlite_db, timedelta(minutes=13))
    with sqlite_db.write() as s:
        s.execute(update(Attempt).values(account="https://api.sendgrid.com#another"))
    assert (looked(sqlite_db, provider), count(sqlite_db, run).uncertain) == (0, 2)


def test_a_probe_lets_a_stopped_run_try_one_batch(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    run = a_run(sqlite_db, keys, people=8, batch_size=2, public_id=uuid4().hex[:12])
    for _ in range(2):
        uncertain(sqlite_db, keys, grid, provider, taken=False)
    assert not Outbox(sqlite_db, provider, keys, PACE).step()
    looked(sqlite_db, provider)
    assert Outbox(sqlite_db, provider, keys, PACE).step()
    provider.close()
    assert count(sqlite_db, run).accepted == 2
    assert all("sink.sendgrid.net" not in m["to"] for m in grid.mailbox()), "a probe reaches nobody"


def test_a_dead_provider_is_probed_now_and_then_and_no_run_goes_on(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    run = a_run(sqlite_db, keys, people=8, batch_size=2, public_id=uuid4().hex[:12])
    for _ in range(2):
        uncertain(sqlite_db, keys, grid, provider, taken=False)
    grid.faults({"kind": "status", "args": {"status": 500, "accept": False}})
    for _ in range(4):
        looked(sqlite_db, provider)
    with sqlite_db.read() as s:
        assert len(s.scalars(select(Attempt).where(Attempt.batch.is_(None))).all()) == 1
        assert s.get_one(Run, run).doubts == 2
    assert not Outbox(sqlite_db, provider, keys, PACE).step()
    provider.close()
    assert count(sqlite_db, run).uncertain == 4


def test_a_worker_that_was_only_slow_is_never_overtaken(sqlite_db: Database, keys: Keys, provider: SendGrid) -> None:
    run = a_run(sqlite_db, keys, people=2, public_id=uuid4().hex[:12])
    box = Outbox(sqlite_db, provider, keys, PACE)
    taken, _ = box._claim()
    assert taken is not None
    began: dict[str, Any] = {"at": time.monotonic()}
    assert (looked(sqlite_db, provider), count(sqlite_db, run).sending) == (0, 2)
    with sqlite_db.write() as s:
        record(s, taken.attempt, Answer(Verdict.ACCEPTED, "202", 202))
    assert count(sqlite_db, run).accepted == 2
    assert began
