"""Opted for one mail a month: it holds at the freeze and at the claim, and a mail that never left does not count."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from base.config import FrequencyConfig
from base.database import Database
from delivery.ledger import claim, record
from delivery.ledger.frequency import NO_CAP, enough
from delivery.models import DeliveryException, Run
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from subscribers.models import Subscription
from subscribers.people import get_subscriber
from tests.support.runs import LEASE, a_run, count, take, taken, time_passes


def wants(db: Database, keys: Keys, *emails: str) -> None:
    with db.write() as s:
        for email in emails:
            person = get_subscriber(s, keys, email)
            mine = update(Subscription).where(Subscription.subscriber_id == person.id)
            s.execute(mine.values(frequency="monthly"))


def left(db: Database) -> list[str]:
    """The people of the next batch, which the provider takes."""
    found = taken(db)
    with db.write() as s:
        record(s, found.attempt, Answer(Verdict.ACCEPTED))
    return [member.email for member in found.members]


def test_a_second_mail_within_the_month_leaves_them_out_by_name(db: Database, keys: Keys) -> None:
    """Opted out of a category, still gets that category: mautic 10879."""
    a_run(db, keys, 2)
    wants(db, keys, "p1@example.com")
    assert left(db) == ["p1@example.com", "p2@example.com"]
    second = a_run(db, keys, 2, public_id="run-2")
    assert left(db) == ["p2@example.com"]
    assert (count(db, second).accepted, count(db, second).skipped) == (1, 1)
    with db.read() as s:
        person = get_subscriber(s, keys, "p1@example.com")
        assert s.get_one(DeliveryException, (second, person.id)).reason == "wants one mail a month and had it"


def test_nobody_is_asked_while_nothing_else_left(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, 2)
    cap = FrequencyConfig(1, timedelta(days=7))
    left(db)
    second = a_run(db, keys, 2, public_id="run-2")
    with db.read() as s:
        assert not enough(s, 1, run, cap).can_be, "its own mails do not count"
        assert enough(s, 1, second).can_be
        assert not enough(s, 2, second).can_be
        assert enough(s, 2, second, cap).can_be


@pytest.mark.parametrize(("days", "people"), [(24, ["p2@example.com"]), (28, ["p1@example.com", "p2@example.com"])])
def test_the_next_month_brings_the_next_one(db: Database, keys: Keys, days: int, people: list[str]) -> None:
    a_run(db, keys, 2)
    wants(db, keys, "p1@example.com")
    left(db)
    time_passes(db, timedelta(days=days))
    a_run(db, keys, 2, public_id="run-2")
    assert left(db) == people


@pytest.mark.parametrize(("verdict", "people"), [(Verdict.UNCERTAIN, 1), (Verdict.RETURNED, 2)])
def test_what_may_have_come_counts_and_what_did_not_does_not(
    db: Database, keys: Keys, verdict: Verdict, people: int
) -> None:
    a_run(db, keys, 2)
    wants(db, keys, "p1@example.com")
    attempt = taken(db).attempt
    with db.write() as s:
        record(s, attempt, Answer(verdict))
        s.execute(update(Run).where(Run.public_id == "run-1").values(paused=True))
    a_run(db, keys, 2, public_id="run-2")
    assert len(left(db)) == people


def test_a_mail_that_they_were_left_out_of_was_none(db: Database, keys: Keys) -> None:
    a_run(db, keys, 2)
    with db.write() as s:
        person = get_subscriber(s, keys, "p1@example.com")
        until = update(Subscription).where(Subscription.subscriber_id == person.id)
        s.execute(until.values(state="withdrawn"))
    assert left(db) == ["p2@example.com"]
    with db.write() as s:
        s.execute(until.values(state="confirmed", frequency="monthly"))
    a_run(db, keys, 2, public_id="run-2")
    assert left(db) == ["p1@example.com", "p2@example.com"]


CAP = FrequencyConfig(most=2, within=timedelta(days=7))


def capped_run(db: Database, keys: Keys, people: int, name: str, cap: FrequencyConfig = CAP) -> int:
    return a_run(db, keys, people, batch_size=people, public_id=name, cap=cap)


def test_nobody_gets_more_than_the_cap_of_all_lists_together(db: Database, keys: Keys) -> None:
    for name in ("run-1", "run-2"):
        capped_run(db, keys, 2, name)
        assert len(left(db)) == 2
    third = capped_run(db, keys, 3, "run-3")
    assert left(db) == ["p3@example.com"]
    assert (count(db, third).accepted, count(db, third).skipped) == (1, 2)
    with db.read() as s:
        person = get_subscriber(s, keys, "p1@example.com")
        assert s.get_one(DeliveryException, (third, person.id)).reason == "frequency cap"


def test_the_cap_counts_when_each_batch_left_and_not_when_its_run_began(db: Database, keys: Keys) -> None:
    slow = a_run(db, keys, 2, batch_size=1, not_after=datetime(2100, 1, 1, tzinfo=UTC))
    left(db)
    time_passes(db, timedelta(days=8))
    assert left(db) == ["p2@example.com"]
    capped_run(db, keys, 2, "run-2", FrequencyConfig(most=1, within=timedelta(days=7)))
    assert left(db) == ["p1@example.com"]
    assert count(db, slow).accepted == 2


def test_what_is_older_than_the_cap_does_not_count(db: Database, keys: Keys) -> None:
    for name in ("run-1", "run-2"):
        capped_run(db, keys, 1, name)
        left(db)
    time_passes(db, timedelta(days=8))
    capped_run(db, keys, 1, "run-3")
    assert left(db) == ["p1@example.com"]


def test_a_run_that_was_launched_without_a_cap_keeps_none(db: Database, keys: Keys) -> None:
    for name in ("run-1", "run-2", "run-3"):
        capped_run(db, keys, 1, name, NO_CAP)
        assert left(db) == ["p1@example.com"]


@pytest.mark.parametrize("cap", [NO_CAP, FrequencyConfig(most=1, within=timedelta(days=7))], ids=["monthly", "capped"])
def test_two_campaigns_claimed_at_the_same_moment_reach_them_once(
    postgres_url: str, keys: Keys, cap: FrequencyConfig
) -> None:
    """Two rows 3 s apart for one contact, by two schedulers: mautic 9880. Both claims are under way; each has a
    connection of its own."""
    db, other = Database(postgres_url), Database(postgres_url)
    first = capped_run(db, keys, 1, "run-1", cap)
    if cap is NO_CAP:
        wants(db, keys, "p1@example.com")
    second = capped_run(db, keys, 1, "run-2", cap)
    reached: list[int] = []

    def claimed_meanwhile() -> None:
        found = take(other)
        reached.extend([found.run_id] * len(found.members) if found else [])

    with db.write() as s:
        mine = claim(s, owner="one", account="test", lease=LEASE, fence=bool)
        assert mine is not None
        worker = threading.Thread(target=claimed_meanwhile)
        worker.start()
        until_somebody_waits(s)
        assert (mine.run_id, len(mine.members), reached) == (first, 1, [])
    worker.join()
    assert reached == []
    assert (count(db, first).sending, count(db, second).skipped) == (1, 1)
    db.close()
    other.close()


def until_somebody_waits(s: Session) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    for _ in range(2000):
        if s.scalar(text(waiting)):
            return
        time.sleep(0.01)
    raise AssertionError("the other claim did not wait")


def test_claims_of_people_who_wish_for_every_mail_wait_for_nobody(postgres_url: str, keys: Keys) -> None:
    db = Database(postgres_url)
    for name in ("run-1", "run-2"):
        capped_run(db, keys, 1, name, NO_CAP)
    with db.write() as s:
        assert claim(s, owner="one", account="test", lease=LEASE, fence=bool)
        other = take(db)
        assert other is not None
        assert len(other.members) == 1
    db.close()
