"""A cancellation holds for whoever is away when it comes, on the way they come back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from base.database import Database, database_now
from delivery.ledger import accept, drop, expire, lose, record
from delivery.models import Attempt, Batch, Run
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from tests.support.runs import a_run, count, take, taken

UNSENT = [
    Answer(Verdict.RETURNED, "slow down", 429),
    Answer(Verdict.HALVE, "too large", 413),
    Answer(Verdict.HELD, "no key", 401),
    Answer(Verdict.UNCERTAIN, "no answer"),
]


def dropped_while_away(db: Database, keys: Keys, answer: Answer) -> tuple[int, str]:
    """A run of four that was dropped while two of them were with the provider, who then answered."""
    run = a_run(db, keys, people=4, batch_size=2)
    attempt = taken(db).attempt
    with db.write() as s:
        drop(s, run)
    with db.write() as s:
        record(s, attempt, answer)
    return run, attempt


@pytest.mark.parametrize("answer", UNSENT, ids=lambda answer: answer.verdict)
def test_whoever_comes_back_unsent_is_skipped_as_cancelled(answer: Answer, db: Database, keys: Keys) -> None:
    run, attempt = dropped_while_away(db, keys, answer)
    with db.write() as s:
        lose(s, s.get_one(Attempt, attempt), "the log shows none")
        s.get_one(Run, run).held = None
    assert take(db) is None
    with db.write() as s:
        expire(s)
    assert count(db, run).skipped == 4
    with db.read() as s:
        assert set(s.scalars(select(Batch.reason))) == {"cancelled"}


def test_whoever_was_taken_stays_so(db: Database, keys: Keys) -> None:
    run, attempt = dropped_while_away(db, keys, Answer(Verdict.UNCERTAIN, "no answer"))
    with db.write() as s:
        accept(s, s.get_one(Attempt, attempt))
    assert (count(db, run).accepted, count(db, run).skipped) == (2, 2)


def test_what_is_too_late_is_called_so(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    with db.write() as s:
        s.get_one(Batch, (run, 1)).not_after = database_now(s)
    with db.write() as s:
        assert (expire(s), expire(s)) == (1, 0)
    with db.read() as s:
        assert s.get_one(Batch, (run, 1)).reason == "too late"
