"""Feeds that are followed: what is new in them arrives as articles, once each; what changed is read again.
The network is asked outside of any transaction; who looks at a feed is decided by an UPDATE."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database, add_new, database_now
from base.errors import NotFound, Refused
from campaigns.articles.feeds import Entry, ReadFeed, completed, from_entry, read_feed
from campaigns.articles.fetch import Fetched, Limits, fetch
from campaigns.articles.guard import target_of
from campaigns.articles.intake import from_web, limits
from campaigns.articles.source import ReadArticle
from campaigns.articles.store import add_article, article_at, free_slug, is_from_web, renew
from campaigns.models import Article, Feed, FeedEntry
from subscribers.audit import record

log = logging.getLogger(__name__)

TAKEN = 1  # of what is in a feed when it is added: a series would mail a whole backlog, the oldest first
MOST_AT_ONCE = 5  # entries that the service reads before other feeds have their turn, and before a stop is heard
MOST_TRIES = 6  # for an entry that cannot be read, until the feed says something else about it
LONGEST_WAIT = timedelta(days=1)
_FOLLOWED = "This feed is followed already; look at it now with: tipsheet feed check"
_LOOKING = timedelta(minutes=15)  # longer than one look: nobody else begins meanwhile


@dataclass(frozen=True)
class Left:
    """An article of a feed that was not taken, and will not be."""

    title: str
    link: str


@dataclass
class Looked:
    """What came of a look at a feed."""

    url: str
    new: list[str] = field(default_factory=list)  # slugs
    changed: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)  # sentences
    left: list[Left] = field(default_factory=list)  # what was in it before, when it was added
    more: bool = False  # there is more than this look was to take


@dataclass(frozen=True)
class Listed:
    """A feed as people are shown it."""

    url: str
    title: str
    articles: int
    unreadable: int  # entries that no article could be made of
    checked_at: datetime | None
    next_at: datetime
    trouble: str


def add_feed(db: Database, url: str, config: Config, *, take: int | None = TAKEN, actor: str) -> Looked:
    """Follow a feed. Of what is in it already the newest `take` arrive, or all for None. Raises Refused."""
    url = target_of(url.strip()).url
    with db.read() as s:
        if s.scalar(select(Feed.id).where(Feed.url == url)) is not None:
            raise Refused(_FOLLOWED)
    read = read_feed(fetch(url, "feed", limits(config)))
    left = read.entries[: max(0, len(read.entries) - take)] if take is not None else ()
    with db.write() as s:
        now = database_now(s)
        feed = Feed(url=url, title=read.title, next_at=now + _LOOKING, added_at=now, added_by=actor)
        add_new(s, feed, _FOLLOWED)
        record(s, actor=actor, action="feed add", about=url)
        for entry in left:
            _remember(s, feed.id, entry, digest=entry.digest, tries=MOST_TRIES)
    looked = look(db, feed.id, config)
    looked.left = [Left(entry.title, entry.link) for entry in reversed(left)]
    return looked


def look(db: Database, feed_id: int, config: Config, *, most: int | None = None) -> Looked:
    """Look at one feed now, and read `most` entries, or all that are new or say something else than before."""
    with db.read() as s:
        feed = s.get_one(Feed, feed_id)
        known = {each.key: each for each in s.scalars(select(FeedEntry).where(FeedEntry.feed_id == feed_id))}
    looked, within = Looked(feed.url), limits(config)
    # With something left to read, the feed has to come whole, changed or not.
    tags = ("", "") if feed.trouble else (feed.etag, feed.modified)
    try:
        found = fetch(feed.url, "feed", within, etag=tags[0], modified=tags[1])
        read = None if found.unchanged else read_feed(found)
    except Refused as cause:
        looked.trouble.append(cause.sentence)
        _note_failure(db, feed, cause.sentence, config)
        return looked
    to_read = _to_read(read, known) if read else []
    for entry in to_read[:most]:
        _arrive(db, feed, entry, known.get(entry.key), within, looked)
    looked.more = any(entry.key not in known for entry in to_read[len(to_read[:most]) :])
    _note_success(db, feed, read, found, looked, config)
    return looked


def look_at_due(db: Database, config: Config) -> None:
    """Look at one feed whose time has come. Any number of services may do this at once, as often as they like."""
    with db.read() as s:
        if s.scalar(_due(database_now(s))) is None:
            return
    with db.write() as s:
        now = database_now(s)
        claim = update(Feed).where(Feed.id == s.scalar(_due(now)), Feed.next_at <= now)
        feed_id = s.scalar(claim.values(next_at=now + _LOOKING).returning(Feed.id))
    if feed_id is not None:
        looked = look(db, feed_id, config, most=MOST_AT_ONCE)
        counts = {"new": len(looked.new), "changed": len(looked.changed), "trouble": len(looked.trouble)}
        if any(counts.values()):
            log.info("looked at a feed", extra={"feed": feed_id, **counts})


def all_feeds(s: Session) -> list[Listed]:
    arrived, unreadable = func.count(FeedEntry.article_id), func.count(FeedEntry.trouble)
    counted = select(FeedEntry.feed_id, arrived.label("arrived"), unreadable.label("unreadable"))
    sums = counted.group_by(FeedEntry.feed_id).subquery()
    rows = s.execute(
        select(Feed, sums.c.arrived, sums.c.unreadable).outerjoin(sums, sums.c.feed_id == Feed.id).order_by(Feed.id)
    )
    return [Listed(f.url, f.title, n or 0, bad or 0, f.checked_at, f.next_at, f.trouble or "") for f, n, bad in rows]


def feed_ids(s: Session, url: str | None = None) -> list[int]:
    """All of them, or the one at that address. Raises NotFound."""
    found = list(s.scalars(select(Feed.id).where(Feed.url == url) if url else select(Feed.id).order_by(Feed.id)))
    if url and not found:
        raise NotFound(f"No feed is followed at {url[:200]}; see them with: tipsheet feed list")
    return found


def remove_feed(s: Session, url: str) -> None:
    """Follow it no more; what arrived stays. Raises NotFound."""
    (feed_id,) = feed_ids(s, url)
    s.execute(delete(FeedEntry).where(FeedEntry.feed_id == feed_id))
    s.execute(delete(Feed).where(Feed.id == feed_id))


def _due(now: datetime) -> Select[int]:
    return select(Feed.id).where(Feed.next_at <= now).order_by(Feed.next_at, Feed.id).limit(1)


def _to_read(read: ReadFeed, known: dict[str, FeedEntry]) -> list[Entry]:
    """What is new, what the feed says differently now, and last what could not be read before."""
    left_out = {key for key, each in known.items() if each.article_id is None and not each.trouble}
    differs = (e for e in read.entries if e.key not in known or known[e.key].digest != e.digest)
    return sorted(
        (entry for entry in differs if entry.key not in left_out),
        key=lambda entry: known[entry.key].tries if entry.key in known else 0,
    )


def _arrive(db: Database, feed: Feed, entry: Entry, before: FeedEntry | None, within: Limits, looked: Looked) -> None:
    try:
        read = from_entry(entry) or completed(from_web(entry.link, within), entry)
    except Refused as cause:
        looked.trouble.append(cause.sentence)
        with db.write() as s:
            _note_unreadable(s, feed.id, entry, cause.sentence)
        return
    with db.write() as s:
        if before is None or before.article_id is None:
            _keep_new(s, feed, entry, read, looked)
        else:
            article = s.get_one(Article, before.article_id)
            # What staff wrote into a file is theirs, though its page is in the feed.
            if is_from_web(s, article):
                looked.changed += [article.slug] * renew(s, article, read)
            _said_now(s, feed.id, entry)


def _keep_new(s: Session, feed: Feed, entry: Entry, read: ReadArticle, looked: Looked) -> None:
    """Unless somebody else was quicker, or a hand or another feed brought the same page before."""
    _remember(s, feed.id, entry, digest="", tries=0)
    row = s.get_one(FeedEntry, (feed.id, entry.key), with_for_update=True)
    if row.article_id is not None:
        return
    article = _known_page(s, entry, read)
    if article is None:
        slug = free_slug(s, read.title)
        address = entry.link or f"{feed.url}#{entry.key}"
        article = add_article(s, read, slug=slug, actor=f"feed {feed.title[:60]}".strip(), address=address)
        looked.new.append(article.slug)
    row.article_id = article.id
    _said_now(s, feed.id, entry)


def _known_page(s: Session, entry: Entry, read: ReadArticle) -> Article | None:
    """An article of the same page. Some sites call each page by the address of their front page."""
    if urlsplit(entry.link).path.strip("/") and (found := article_at(s, entry.link)):
        return found
    found = article_at(s, read.url)
    return found if found and found.title == read.title else None


def _remember(s: Session, feed_id: int, entry: Entry, *, digest: str, tries: int) -> None:
    insert = sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"feed_id": feed_id, "key": entry.key, "link": entry.link, "digest": digest, "tries": tries}
    s.execute(insert(FeedEntry).values(**values, seen_at=database_now(s)).on_conflict_do_nothing())


def _said_now(s: Session, feed_id: int, entry: Entry) -> None:
    row = s.get_one(FeedEntry, (feed_id, entry.key))
    row.digest, row.link, row.tries, row.trouble, row.seen_at = entry.digest, entry.link, 0, None, database_now(s)
    s.flush()


def _note_unreadable(s: Session, feed_id: int, entry: Entry, sentence: str) -> None:
    _remember(s, feed_id, entry, digest="", tries=0)
    row = s.get_one(FeedEntry, (feed_id, entry.key))
    row.tries = row.tries + 1 if row.tries < MOST_TRIES else 1
    row.trouble = sentence
    if row.tries >= MOST_TRIES:
        row.digest = entry.digest  # given up, until the feed says something else


def _note_failure(db: Database, feed: Feed, sentence: str, config: Config) -> None:
    with db.write() as s:
        now = database_now(s)
        wait = min(config.sources.every * 2 ** min(feed.failures, 10), max(LONGEST_WAIT, config.sources.every))
        values = {"failures": Feed.failures + 1, "trouble": sentence, "next_at": now + wait}
        s.execute(update(Feed).where(Feed.id == feed.id).values(values))


def _note_success(
    db: Database, feed: Feed, read: ReadFeed | None, found: Fetched, looked: Looked, config: Config
) -> None:
    with db.write() as s:
        now = database_now(s)
        whole = not (looked.more or looked.trouble)
        values: dict[str, object] = {
            "checked_at": now,
            "next_at": now if looked.more else now + config.sources.every,
            "failures": 0,
            "trouble": looked.trouble[0] if looked.trouble else None,
        }
        if read:
            values |= {"title": read.title, "etag": found.etag * whole, "modified": found.modified * whole}
        s.execute(update(Feed).where(Feed.id == feed.id).values(values))
