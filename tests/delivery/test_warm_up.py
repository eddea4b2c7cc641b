"""A sender that mailboxes do not know yet: more people on each day on which it sends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from base.config import Config, DeliveryConfig, WarmUpConfig
from base.database import Database, database_now
from delivery import pace, warm_up
from delivery.ledger import record
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from tests.support.runs import a_run, take, time_passes

DAY = timedelta(days=1)


def config(*caps: int, domain: str = "example.com") -> Config:
    delivery = DeliveryConfig(from_email=f"news@{domain}")
    return Config(file=Path("config.toml"), delivery=delivery, warm_up=WarmUpConfig(caps=caps))


def follows(db: Database, to: Config) -> None:
    with db.write() as s:
        warm_up.follow(s, to)


def needs(db: Database, to: Config, people: int) -> int:
    with db.read() as s:
        return warm_up.days_for(s, to, people, run_id=1)


def leaves_today(db: Database, answer: Answer | None = None) -> int:
    """How many leave until nothing more does."""
    people = 0
    while found := take(db):
        people += len(found.members)
        with db.write() as s:
            record(s, found.attempt, answer or Answer(Verdict.ACCEPTED, "202", 202))
    return people


@pytest.fixture
def run(db: Database, keys: Keys) -> int:
    with db.read() as s:
        far = database_now(s) + 400 * DAY
    return a_run(db, keys, people=12, batch_size=4, not_after=far)


def test_each_day_on_which_it_sends_brings_more(run: int, db: Database) -> None:
    follows(db, config(1, 3, 5))
    sent = []
    for _ in range(4):
        sent.append(leaves_today(db))
        time_passes(db, DAY)
    assert sent == [1, 3, 5, 3]


def test_days_without_a_mail_do_not_count(run: int, db: Database) -> None:
    """Ghost, and StrongGrid issue 290: by the calendar a monthly sender is at its highest number, and still cold."""
    follows(db, config(1, 3, 5))
    assert leaves_today(db) == 1
    time_passes(db, 30 * DAY)
    assert needs(db, config(1, 3, 5), people=11) == 3  # 3, 5, and then all
    assert leaves_today(db) == 3
    time_passes(db, 30 * DAY)
    follows(db, config(1, 3, 5))  # a service that starts meanwhile changes nothing
    assert leaves_today(db) == 5


def test_a_day_on_which_the_provider_took_nothing_does_not_count(run: int, db: Database) -> None:
    follows(db, config(1, 3, 5))
    found = take(db)
    assert found is not None
    with db.write() as s:
        record(s, found.attempt, Answer(Verdict.RETURNED, "no connection"))
    time_passes(db, DAY)
    assert leaves_today(db) == 1


def test_the_lower_of_two_limits_holds(run: int, db: Database) -> None:
    follows(db, config(6, 8))
    with db.write() as s:
        pace.limit_everything(s, per_hour=0, per_day=2, day_zone="UTC")
    assert leaves_today(db) == 2


def test_what_waits_says_for_what(run: int, db: Database) -> None:
    follows(db, config(2))
    assert leaves_today(db) == 2
    with db.read() as s:
        until, words = pace.waits(s, run) or (None, "")
        assert until is not None
        assert (words, until > database_now(s)) == ("the warm-up's limit of 2 is used up", True)


def test_another_domain_begins_anew_and_the_first_goes_on_where_it_was(run: int, db: Database) -> None:
    follows(db, config(1, 3))
    assert leaves_today(db) == 1
    follows(db, config(2, 9, domain="other.example"))
    assert leaves_today(db) == 2
    follows(db, config(1, 3))
    assert leaves_today(db) == 3


def test_without_caps_it_is_over_at_once(run: int, db: Database) -> None:
    follows(db, config(1, 3))
    assert leaves_today(db) == 1
    follows(db, config())
    assert leaves_today(db) == 11


def test_other_caps_hold_from_the_same_day_on(run: int, db: Database) -> None:
    follows(db, config(1, 3))
    assert leaves_today(db) == 1
    follows(db, config(4, 5))
    assert leaves_today(db) == 3
    follows(db, config(2, 5))
    assert leaves_today(db) == 0


def test_days_are_counted_from_what_today_has_left(run: int, db: Database) -> None:
    caps = config(2, 4, 6)
    assert [needs(db, caps, n) for n in (0, 2, 3, 6, 7, 12, 13, 1000)] == [1, 1, 2, 2, 3, 3, 4, 4]
    follows(db, caps)
    assert leaves_today(db) == 2
    assert [needs(db, caps, n) for n in (1, 4, 5)] == [2, 2, 3]
    assert needs(db, config(), 1000) == 1
    assert needs(db, replace(caps, delivery=DeliveryConfig(from_email="a@other.example")), 3) == 2
