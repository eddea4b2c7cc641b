"""What is known of one person in one run, where a campaign's own tests do not go."""

from __future__ import annotations

from datetime import timedelta

from base.database import Database, database_now
from delivery.ledger import record
from delivery.ledger.split import set_apart
from delivery.models import Event
from delivery.providers.provider import Answer, Verdict
from delivery.trail import Trail, trail
from subscribers.keys import Keys
from tests.support.runs import a_run, taken


def of(db: Database, run: int, person: int) -> Trail:
    with db.read() as s:
        found = trail(s, run, person)
    assert found is not None
    return found


def test_who_is_not_in_the_run_has_none(sqlite_db: Database, keys: Keys) -> None:
    run = a_run(sqlite_db, keys, people=1)
    with sqlite_db.read() as s:
        assert trail(s, run, 99) is None
        assert trail(s, run + 1, 1) is None


def test_an_attempt_with_open_tracking_says_so(sqlite_db: Database, keys: Keys) -> None:
    run = a_run(sqlite_db, keys, people=2, agreed=(1,))
    taken(sqlite_db)
    taken(sqlite_db)
    said = [of(sqlite_db, run, person).steps[-2].detail for person in (1, 2)]
    assert ["with open tracking" in words for words in said] == [True, False]


def test_events_come_in_the_order_in_which_they_happened(sqlite_db: Database, keys: Keys) -> None:
    run = a_run(sqlite_db, keys, people=1)
    with sqlite_db.write() as s:
        now = database_now(s)
        for n, kind in enumerate(["opened", "delivered", "processed"]):
            at = now - timedelta(seconds=n)
            s.add(Event(key=bytes([n]), run_id=run, subscriber_id=1, kind=kind, at=at, detail=""))
    assert [step.what for step in of(sqlite_db, run, 1).steps] == ["planned", "processed", "delivered", "opened"]


def test_steps_carry_their_times_and_the_providers_ids(sqlite_db: Database, keys: Keys) -> None:
    run = a_run(sqlite_db, keys, people=1)
    with sqlite_db.write() as s:
        for kind, detail in (("bounced", "550 no"), ("opened", "")):
            about = {"run_id": run, "subscriber_id": 1, "kind": kind, "detail": detail}
            s.add(Event(key=kind.encode(), at=database_now(s), provider_event_id="ev-1", **about))
    steps = of(sqlite_db, run, 1).steps
    assert [step.detail for step in steps[1:]] == ["550 no · event ev-1", "event ev-1"]
    assert all(step.at for step in steps)


def test_who_goes_alone_is_in_a_batch_of_their_own(sqlite_db: Database, keys: Keys) -> None:
    run = a_run(sqlite_db, keys, people=2)
    with sqlite_db.write() as s:
        set_apart(s, run, 1, [2])
    assert of(sqlite_db, run, 1).steps[0].detail.startswith("in batch 1, which leaves not before")
    assert of(sqlite_db, run, 2).steps[0].detail.startswith("in batch 2")


def test_every_attempt_is_told_with_its_words_and_its_id(sqlite_db: Database, keys: Keys) -> None:
    run = a_run(sqlite_db, keys, people=1)
    attempt = taken(sqlite_db).attempt
    assert of(sqlite_db, run, 1).steps[1].detail == f"in flight · id {attempt}"
    with sqlite_db.write() as s:
        record(s, attempt, Answer(Verdict.RETURNED, "slow down", 429))
    found = of(sqlite_db, run, 1)
    assert (found.verdict, found.steps[1].detail) == ("planned", f"returned · slow down · id {attempt}")
