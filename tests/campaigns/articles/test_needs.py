"""A feed that cannot be read for long needs a person; a bad hour does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from base.database import Database, database_now
from campaigns.alerts.needs import needs
from campaigns.articles.arrivals import remove_feed
from campaigns.models import Feed

URL = "https://larkfield.example/@notes/feed"
TROUBLE = f"{URL} answers with status 500: try again later"


def followed(db: Database, *, failures: int, read: timedelta | None, added: timedelta = timedelta(days=9)) -> None:
    with db.write() as s:
        now = database_now(s)
        checked = None if read is None else now - read
        facts = {"failures": failures, "trouble": TROUBLE if failures else None, "checked_at": checked}
        s.add(Feed(url=URL, title="Larkfield Notes", next_at=now, added_at=now - added, added_by="robin", **facts))


def said(db: Database) -> dict[str, str]:
    with db.read() as s:
        return {need.cause: need.words for need in needs(s, database_now(s), "here")}


def test_a_feed_that_could_not_be_read_for_long_is_named_until_it_is_let_go(db: Database) -> None:
    followed(db, failures=3, read=timedelta(hours=6))
    assert said(db) == {
        "feed:1": "The feed 'Larkfield Notes' cannot be read, so no article arrives from it "
        f"({TROUBLE}); try it again with: tipsheet feed check {URL}, or let it go with: tipsheet feed remove {URL}"
    }
    with db.write() as s:
        remove_feed(s, URL)
    assert said(db) == {}


@pytest.mark.parametrize(
    ("failures", "read"),
    [(0, timedelta(days=3)), (2, timedelta(days=3)), (9, timedelta(hours=5))],
)
def test_a_feed_with_a_bad_hour_is_nobodys_need(sqlite_db: Database, failures: int, read: timedelta) -> None:
    followed(sqlite_db, failures=failures, read=read)
    assert said(sqlite_db) == {}


@pytest.mark.parametrize(("added", "many"), [(timedelta(hours=1), 0), (timedelta(hours=7), 1)])
def test_a_feed_that_was_never_read_counts_from_when_it_was_added(
    sqlite_db: Database, added: timedelta, many: int
) -> None:
    followed(sqlite_db, failures=5, read=None, added=added)
    assert len(said(sqlite_db)) == many
