from __future__ import annotations

from datetime import UTC, datetime, timedelta

from base.database import Database
from subscribers.keys import Keys
from subscribers.models import Profile
from subscribers.profiles import Seen, roll_up
from tests.support.people import a_list, a_person

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_newest_stays_whatever_order_it_comes_in(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann, bob = (a_person(s, keys, f"{name}@example.com").id for name in ("ann", "bob"))
        roll_up(s, [Seen(ann, "opened", NOON), Seen(ann, "clicked", NOON + HOUR), Seen(ann, "opened", NOON - HOUR)])
        roll_up(s, [Seen(ann, "opened", NOON - HOUR), Seen(bob, "clicked", NOON), Seen(10**6, "opened", NOON)])
        roll_up(s, [])
    with db.read() as s:
        seen = [(s.get_one(Profile, each).last_opened, s.get_one(Profile, each).last_clicked) for each in (ann, bob)]
    assert seen == [(NOON, NOON + HOUR), (None, NOON)]


def test_nothing_is_kept_about_somebody_who_was_forgotten(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys)
        ann.erased_at = NOON
        s.flush()
        roll_up(s, [Seen(ann.id, "opened", NOON)])
        assert s.get_one(Profile, ann.id, populate_existing=True).last_opened is None
