"""Batches and their jobs in one transaction, and a new job for every batch whose own was lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from base.database import Database, database_now
from delivery import dispatch, ledger
from delivery.ledger import lose, record
from delivery.models import Attempt, Batch, Run
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from tests.delivery.dispatch.conftest import forget_jobs, jobs
from tests.support.runs import a_run, count, taken


def test_each_batch_of_a_frozen_run_has_a_job(many: Database, keys: Keys) -> None:
    run = a_run(many, keys, people=5, batch_size=2)
    assert jobs(many) == [(run, number, "todo", False) for number in (1, 2, 3)]


def test_a_freeze_that_is_taken_back_leaves_neither_batches_nor_jobs(many: Database, keys: Keys) -> None:
    """Ghost 30409: between the rows and the job a restart, and it was never sent."""
    run = a_run(many, keys, people=4)
    forget_jobs(many)
    with many.write() as s:
        s.execute(update(Run).values(frozen_at=None))
    with pytest.raises(RuntimeError, match="power cut"):
        freeze_and_be_cut_off(many, run)
    assert jobs(many) == []
    with many.read() as s:
        assert s.get_one(Run, run).frozen_at is None


def test_a_batch_for_later_has_a_job_for_later(many: Database, keys: Keys) -> None:
    with many.read() as s:
        later = database_now(s) + timedelta(hours=1)
    run = a_run(many, keys, people=2, not_before=later)
    assert jobs(many) == [(run, 1, "todo", True)]


@pytest.mark.parametrize(
    ("answer", "later"),
    [
        (Answer(Verdict.RETURNED, "429"), True),
        (Answer(Verdict.HELD, "401"), False),
        (Answer(Verdict.HALVE, "413", status=413), False),
    ],
)
def test_a_batch_that_comes_back_has_a_new_job(many: Database, keys: Keys, answer: Answer, later: bool) -> None:
    a_run(many, keys, people=4, batch_size=4)
    found = taken(many)
    forget_jobs(many)
    with many.write() as s:
        record(s, found.attempt, answer)
    numbers = (1, 2) if answer.verdict is Verdict.HALVE else (1,)
    assert sorted(jobs(many)) == [(found.run_id, number, "todo", later) for number in numbers]


def test_a_batch_without_whoever_was_refused_has_a_new_job(many: Database, keys: Keys) -> None:
    a_run(many, keys, people=2)
    found = taken(many)
    forget_jobs(many)
    refused = {found.members[0].subscriber_id: "no such mailbox"}
    with many.write() as s:
        record(s, found.attempt, Answer(Verdict.REFUSED, "400", status=400, refused=refused))
    assert jobs(many) == [(found.run_id, 1, "todo", False)]


def test_a_batch_that_was_accepted_has_none(many: Database, keys: Keys) -> None:
    a_run(many, keys, people=2)
    found = taken(many)
    forget_jobs(many)
    with many.write() as s:
        record(s, found.attempt, Answer(Verdict.ACCEPTED, status=202))
    assert jobs(many) == []


def test_a_batch_that_is_proved_lost_has_a_new_job(many: Database, keys: Keys) -> None:
    a_run(many, keys, people=2)
    found = taken(many)
    with many.write() as s:
        record(s, found.attempt, Answer(Verdict.UNCERTAIN, "no answer"))
    forget_jobs(many)
    with many.write() as s:
        assert lose(s, s.get_one(Attempt, found.attempt), "no trace")
    assert jobs(many) == [(found.run_id, 1, "todo", False)]


def test_after_a_pause_every_batch_has_a_job_again(many: Database, keys: Keys) -> None:
    run = a_run(many, keys, people=4)
    with many.write() as s:
        ledger.hold(s, run)
    forget_jobs(many)  # they were looked at in vain
    with many.write() as s:
        ledger.release(s, run)
    assert jobs(many) == [(run, 1, "todo", False), (run, 2, "todo", False)]


def test_a_lost_job_is_replaced_by_the_sweep_and_only_once(many: Database, keys: Keys) -> None:
    a_run(many, keys, people=6)
    forget_jobs(many)
    assert [swept(many), swept(many)] == [3, 0]
    assert jobs(many) == [(None, None, "todo", False)] * 3


def test_what_may_not_leave_now_gets_no_job(many: Database, keys: Keys) -> None:
    run = a_run(many, keys, people=6)
    forget_jobs(many)
    for change in (
        update(Run).values(paused=True),
        update(Run).values(paused=False, held="the key is wrong"),
        update(Run).values(held=None, doubts=2),
        update(Run).values(doubts=0, frozen_at=None),
    ):
        with many.write() as s:
            s.execute(change)
        assert swept(many) == 0
    with many.write() as s:
        s.execute(update(Run).values(frozen_at=database_now(s), doubts=1))
    assert swept(many) == 1, "in doubt one batch at a time may leave"
    assert count(many, run).planned == 6


def test_a_job_for_later_does_not_stand_for_a_batch_that_is_due(many: Database, keys: Keys) -> None:
    with many.read() as s:
        later = database_now(s) + timedelta(hours=1)
    a_run(many, keys, people=2, not_before=later)
    assert swept(many) == 0
    with many.write() as s:
        s.execute(update(Batch).values(not_before=database_now(s)))
    assert swept(many) == 1


def test_one_sweep_leaves_no_more_than_a_moment_s_work(
    many: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.dispatch.hints.MOST", 2)
    a_run(many, keys, people=6)
    forget_jobs(many)
    assert swept(many) == 2


def test_without_an_engine_nobody_is_told(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    assert count(db, run).planned == 2


def freeze_and_be_cut_off(db: Database, run: int) -> None:
    with db.write() as s:
        ledger.freeze(s, run)
        dispatch.keep(s)  # as it is done right before the commit
        raise RuntimeError("power cut")


def swept(db: Database) -> int:
    with db.write() as s:
        return dispatch.sweep(s)
