"""planned → leaving."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from base.database import Database, database_now
from delivery.ledger import drop, expire, hold, record, release
from delivery.ledger.due import MOST_DOUBTS
from delivery.models import Attempt, DeliveryException, Run
from delivery.providers.provider import Answer, Verdict
from subscribers.changes.editing import change_address
from subscribers.changes.erasing import erase
from subscribers.changes.merging import merge
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.models import Subscriber
from subscribers.people import find
from tests.support.runs import a_run, count, take, taken, time_passes


def test_batches_leave_in_order_and_each_once(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=5, batch_size=2)
    sizes = [len(taken(db).members) for _ in range(3)]
    assert sizes == [2, 2, 1]
    assert take(db) is None
    assert count(db, run).sending == 5


def test_who_opted_out_after_the_freeze_is_skipped_with_the_reason(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    with db.write() as s:
        person = find(s, keys, "p1@example.com")
        assert person is not None
        opt_out(s, address_key=person.address_key, list_id=None, how="page", source="test", actor="test")
    assert [m.email for m in taken(db).members] == ["p2@example.com"]
    with db.read() as s:
        skipped = s.scalars(select(DeliveryException)).one()
    assert (skipped.kind, skipped.reason, skipped.subscriber_id) == ("skipped", "opted out", person.id)
    assert (count(db, run).skipped, count(db, run).sending) == (1, 1)


def test_a_batch_of_whom_nobody_is_left_ends_without_a_request(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    claimed = take(db, only="@nowhere")
    assert claimed is not None
    assert claimed.members == ()
    assert take(db) is None
    assert count(db, run).skipped == 2


def test_the_fence_skips_everybody_outside_it(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2)
    claimed = take(db, only="p2@")
    assert claimed is not None
    assert [m.email for m in claimed.members] == ["p2@example.com"]
    with db.read() as s:
        assert s.scalars(select(DeliveryException.reason)).all() == ["outside [delivery] only_to"]


def test_a_paused_run_gives_nothing_until_it_is_released(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    with db.write() as s:
        hold(s, run)
    assert take(db) is None
    with db.write() as s:
        release(s, run)
    assert take(db) is not None


def test_a_run_that_is_not_frozen_gives_nothing(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    with db.write() as s:
        s.get_one(Run, run).frozen_at = None
    assert take(db) is None


def test_nothing_leaves_before_its_time(db: Database, keys: Keys) -> None:
    with db.read() as s:
        later = database_now(s) + timedelta(minutes=10)
    a_run(db, keys, people=2, not_before=later)
    assert take(db) is None
    time_passes(db, timedelta(minutes=11))
    assert take(db) is not None


def test_past_its_time_the_rest_is_skipped_too_late(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=5)
    taken(db)
    time_passes(db, timedelta(days=2))
    assert take(db) is None
    with db.write() as s:
        assert expire(s) == 2
    assert (count(db, run).skipped, count(db, run).sending) == (3, 2)


def test_a_cancelled_run_skips_whoever_is_still_planned(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=5)
    taken(db)
    with db.write() as s:
        drop(s, run)
    assert take(db) is None
    assert (count(db, run).skipped, count(db, run).sending) == (3, 2)


def test_a_run_that_is_stopped_by_doubt_holds_up_no_other(db: Database, keys: Keys) -> None:
    doubtful = a_run(db, keys, people=20)
    for _ in range(MOST_DOUBTS):
        with db.write() as s:
            s.get_one(Run, doubtful).doubts = 0
        with db.write() as s:
            record(s, taken(db).attempt, Answer(Verdict.UNCERTAIN, "no answer"))
    with db.write() as s:
        s.get_one(Run, doubtful).doubts = 1  # as a probe that was taken leaves it
        now = database_now(s)
        s.add(Attempt(id="probe", account="test", started_at=now, lease_until=now, verdict="accepted"))
    assert take(db) is None
    other = a_run(db, keys, people=2, public_id="run-2")
    assert taken(db).run_id == other


def test_who_changed_since_the_freeze_is_skipped_with_what_became_of_them(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=5, batch_size=5)
    because = {"because": "their letter", "actor": "test"}
    with db.write() as s:
        one, two, three, four, _five = s.scalars(select(Subscriber).order_by(Subscriber.id)).all()
        change_address(s, keys, one, "elsewhere@example.com", **because)
        erase(s, keys, two, **because)
        merge(s, three, four, **because)
    assert [m.email for m in taken(db).members] == ["p3@example.com", "p5@example.com"]
    with db.read() as s:
        assert dict(s.execute(select(DeliveryException.subscriber_id, DeliveryException.reason)).all()) == {
            one.id: "address changed since the audience was frozen",
            two.id: "erased",
            four.id: "merged into another subscriber",
        }
