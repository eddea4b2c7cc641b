"""Articles that arrive from feeds: once each, again when they changed, and never over what a hand set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import update

from base.config import Config, SourcesConfig
from base.database import Database, database_now
from base.errors import BadInput, NotFound, Refused
from campaigns.articles.arrivals import (
    MOST_TRIES,
    Looked,
    add_feed,
    all_feeds,
    feed_ids,
    look,
    look_at_due,
    remove_feed,
)
from campaigns.articles.edits import Wish, set_by_hand
from campaigns.articles.source import read_bytes
from campaigns.articles.store import add_article, all_articles, as_read, get_article, origin_of
from campaigns.models import Article, Feed
from tests.campaigns.articles.feed_files import WHOLE, Piece, atom, rdf, rss
from tests.support.site import Site, leads_to, said, site

DIG, DESK, LIFT = Piece("dig", "Dig well"), Piece("desk", "The desk", day=5), Piece("lift", "Lift", day=9)
XML = "application/rss+xml"
SHORT = "<p>In short: it begins with your feet. […]</p>"


def page(title: str, more: str = "") -> bytes:
    return said(f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{WHOLE}{more}</body></html>")


@pytest.fixture
def home() -> Iterator[Site]:
    with site() as running:
        yield running


@pytest.fixture
def config(home: Site, tmp_path: Path) -> Config:
    return Config(file=tmp_path / "config.toml", sources=SourcesConfig(timedelta(hours=1), (home.address,)))


@pytest.fixture(params=[rss, atom, rdf])
def dialect(request: pytest.FixtureRequest) -> Callable[..., str]:
    return request.param  # type: ignore[no-any-return]


def publish(home: Site, *pieces: Piece, dialect: Callable[..., str] = rss) -> None:
    home.answers["/feed"] = said(dialect(home.url(""), *pieces), XML)


def follow(db: Database, home: Site, config: Config, take: int | None = None) -> Looked:
    return add_feed(db, home.url("/feed"), config, take=take, actor="robin")


def again(db: Database, config: Config, **how: int) -> Looked:
    with db.read() as s:
        (feed_id,) = feed_ids(s)
    return look(db, feed_id, config, **how)


def titles(db: Database) -> list[str]:
    with db.read() as s:
        return [article.title for article in reversed(all_articles(s))]


def test_what_is_in_a_feed_arrives_once_each(
    db: Database, home: Site, config: Config, dialect: Callable[..., str]
) -> None:
    publish(home, DESK, DIG, dialect=dialect)
    assert follow(db, home, config).new == ["dig-well", "the-desk"]
    assert again(db, config) == Looked(home.url("/feed"))
    publish(home, LIFT, DESK, DIG, dialect=dialect)
    assert again(db, config).new == ["lift"]
    assert titles(db) == ["Dig well", "The desk", "Lift"]
    with db.read() as s:
        article = get_article(s, "lift")
        origin = origin_of(s, article)
        assert origin is not None
        assert (origin.address, origin.author, origin.published) == (home.url("/lift"), "Robin Vale", "2026-03-09")
        assert article.added_by == "feed Larkfield Notes"


def test_only_as_many_of_the_old_ones_arrive_as_were_asked_for(sqlite_db: Database, home: Site, config: Config) -> None:
    publish(home, LIFT, DESK, DIG)
    assert follow(sqlite_db, home, config, take=1).new == ["lift"]
    changed = Piece("dig", "Dig better")
    publish(home, Piece("walk", "Walk", day=11), LIFT, DESK, changed)
    assert again(sqlite_db, config).new == ["walk"]
    assert titles(sqlite_db) == ["Lift", "Walk"]


def test_a_changed_entry_is_read_again_and_leaves_what_a_hand_set(db: Database, home: Site, config: Config) -> None:
    publish(home, DIG)
    follow(db, home, config)
    with db.write() as s:
        set_by_hand(s, get_article(s, "dig-well"), Wish(title="Mine", lead="My lead."), actor="robin")
    publish(home, Piece("dig", "Dig very well", html=WHOLE + "<p>One more paragraph.</p>"))
    looked = again(db, config)
    assert (looked.new, looked.changed) == ([], ["dig-well"])
    with db.read() as s:
        article = get_article(s, "dig-well")
        assert article.title == "Mine"
        assert as_read(article).blocks[-1].text == "One more paragraph."
    assert again(db, config).changed == []


def test_where_a_feed_has_only_the_beginning_the_page_is_read(db: Database, home: Site, config: Config) -> None:
    publish(home, Piece("dig", "Dig well", html=SHORT))
    home.answers["/dig"] = page("Dig well")
    assert follow(db, home, config).new == ["dig-well"]
    with db.read() as s:
        article = get_article(s, "dig-well")
        assert len(as_read(article).blocks) == 5
        assert article.url == home.url("/dig")
    home.answers["/dig"] = page("Dig well", "<p>One more paragraph.</p>")
    assert again(db, config).changed == []  # the feed says nothing of it
    publish(home, Piece("dig", "Dig well", html=SHORT + "<p>Now with more. […]</p>"))
    assert again(db, config).changed == ["dig-well"]


def test_what_did_not_change_is_not_sent_again(sqlite_db: Database, home: Site, config: Config) -> None:
    home.answers["/feed"] = said(rss(home.url(""), DIG), XML, ETag='"7"', Last_Modified="Mon, 02 Mar 2026 09:00:00 GMT")
    follow(sqlite_db, home, config)
    home.answers["/feed"] = said(status=304)
    again(sqlite_db, config)
    assert home.asked[-1][1]["If-None-Match"] == '"7"'
    assert home.asked[-1][1]["If-Modified-Since"] == "Mon, 02 Mar 2026 09:00:00 GMT"
    again(sqlite_db, config)
    assert home.asked[-1][1]["If-None-Match"] == '"7"'


def test_an_entry_that_cannot_be_read_is_tried_again_and_then_given_up(
    sqlite_db: Database, home: Site, config: Config
) -> None:
    publish(home, Piece("dig", "Dig well", html=SHORT), DESK)
    looked = follow(sqlite_db, home, config)
    assert looked.new == ["the-desk"]  # the other one waits for nobody
    assert looked.trouble == [f"{home.url('/dig')} is not there (404): check the address"]
    for _ in range(MOST_TRIES - 1):
        assert again(sqlite_db, config).trouble
    assert again(sqlite_db, config).trouble == []
    with sqlite_db.read() as s:
        assert [(feed.articles, feed.unreadable) for feed in all_feeds(s)] == [(1, 1)]
    home.answers["/dig"] = page("Dig well")
    publish(home, Piece("dig", "Dig well", html=SHORT + "<p>Mended. […]</p>"), DESK)
    assert again(sqlite_db, config).new == ["dig-well"]


def test_a_page_that_a_hand_brought_does_not_arrive_a_second_time(db: Database, home: Site, config: Config) -> None:
    mine = read_bytes(b"# My Dig\n\nMy own words, typed by hand.\n", name="a.md", markdown=True, url=home.url("/dig"))
    with db.write() as s:
        add_article(s, mine, actor="robin")
    publish(home, DIG, DESK)
    assert follow(db, home, config).new == ["the-desk"]
    publish(home, Piece("dig", "Dig very well"), DESK)
    assert again(db, config).changed == []  # what was written into a file stays as it is
    assert titles(db) == ["My Dig", "The desk"]


def test_entries_that_all_lead_to_the_front_page_are_still_several(
    sqlite_db: Database, home: Site, config: Config
) -> None:
    publish(home, *(Piece(name, name.title(), link=home.url("/")) for name in ("dig", "desk")))
    assert follow(sqlite_db, home, config).new == ["desk", "dig"]


def test_a_feed_in_trouble_is_asked_less_and_less(sqlite_db: Database, home: Site, config: Config) -> None:
    publish(home, DIG)
    follow(sqlite_db, home, config)
    home.answers["/feed"] = said(status=500)
    waits = []
    for _ in range(7):
        (sentence,) = again(sqlite_db, config).trouble
        assert sentence == f"{home.url('/feed')} answers with status 500: try again later"
        with sqlite_db.read() as s:
            (feed,) = all_feeds(s)
            waits.append(round((feed.next_at - database_now(s)).total_seconds() / 3600))
            assert feed.trouble == sentence
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    publish(home, DIG)
    again(sqlite_db, config)
    with sqlite_db.read() as s:
        (feed,) = all_feeds(s)
        assert (feed.trouble, round((feed.next_at - database_now(s)).total_seconds() / 3600)) == ("", 1)


def test_the_service_looks_when_the_time_has_come_a_few_at_once(db: Database, home: Site, config: Config) -> None:
    publish(home)
    follow(db, home, config)
    publish(home, *(Piece(f"p{n}", f"Piece {n}", day=n + 1) for n in range(7)))
    look_at_due(db, config)
    assert titles(db) == []  # it is not due yet
    with db.write() as s:
        s.execute(update(Feed).values(next_at=database_now(s)))
    look_at_due(db, config)
    assert len(titles(db)) == 5
    look_at_due(db, config)
    assert titles(db) == [f"Piece {n}" for n in range(7)]
    asked = len(home.asked)
    look_at_due(db, config)
    assert len(home.asked) == asked


def test_several_who_look_at_once_bring_each_article_once(db: Database, home: Site, config: Config) -> None:
    publish(home)
    follow(db, home, config)
    publish(home, *(Piece(f"p{n}", f"Piece {n}", day=n + 1) for n in range(6)))
    brought: list[Looked] = []
    looking = [Thread(target=lambda: brought.append(again(db, config))) for _ in range(4)]
    for each in looking:
        each.start()
    for each in looking:
        each.join()
    assert len(brought) == 4
    assert sorted(slug for looked in brought for slug in looked.new) == [f"piece-{n}" for n in range(6)]
    assert len(titles(db)) == 6


def test_a_feed_that_leads_inside_is_refused(sqlite_db: Database, home: Site, config: Config) -> None:
    home.answers["/feed"] = leads_to("http://169.254.169.254/latest/meta-data/")
    with pytest.raises(Refused, match="is no address of the public internet"):
        follow(sqlite_db, home, config)
    publish(home, Piece("dig", "Dig", html=SHORT, link="http://169.254.169.254/latest/meta-data/"))
    (sentence,) = follow(sqlite_db, home, config).trouble
    assert "is no address of the public internet" in sentence
    assert titles(sqlite_db) == []


def test_what_is_no_feed_is_refused_and_not_followed(sqlite_db: Database, home: Site, config: Config) -> None:
    home.answers["/feed"] = page("Dig well")
    with pytest.raises(BadInput, match="is no RSS or Atom feed"):
        follow(sqlite_db, home, config)
    with sqlite_db.read() as s:
        assert all_feeds(s) == []
        with pytest.raises(NotFound, match=r"No feed is followed at https://a\.example/feed"):
            feed_ids(s, "https://a.example/feed")


def test_a_feed_is_followed_once_and_what_arrived_stays_when_it_goes(db: Database, home: Site, config: Config) -> None:
    publish(home, DIG)
    follow(db, home, config)
    with pytest.raises(Refused, match="This feed is followed already"):
        follow(db, home, config)
    with db.write() as s:
        remove_feed(s, home.url("/feed"))
        assert all_feeds(s) == []
        assert s.query(Article).count() == 1
    assert follow(db, home, config).new == []  # it is known again by its page
