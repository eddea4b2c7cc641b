"""A clinic with a list, articles and offers, whose series run by a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import CampaignsConfig, Config, DeliveryConfig
from base.database import Database
from campaigns import content, decisions
from campaigns.articles.source import read_bytes
from campaigns.articles.store import add_article
from campaigns.drafts import all_campaigns, get_campaign, made_of
from campaigns.launch import launch_due
from campaigns.models import Campaign, Occurrence, Series
from campaigns.offers import Draft as OfferDraft
from campaigns.offers import add_offer, validity
from campaigns.series.decide import approve, skip
from campaigns.series.make import tick
from campaigns.series.needs import Need, needs
from campaigns.series.next import Ahead, ahead
from campaigns.series.store import Draft, add_series, get_series
from subscribers.keys import Keys
from tests.support.people import a_list, a_person

BERLIN = "Europe/Berlin"
TIPS = Draft("tips", "tips", "first tuesday 09:00", BERLIN, "monthly-tips", offer="if-any")
ROBIN = decisions.By("robin")


def at(wall: str) -> datetime:
    """An instant in UTC: `2030-01-05 08:00`."""
    return datetime.fromisoformat(wall).replace(tzinfo=UTC)


class Clinic:
    def __init__(self, db: Database, keys: Keys, folder: Path, **settings: Any) -> None:
        self.db, self.keys = db, keys
        delivery = DeliveryConfig(provider="files", files_path=folder / "outgoing")
        self.config = Config(folder / "config.toml", delivery=delivery, campaigns=CampaignsConfig(**settings))
        with db.write() as s:
            a_list(s)
            a_person(s, keys)

    @contextmanager
    def clock(self, now: str | datetime) -> Iterator[datetime]:
        """SQLite's clock is the process's: it stands still at this instant."""
        now = at(now) if isinstance(now, str) else now
        with time_machine.travel(now, tick=False):
            yield now

    def articles(self, *slugs: str) -> None:
        with self.db.write() as s:
            read = read_bytes(b"# About\n\nWalk with a friend, and think of it.\n", name="a.md", markdown=True)
            for slug in slugs:
                plain = slug if slug.isalnum() or "-" in slug else None
                add_article(s, replace(read, title=f"About {slug}"), slug=plain, actor="robin")

    def offer(self, slug: str, start: str | None = None, end: str | None = None, zone: str = BERLIN) -> None:
        with self.db.write() as s:
            draft = OfferDraft(slug.title(), cta_url="https://example.com/o")
            add_offer(s, draft, validity(start, end, zone), slug=slug, actor="robin")

    def series(self, now: str | datetime, **changes: Any) -> None:
        now = at(now) if isinstance(now, str) else now
        with self.db.write() as s:
            add_series(s, replace(TIPS, **changes), self.config, actor="kim", now=now)

    def tick(self, now: str | datetime, *, launching: bool = True) -> int:
        """Both clocks that matter here: making, and launching what is due."""
        with self.clock(now) as instant:
            made = tick(self.db, self.config, instant)
            if launching:
                launch_due(self.db, self.config)
        return made

    def approve(self, now: str | datetime, slug: str = "tips", by: decisions.By = ROBIN) -> str:
        with self.clock(now) as instant, self.db.write() as s:
            return approve(s, get_series(s, slug, lock=True), self.config, by, instant).slug

    def skip(self, now: str, day: str = "", slug: str = "tips") -> date:
        with self.clock(now) as instant, self.db.write() as s:
            wanted = date.fromisoformat(day) if day else None
            return skip(s, get_series(s, slug, lock=True), wanted, actor="robin", now=instant)

    def decide(self, what: str, slug: str, now: str, *given: Any) -> None:
        with self.clock(now), self.db.write() as s:
            getattr(decisions, what)(s, get_campaign(s, slug, lock=True), *given)

    def ahead(self, now: str, count: int = 5, slug: str = "tips") -> list[Ahead]:
        with self.clock(now) as instant, self.db.read() as s:
            return ahead(s, get_series(s, slug), instant, count=count)

    def needs(self, now: str) -> list[Need]:
        with self.db.read() as s:
            return needs(s, at(now))

    def campaigns(self) -> list[Campaign]:
        with self.db.read() as s:
            return all_campaigns(s)

    def has(self, slug: str) -> bool:
        with self.db.read() as s:
            return s.scalar(select(Campaign.id).where(Campaign.slug == slug)) is not None

    def another_list(self, s: Session, slug: str) -> None:
        a_list(s, slug)
        a_person(s, self.keys, f"{slug}@example.com", slug)

    def article_of(self, slug: str) -> str | None:
        with self.db.read() as s:
            return made_of(s, get_campaign(s, slug)).article

    def subject_sent(self, slug: str) -> str:
        """What was approved, word for word."""
        with self.db.read() as s:
            return content.frozen(s, get_campaign(s, slug)).subject

    def launched(self) -> list[str]:
        return [f"{x.slug} {x.launched_at:%m-%d %H:%M}" for x in self.campaigns() if x.launched_at]

    def rows(self) -> list[tuple[str, Occurrence]]:
        """Every occurrence with its series' slug."""
        with self.db.read() as s:
            query = select(Series.slug, Occurrence).join(Series, Series.id == Occurrence.series_id)
            return [(slug, row) for slug, row in s.execute(query.order_by(Occurrence.local_date))]
