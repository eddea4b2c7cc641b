"""The provider answers nobody: what that may cost, over all campaigns together, and how sending goes on."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from base.database import Database
from delivery.ledger import is_due, record, release
from delivery.ledger.due import is_silent
from delivery.models import Attempt, Run
from delivery.outbox import Outbox, Pace
from delivery.providers.provider import Answer, Verdict
from delivery.providers.sendgrid import SendGrid
from delivery.settle import PROBES, Rules, settle
from subscribers.keys import Keys
from tests.delivery.conftest import sendgrid
from tests.localgrid.support import Running, until
from tests.support.runs import a_run, count, take, taken, time_passes

UNKNOWN = Answer(Verdict.UNCERTAIN, "no answer: timed out")
YES = Answer(Verdict.ACCEPTED, "202", 202)
RULES = Rules(by_proof=True, waiting=timedelta(minutes=11), between_probes=timedelta(minutes=10))
DEAD = {"kind": "status", "args": {"status": 503, "accept": False}}


@pytest.fixture
def runs(db: Database, keys: Keys) -> list[int]:
    return [a_run(db, keys, people=8, public_id=uuid4().hex[:12]) for _ in range(3)]


def answered(db: Database, answer: Answer) -> int:
    claimed = taken(db)
    with db.write() as s:
        record(s, claimed.attempt, answer)
    return claimed.run_id


def uncertain(db: Database) -> int:
    with db.read() as s:
        return len(s.scalars(select(Attempt).where(Attempt.verdict == "uncertain", Attempt.batch.is_not(None))).all())


def looked(db: Database, provider: SendGrid) -> None:
    settle(db, provider, RULES)
    provider.close()


def test_two_in_a_row_stop_every_campaign_whosever_they_were(db: Database, keys: Keys, runs: list[int]) -> None:
    assert answered(db, UNKNOWN) == runs[0]
    with db.write() as s:
        s.get_one(Run, runs[0]).paused = True
    assert answered(db, UNKNOWN) == runs[1]
    with db.read() as s:
        assert is_silent(s, "test")
        assert not is_due(s, "test")
        assert is_due(s, "another account")
    assert take(db) is None


def test_whoever_was_taken_since_shows_that_the_provider_is_there(db: Database, keys: Keys, runs: list[int]) -> None:
    answered(db, UNKNOWN)
    answered(db, YES)
    answered(db, UNKNOWN)
    with db.read() as s:
        assert not is_silent(s, "test")


def test_a_person_who_has_looked_lets_their_campaign_go_on(db: Database, keys: Keys, runs: list[int]) -> None:
    for _ in range(2):
        answered(db, UNKNOWN)
    assert take(db) is None
    with db.write() as s:
        release(s, runs[0])
    assert taken(db).run_id == runs[0]


def test_a_dead_provider_costs_what_was_in_flight_and_two_over_all_campaigns(
    sqlite_db: Database, keys: Keys, grid: Running
) -> None:
    mine = [a_run(sqlite_db, keys, people=60, public_id=uuid4().hex[:12]) for _ in range(5)]
    grid.faults(DEAD)
    outbox = Outbox(sqlite_db, sendgrid(grid.url), keys, Pace(4, timedelta(seconds=60), ()))
    outbox.start()
    until(lambda: uncertain(sqlite_db) >= 2 and not sending(sqlite_db, mine))
    outbox.stop()
    assert uncertain(sqlite_db) <= 6
    provider = sendgrid(grid.url)
    looked(sqlite_db, provider)
    assert not Outbox(sqlite_db, provider, keys, Pace(1, timedelta(seconds=60), ())).step(), "the probe found it dead"
    provider.close()


def sending(db: Database, mine: list[int]) -> int:
    return sum(count(db, run).sending for run in mine)


def test_a_probe_that_is_taken_lets_all_of_them_go_on(
    db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    mine = [a_run(db, keys, people=4, public_id=uuid4().hex[:12]) for _ in range(2)]
    grid.faults(DEAD)
    box = Outbox(db, provider, keys, Pace(1, timedelta(seconds=60), ()))
    for run in mine:
        assert box.step()
        with db.write() as s:
            s.get_one(Run, run).paused = True
    with db.write() as s:
        for each in s.scalars(select(Run)):
            each.paused = False
    assert not box.step()
    grid.faults()
    looked(db, provider)
    assert box.step()
    assert box.step()
    provider.close()
    assert [count(db, run).accepted for run in mine] == [2, 2]


def test_a_way_back_that_is_down_keeps_nobody_from_learning_that_mail_is_taken(
    db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    """Probes that were taken and never told of, and then two campaigns with one uncertain answer each."""
    mine = [a_run(db, keys, people=4, public_id=uuid4().hex[:12]) for _ in range(2)]
    with db.write() as s:
        now = s.scalars(select(Run.not_before)).first()
        assert now is not None
        for n in range(PROBES):
            facts = {"started_at": now - timedelta(hours=1), "lease_until": now, "verdict": "accepted"}
            s.add(Attempt(id=f"probe-{n}", account=provider.account, **facts))
    grid.faults(DEAD)
    box = Outbox(db, provider, keys, Pace(1, timedelta(seconds=60), ()))
    for run in mine:
        box.step()
        with db.write() as s:
            s.get_one(Run, run).paused = run == mine[0]
    with db.write() as s:
        s.get_one(Run, mine[0]).paused = False
    assert not box.step()
    grid.faults()
    time_passes(db, timedelta(minutes=11))
    looked(db, provider)
    assert box.step()
    provider.close()
