"""The tick: gives each date its campaign ahead of time, has it scheduled once it may leave, and tells what is missing.
Any number of services may tick; a date is made by whoever has its row."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database
from base.errors import TipsheetError
from campaigns import decisions, drafts
from campaigns.models import Campaign, Occurrence, Segment, Series
from campaigns.series.choice import Choice, choose
from campaigns.series.needs import AHEAD, needs_of, waits
from campaigns.series.occurrences import (
    campaign_of,
    instant,
    is_decided,
    open_days,
    row_of,
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
        waiting = [x.id for x in live_series(s) if unseen(x, _horizon(x, now)) or open_days(s, x)]
    made = 0
    for series_id in waiting:
        with db.write() as s:
            series = s.get_one(Series, series_id, with_for_update=True, populate_existing=True)
            made += look(s, series, config, now)
    return made


def look(s: Session, series: Series, config: Config, now: datetime) -> int:
    """The same for one series, in the caller's transaction."""
    if series.ended_at is not None:
        return 0
    write_down(s, series, _horizon(series, now))
    # The last does not hold up the next: each date has its own row, its own campaign and its own deadline.
    made = sum(_look_at(s, series, day, config, now) for day in open_days(s, series))
    _tell(s, series, now)
    return made


def _horizon(series: Series, now: datetime) -> date:
    return today(series, now) + timedelta(days=max(series.days_ahead, *AHEAD))


def _look_at(s: Session, series: Series, day: date, config: Config, now: datetime) -> bool:
    """One date. True when its campaign was made just now."""
    if today(series, now) < day - timedelta(days=series.days_ahead):
        return False
    row = row_of(s, series, day)
    campaign, choice = campaign_of(s, row, lock=True), None
    if row.missed_at or row.skipped_at or (campaign and is_decided(campaign)):
        return False
    if campaign is None and now < instant(series, day) + config.delivery.send_within:
        choice = choose(s, series.list_id, series.offer, instant(series, day))
        campaign = None if choice.lacks else _make(s, series, row, choice)
    lacks = _advance(s, series, row, campaign, config, now) if campaign else _nothing(choice)
    if lacks and now >= instant(series, day):
        row.missed_at = now
        lacks = _too_late(series, row, lacks)
    _note(row, lacks)
    return bool(choice and campaign)


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
        row.trouble, row.told = lacks or None, None


def _tell(s: Session, series: Series, now: datetime) -> None:
    """Say each thing once, and again when its day is nearer."""
    s.flush()
    for need in needs_of(s, series, now):
        row = row_of(s, series, need.date)
        _note(row, need.lacks)
        if row.told is None or need.days < row.told:
            row.told = need.days
            log.warning("series=%s date=%s needs somebody: %s", series.id, need.date, need.lacks)
