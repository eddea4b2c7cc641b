"""The tick: gives each date its campaign ahead of time, has it scheduled once it may leave, and tells what is missing.
Any number of services may tick; a date is made by whoever has its row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database
from base.errors import TipsheetError
from campaigns import decisions, drafts
from campaigns.models import Campaign, Occurrence, Segment, Series
from campaigns.series.choice import Choice, choose, next_articles
from campaigns.series.needs import AHEAD, days_left, needs_of, waits
from campaigns.series.occurrences import (
    all_open,
    instant,
    is_decided,
    locked,
    made_at,
    open_rows,
    today,
    unseen,
    wall,
    write_down,
)
from campaigns.series.store import live_series
from subscribers.models import List

log = logging.getLogger(__name__)


def tick(db: Database, config: Config, now: datetime) -> int:
    """Do whatever is due for every series. Returns how many campaigns were made."""
    with db.read() as s:
        opened = all_open(s)
        waiting = [x.id for x in live_series(s) if _has_work(x, opened.get(x.id, []), now)]
    made = 0
    for series_id in waiting:
        with db.write() as s:
            series = s.get_one(Series, series_id, with_for_update=True, populate_existing=True)
            made += look(s, series, config, now)
    return made


def _has_work(series: Series, opened: Sequence[Any], now: datetime) -> bool:
    """Is it worth the lock? A campaign that waits for its approval, and of which staff were told, can wait on."""
    if unseen(series, _horizon(series, now)):
        return True
    for row in opened:
        days = days_left(series, row.local_date, now)
        if days is not None and (row.told is None or days < row.told):
            return True
        waits_on = row.slug and not row.approved_at and series.approval == "required"
        if not _is_early(series, row.local_date, now) and not (waits_on and now < instant(series, row.local_date)):
            return True
    return False


def look(s: Session, series: Series, config: Config, now: datetime) -> int:
    """The same for one series, in the caller's transaction."""
    if series.ended_at is not None:
        return 0
    write_down(s, series, _horizon(series, now))
    opened = open_rows(s, series)
    # The last does not hold up the next: each date has its own row, its own campaign and its own deadline.
    made = sum(_look_at(s, series, row, campaign, config, now) for row, campaign in opened)
    _tell(s, series, [row for row, _ in opened if not row.missed_at], now)
    return made


def _horizon(series: Series, now: datetime) -> date:
    return today(series, now) + timedelta(days=max(series.days_ahead, *AHEAD))


def _look_at(
    s: Session, series: Series, row: Occurrence, campaign: Campaign | None, config: Config, now: datetime
) -> bool:
    """One date. True when its campaign was made just now."""
    at, choice = instant(series, row.local_date), None
    if _is_early(series, row.local_date, now):
        return False
    if campaign is None and now < at + config.delivery.send_within:
        choice = choose(s, series.list_id, series.offer, at, next_articles(s, series.list_id))
        campaign = None if choice.lacks else _make(s, series, row, choice)
    lacks = _advance(s, series, row, campaign, config, now) if campaign else _nothing(choice)
    if lacks and now >= at:
        lacks = _too_late(series, row, lacks)
        row.missed_at = now
        log.error("series=%s date=%s %s", series.id, row.local_date, lacks)
    _note(row, lacks)
    return bool(choice and campaign)


def _is_early(series: Series, day: date, now: datetime) -> bool:
    return now < made_at(series, day)


def _nothing(choice: Choice | None) -> str:
    return choice.lacks if choice else "no service was running, and [delivery] send_within is over"


def _make(s: Session, series: Series, row: Occurrence, choice: Choice) -> Campaign:
    row.campaign = _free_slug(s, f"{series.slug}-{row.local_date.isoformat()}")
    draft = drafts.Draft(
        slug=row.campaign,
        list=s.get_one(List, series.list_id).slug,
        subject=series.subject or _as_subject(choice),
        template=series.template,
        article=choice.article.slug if choice.article else None,
        offer=choice.offer.slug if choice.offer else None,
        segment=s.get_one(Segment, series.segment_id).slug if series.segment_id else None,
    )
    # Whoever made the series made its campaigns: where two are asked for, another person approves them.
    campaign = drafts.add_campaign(s, draft, actor=series.added_by)
    log.info("series=%s date=%s campaign=%s made", series.id, row.local_date, campaign.id)
    return campaign


def _free_slug(s: Session, wanted: str) -> str:
    """A name that somebody gave by hand is not taken over."""
    slug, n = wanted, 1
    while s.scalar(select(Campaign.id).where(Campaign.slug == slug)) is not None:
        n += 1
        slug = f"{wanted}-{n}"
    return slug


def _as_subject(choice: Choice) -> str:
    """The title as it is; one that looks like a template's code is named instead, so that it stays mere text."""
    title = " ".join(choice.article.title.split()) if choice.article else ""
    return "{{ article.title }}" if any(mark in title for mark in ("{{", "{%", "{#")) else title


def _advance(s: Session, series: Series, row: Occurrence, campaign: Campaign, config: Config, now: datetime) -> str:
    """Schedule it if it may leave. Returns what it lacks."""
    campaign = locked(s, campaign)
    if is_decided(campaign):
        return ""
    if campaign.paused_at:
        return f"{campaign.slug} is paused; go on with: tipsheet campaign resume {campaign.slug}"
    at = instant(series, row.local_date)
    by_itself = series.approval == "not" and not config.campaigns.second_person
    approved = campaign.approved_at is not None and (now < at or campaign.approved_at < at)
    if not (approved or by_itself):
        return waits(series, campaign)
    return _schedule(s, series, row.local_date, campaign, config, now)


def _schedule(s: Session, series: Series, day: date, campaign: Campaign, config: Config, now: datetime) -> str:
    at, by = instant(series, day), decisions.By(f"series {series.slug}")
    try:
        with s.begin_nested():  # a refusal leaves the draft as it was
            if at > now:
                decisions.schedule(s, campaign, config, wall(series, day), series.zone, by)
            else:
                decisions.send(s, campaign, config, by)
                # Late it is; its deadline still counts from when it was meant.
                campaign.wall, campaign.zone, campaign.scheduled_for = wall(series, day), series.zone, at
    except TipsheetError as cause:
        return cause.sentence
    return ""


def _too_late(series: Series, row: Occurrence, lacks: str) -> str:
    skip = f"leave it out with: tipsheet series skip {series.slug} --date {row.local_date}"
    send = f"send it now with: tipsheet campaign send {row.campaign}, or " if row.campaign else ""
    return f"nothing was sent at its time ({lacks.partition(';')[0]}); {send}{skip}"


def _note(row: Occurrence, lacks: str) -> None:
    if (row.trouble or "") != lacks:
        row.trouble = lacks or None
        row.told = 0 if row.missed_at else None


def _tell(s: Session, series: Series, opened: list[Occurrence], now: datetime) -> None:
    """Say each thing once, and again when its day is nearer."""
    near = [(row, days_left(series, row.local_date, now)) for row in opened]
    news = [(row, days) for row, days in near if days is not None and (row.told is None or days < row.told)]
    if any(_is_early(series, row.local_date, now) for row, _ in news):
        # What is made already was looked at a moment ago; of the others it is only foreseen what they lack.
        foreseen = {need.date: need.lacks for need in needs_of(s, series, now)}
        for row, _ in news:
            _note(row, foreseen.get(row.local_date, ""))
    for row, days in news:
        row.told = days
        if row.trouble:
            log.warning("series=%s date=%s needs somebody: %s", series.id, row.local_date, row.trouble)
