"""Whose clicks count: scanners follow links as soon as a mail arrives; in whatever order it is told."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from base.database import Database
from base.time import from_ms
from delivery.models import Event, Outcome
from delivery.outcomes import Flag, fate
from subscribers.keys import Keys
from subscribers.models import Profile
from tests.delivery.test_events import NOON, accepted, brought, drained, event

CLICKS = Flag.CLICKED | Flag.CLICKED_BY_BOT


def state(db: Database, person: int = 1) -> tuple[Flag, int | None]:
    """Whose clicks there are, and how many seconds after noon the last one by a person was."""
    with db.read() as s:
        flags = s.scalars(select(Outcome.flags).where(Outcome.subscriber_id == person)).one()
        clicked = s.get_one(Profile, person).last_clicked
    return CLICKS & flags, None if clicked is None else round((clicked - from_ms(1000 * NOON)).total_seconds())


def click(attempt: str, after: int, link: str = "a") -> dict[str, object]:
    return event("click", 1, attempt, after=after, url=f"https://example.com/{link}")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_click_within_seconds_of_the_delivery_is_a_scanners_whichever_is_told_first(
    db: Database, keys: Keys, order: tuple[int, int]
) -> None:
    _, attempt = accepted(db, keys)
    told = [event("delivered", 1, attempt), click(attempt, after=3)]
    for each in order:
        brought(db, told[each])
        drained(db, keys)
    assert state(db) == (Flag.CLICKED_BY_BOT, None)


def test_many_links_within_one_second_are_a_scanners(db: Database, keys: Keys) -> None:
    _, attempt = accepted(db, keys)
    brought(db, event("delivered", 1, attempt), *(click(attempt, 300, link) for link in "ab"))
    drained(db, keys)
    assert state(db) == (Flag.CLICKED, 300)
    brought(db, click(attempt, 300, "c"))
    drained(db, keys)
    assert state(db) == (Flag.CLICKED_BY_BOT, None)
    with db.read() as s:
        kinds = s.scalars(select(Event.kind).where(Event.kind != "delivered")).all()
    assert kinds == ["clicked by a bot"] * 3


def test_a_person_who_clicks_behind_a_scanner_counts_and_keeps_the_time_of_their_own(
    sqlite_db: Database, keys: Keys
) -> None:
    _, attempt = accepted(sqlite_db, keys)
    for each in (event("delivered", 1, attempt), click(attempt, 2), click(attempt, 400)):
        brought(sqlite_db, each)
        drained(sqlite_db, keys)
    assert state(sqlite_db) == (CLICKS, 400)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_in_any_order_and_repeated_the_same_comes_out(sqlite_db: Database, keys: Keys, order: tuple[int, ...]) -> None:
    _, attempt = accepted(sqlite_db, keys)
    told = [event("delivered", 1, attempt), click(attempt, 5), click(attempt, 90), click(attempt, 700, "b")]
    for each in (*order, *order[:2]):
        brought(sqlite_db, told[each])
        drained(sqlite_db, keys)
    assert state(sqlite_db) == (CLICKS, 700)


def test_a_machine_that_opened_and_a_scanner_that_clicked_say_that_the_mail_arrived_and_no_more(
    db: Database, keys: Keys
) -> None:
    _, attempt = accepted(db, keys)
    brought(db, event("open", 1, attempt, sg_machine_open=True))
    drained(db, keys)
    with db.read() as s:
        flags = s.scalars(select(Outcome.flags)).one()
        assert s.get_one(Profile, 1).last_opened is None
    assert (fate(flags), flags & Flag.OPENED) == ("delivered", 0)
