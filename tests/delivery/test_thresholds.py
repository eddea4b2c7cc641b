"""Too many bounces or complaints hold a run; what a person accepted holds it no more."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from base.config import BrakesConfig
from base.database import Database, database_now
from delivery.ledger import record, release
from delivery.models import Delivery, Outcome, Run
from delivery.outcomes import Flag
from delivery.providers.provider import Answer, Verdict
from delivery.thresholds import hold_what_is_bad
from subscribers.keys import Keys
from tests.support.runs import a_run, count, take, taken

LIMITS = BrakesConfig(bounces=0.05, complaints=0.02, after=20)


@pytest.fixture
def run(db: Database, keys: Keys) -> int:
    """Sixty people, of whom forty were taken."""
    run = a_run(db, keys, people=60, batch_size=20)
    for _ in range(2):
        claimed = taken(db)
        with db.write() as s:
            record(s, claimed.attempt, Answer(Verdict.ACCEPTED))
    return run


def told(db: Database, run: int, flag: Flag, people: int) -> None:
    """There is news of this kind of so many more."""
    with db.write() as s:
        known = select(Outcome.subscriber_id).where(Outcome.run_id == run)
        query = select(Delivery.subscriber_id).where(Delivery.run_id == run, Delivery.subscriber_id.not_in(known))
        now = database_now(s)
        for person in s.scalars(query.order_by(Delivery.subscriber_id).limit(people)).all():
            s.add(Outcome(run_id=run, subscriber_id=person, flags=int(flag), first_at=now, last_at=now))


def held(db: Database, run: int) -> str:
    hold_what_is_bad(db, LIMITS)
    with db.read() as s:
        return s.get_one(Run, run).held or ""


def test_too_many_bounces_hold_the_run_with_the_figures(db: Database, run: int) -> None:
    told(db, run, Flag.BOUNCED, 2)
    told(db, run, Flag.DELIVERED, 28)
    words = held(db, run)
    assert words.startswith("6.7 % of 30 bounced for good, more than [brakes] bounces allows")
    assert (take(db), count(db, run).planned) == (None, 20)


def test_too_many_complaints_do_so_too(db: Database, run: int) -> None:
    told(db, run, Flag.DELIVERED | Flag.COMPLAINED, 1)
    told(db, run, Flag.DELIVERED, 29)
    assert held(db, run).startswith("3.3 % of 30 complained, more than [brakes] complaints allows")


def test_few_news_say_little(db: Database, run: int) -> None:
    told(db, run, Flag.BOUNCED, 19)
    assert held(db, run) == ""


def test_a_share_that_is_allowed_holds_nothing(db: Database, run: int) -> None:
    told(db, run, Flag.BOUNCED, 2)
    told(db, run, Flag.DELIVERED, 38)
    assert held(db, run) == ""


def test_what_may_still_arrive_is_no_news_yet(db: Database, run: int) -> None:
    told(db, run, Flag.BOUNCED, 2)
    told(db, run, Flag.DEFERRED | Flag.PROCESSED, 30)
    assert held(db, run) == ""


def test_what_a_person_accepted_holds_it_no_more_but_what_comes_on_top_does(db: Database, run: int) -> None:
    told(db, run, Flag.BOUNCED, 10)
    told(db, run, Flag.DELIVERED, 10)
    assert held(db, run)
    told(db, run, Flag.BOUNCED, 1)  # known to the person who looks later
    with db.write() as s:
        release(s, run)
    assert held(db, run) == ""
    told(db, run, Flag.DELIVERED, 18)
    assert held(db, run) == "", "of nineteen more none bounced"
    told(db, run, Flag.BOUNCED, 3)
    assert held(db, run).startswith("14.3 % of 21 bounced")


def test_a_run_with_nobody_left_is_not_held(db: Database, run: int) -> None:
    last = taken(db).attempt
    with db.write() as s:
        record(s, last, Answer(Verdict.ACCEPTED))
    told(db, run, Flag.BOUNCED, 30)
    assert held(db, run) == ""


def test_the_words_of_the_provider_are_not_overwritten(db: Database, run: int) -> None:
    with db.write() as s:
        s.get_one(Run, run).held = "SendGrid answered 403"
    told(db, run, Flag.BOUNCED, 30)
    assert held(db, run) == "SendGrid answered 403"
