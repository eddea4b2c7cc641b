"""Opted for one mail a month: it holds at the freeze and at the claim, and a mail that never left does not count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from base.database import Database
from delivery.ledger import record
from delivery.models import DeliveryException, Run
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from subscribers.models import Subscription
from subscribers.people import get_subscriber
from tests.support.runs import a_run, count, taken, time_passes


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
