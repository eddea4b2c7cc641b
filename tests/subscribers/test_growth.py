from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from base.database import Database
from subscribers.changes.merging import merge
from subscribers.consent import opt_out
from subscribers.growth import growth
from subscribers.keys import Keys
from subscribers.lists import count_list
from subscribers.models import List, Subscriber
from tests.support.people import EVIDENCE, a_list, a_person

BOB, CAT = "bob@example.com", "cat@example.com"


def test_who_joined_and_who_left_is_counted_by_week(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        leaves(s, a_person(s, keys), tips)
        a_person(s, keys, BOB)
        a_person(s, keys, CAT, "news")
        assert grown(s, tips) == (2, 1)
        assert grown(s, news) == (1, 0)
        before, last, *_ = growth(s, tips.id, weeks=4)
        assert (before.joined, before.left) == (0, 0)
        assert before.begins.weekday() == 0
        assert last.begins - before.begins == timedelta(weeks=1)


@pytest.mark.parametrize("winner_is_on", [True, False])
@pytest.mark.parametrize("loser_is_on", [True, False])
def test_by_a_merge_nobody_joins_and_nobody_leaves(
    winner_is_on: bool, loser_is_on: bool, db: Database, keys: Keys
) -> None:
    with db.write() as s:
        tips, _ = a_list(s), a_list(s, "news")
        ann = a_person(s, keys, list_slug="tips" if winner_is_on else "news")
        bob = a_person(s, keys, BOB, "tips" if loser_is_on else "news")
        as_one(s, ann, bob)
        on = int(winner_is_on or loser_is_on)
        assert grown(s, tips) == (on, 0)
        assert counted(s, tips) == (on, 0, on)


def test_whoever_was_made_one_is_on_the_list_once(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, _ = a_list(s), a_list(s, "news")
        ann = a_person(s, keys, list_slug="news")
        for other in (BOB, CAT):
            as_one(s, ann, a_person(s, keys, other))
        dee = a_person(s, keys, "dee@example.com", "news")
        as_one(s, dee, ann)
        assert grown(s, tips) == (1, 0)
        assert counted(s, tips) == (1, 0, 1)
        leaves(s, dee, tips)
        assert grown(s, tips) == (1, 1)
        assert counted(s, tips) == (0, 1, 0)


@pytest.mark.parametrize("winner_is_on", [True, False])
def test_who_left_at_one_of_two_addresses_has_left_once(winner_is_on: bool, db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips, _ = a_list(s), a_list(s, "news")
        ann, bob = a_person(s, keys, list_slug="tips" if winner_is_on else "news"), a_person(s, keys, BOB)
        leaves(s, bob, tips)
        as_one(s, ann, bob)
        assert grown(s, tips) == (1, 1)
        assert counted(s, tips) == (0, 1, 0)


def as_one(s: Session, winner: Subscriber, loser: Subscriber) -> None:
    merge(s, winner, loser, because="the same phone number", actor="robin")


def leaves(s: Session, person: Subscriber, lst: List) -> None:
    opt_out(s, address_key=person.address_key, list_id=lst.id, **EVIDENCE)


def grown(s: Session, lst: List) -> tuple[int, int]:
    """Over two weeks: a test may run while a Monday begins."""
    weeks = growth(s, lst.id, weeks=2)
    return sum(week.joined for week in weeks), sum(week.left for week in weeks)


def counted(s: Session, lst: List) -> tuple[int, int, int]:
    counts = count_list(s, lst)
    return counts.confirmed, counts.withdrawn, counts.mailable
