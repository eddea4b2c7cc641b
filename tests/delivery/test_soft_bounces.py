"""Who turns every mail away for now is stopped after so many in a row; a mail that arrives begins the count anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from base.database import Database, database_now
from delivery.models import Run
from delivery.outcomes import Flag, Turned, merge
from delivery.soft_bounces import Rule, stop_often_turned_away
from subscribers.keys import Keys
from subscribers.models import Suppression
from subscribers.stops.by_hand import lift_stops
from tests.delivery.test_events import accepted, brought, drained, event, stopped
from tests.support.runs import a_run

RULE = Rule(3, timedelta(days=180))
SOFT, PLAIN, GOOD = Flag.BLOCKED | Flag.SOFT, Flag.BLOCKED, Flag.DELIVERED


def mailed(db: Database, keys: Keys, *became: Flag, days_ago: int = 10) -> None:
    """A run a day to p1 and p2, of which this became for p1."""
    for number, flag in enumerate(became):
        with db.read() as s:
            known = len(s.scalars(select(Run.id)).all())
        run = a_run(db, keys, 0 if known else 2, public_id=f"run-{known + 1}")
        with db.write() as s:
            at = database_now(s) - timedelta(days=days_ago - number)
            merge(s, [Turned(run, 1, flag, at), Turned(run, 2, GOOD, at)])


def test_so_many_in_a_row_stop_the_address_and_say_why(db: Database, keys: Keys) -> None:
    mailed(db, keys, SOFT, SOFT)
    assert stop_often_turned_away(db, RULE) == 0
    mailed(db, keys, SOFT, days_ago=5)
    assert stop_often_turned_away(db, RULE) == 1
    assert stop_often_turned_away(db, RULE) == 0
    assert (stopped(db, keys, 1), stopped(db, keys, 2)) == (["invalid"], [])
    with db.read() as s:
        assert s.scalars(select(Suppression.source)).one() == "soft bounces: 3 mails in a row within 180 days"


@pytest.mark.parametrize(
    "became",
    [
        (SOFT, SOFT, GOOD, SOFT),
        (SOFT, SOFT, SOFT | GOOD),
        (SOFT, SOFT, SOFT | Flag.OPENED_BY_MACHINE, SOFT),
        (SOFT, PLAIN, SOFT),
        (PLAIN, PLAIN, PLAIN, PLAIN),
    ],
    ids=str,
)
def test_a_delivery_between_them_begins_anew_and_what_was_our_fault_does_not_count(
    sqlite_db: Database, keys: Keys, became: tuple[Flag, ...]
) -> None:
    mailed(sqlite_db, keys, *became)
    assert stop_often_turned_away(sqlite_db, RULE) == 0


def test_what_was_our_fault_does_not_end_a_row_either(sqlite_db: Database, keys: Keys) -> None:
    mailed(sqlite_db, keys, SOFT, PLAIN, SOFT, Flag.DEFERRED, SOFT)
    assert stop_often_turned_away(sqlite_db, RULE) == 1


def test_only_what_lies_within_the_time_counts_and_none_stops_nobody(sqlite_db: Database, keys: Keys) -> None:
    mailed(sqlite_db, keys, SOFT, SOFT, SOFT, days_ago=200)
    assert stop_often_turned_away(sqlite_db, RULE) == 0
    assert stop_often_turned_away(sqlite_db, Rule(0, timedelta(days=900))) == 0
    assert stop_often_turned_away(sqlite_db, Rule(3, timedelta(days=900))) == 1


def test_a_person_lifts_it_and_the_count_begins_anew(db: Database, keys: Keys) -> None:
    mailed(db, keys, SOFT, SOFT, SOFT)
    stop_often_turned_away(db, RULE)
    with db.write() as s:
        lift_stops(s, keys, "p1@example.com", list_slug=None, because="the mailbox was full", actor="robin")
    assert stop_often_turned_away(db, RULE) == 0
    assert stopped(db, keys, 1) == []
    mailed(db, keys, SOFT, SOFT, SOFT, days_ago=-1)
    assert stop_often_turned_away(db, RULE) == 1


def test_a_mailbox_that_is_full_is_a_soft_bounce_and_a_bad_reputation_of_ours_is_none(
    sqlite_db: Database, keys: Keys
) -> None:
    _, attempt = accepted(sqlite_db, keys)
    for person, why in ((1, "Mailbox Unavailable"), (2, "Reputation")):
        brought(sqlite_db, event("bounce", person, attempt, type="blocked", bounce_classification=why))
    drained(sqlite_db, keys)
    assert stop_often_turned_away(sqlite_db, Rule(1, timedelta(days=9000))) == 1
    assert (stopped(sqlite_db, keys, 1), stopped(sqlite_db, keys, 2)) == (["invalid"], [])
