"""Incident 24 has opens in any order; here they reach the row that rules ask."""

from __future__ import annotations

from base.database import Database
from base.time import from_ms
from subscribers.keys import Keys
from subscribers.models import Profile
from tests.delivery.test_events import NOON, accepted, brought, drained, event


def test_a_click_and_an_open_by_a_person_are_kept_on_their_row(db: Database, keys: Keys) -> None:
    _, attempt = accepted(db, keys)
    brought(db, event("open", 1, attempt, after=60), event("click", 1, attempt, after=90, url="https://example.com"))
    brought(db, event("open", 1, attempt, after=30), event("open", 2, attempt, sg_machine_open=True))
    drained(db, keys)
    with db.read() as s:
        first, second = s.get_one(Profile, 1), s.get_one(Profile, 2)
        assert (first.last_opened, first.last_clicked) == (from_ms(1000 * (NOON + 60)), from_ms(1000 * (NOON + 90)))
        assert (second.last_opened, second.last_clicked) == (None, None)
