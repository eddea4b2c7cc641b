"""A pause of somebody's own: it holds in the rule that everything asks, and ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from base.database import Database, database_now
from subscribers.keys import Keys
from subscribers.models import Subscription
from subscribers.suppression import mailable, why_not
from tests.support.people import a_list, a_person


@pytest.mark.parametrize(("hours", "paused"), [(1, True), (-1, False)])
def test_who_paused_is_left_out_until_it_is_over(db: Database, keys: Keys, hours: int, paused: bool) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        ann = a_person(s, keys)
        a_person(s, keys, list_slug="news")
        until = database_now(s) + timedelta(hours=hours)
        s.get_one(Subscription, (tips.id, ann.id)).paused_until = until
        s.flush()
        assert list(s.scalars(mailable(tips.id))) == ([] if paused else [ann.id])
        told = [(ann.id, "paused by their own wish")] if paused else []
        assert [tuple(row) for row in s.execute(why_not(tips.id))] == told
        assert list(s.scalars(mailable(news.id))) == [ann.id]


def test_who_never_confirmed_is_pending_rather_than_paused(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys, state="pending")
        s.get_one(Subscription, (tips.id, ann.id)).paused_until = database_now(s) + timedelta(hours=1)
        s.flush()
        assert [tuple(row) for row in s.execute(why_not(tips.id))] == [(ann.id, "pending")]


def test_who_may_be_mailed_is_compiled_once_for_all_claims() -> None:
    assert mailable(1)._generate_cache_key() is not None
