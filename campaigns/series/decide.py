"""What people decide about a date of a series: approve its campaign, or leave it out."""

from __future__ import annotations

from datetime import date, datetime
from itertools import islice

from sqlalchemy.orm import Session

from base.config import Config
from base.errors import Refused
from campaigns import decisions
from campaigns.models import Campaign, Occurrence, Series
from campaigns.series.make import look
from campaigns.series.occurrences import (
    campaign_of,
    days_of,
    instant,
    locked,
    open_rows,
    row_of,
    to_come,
    wall,
)
from campaigns.series.words import day_words


def approve(s: Session, series: Series, config: Config, by: decisions.By, now: datetime) -> Campaign:
    """Approve the next campaign that waits for it, and schedule it. Raises Refused where nothing waits."""
    look(s, series, config, now)  # nobody has to wait for the service's next turn
    for row, campaign in open_rows(s, series):
        if campaign and instant(series, row.local_date) > now:
            campaign = locked(s, campaign)
            if campaign.approved_at is None:
                decisions.approve(s, campaign, config, by)
            decisions.schedule(s, campaign, config, wall(series, row.local_date), series.zone, by)
            row.trouble = row.told = None
            return campaign
    raise Refused(f"Nothing of {series.slug} waits for approval; see: tipsheet series next {series.slug}")


def skip(s: Session, series: Series, day: date | None, *, actor: str, now: datetime) -> date:
    """Send nothing on this date, or on the next one. What was made for it is cancelled. Returns the date."""
    day = day or _next_day(s, series, now)
    if next(days_of(series, day), None) != day:
        coming = ", ".join(str(each) for each in islice(to_come(series, now), 3))
        raise Refused(f"{day_words(day)} is no date of {series.slug}; its next are {coming}")
    row = row_of(s, series, day)
    if row.skipped_at:
        raise Refused(f"{series.slug} was told before to leave out {day_words(day)}")
    _cancel(s, row)
    row.skipped_at, row.skipped_by = now, actor
    row.trouble = row.told = None
    return day


def _next_day(s: Session, series: Series, now: datetime) -> date:
    for day in to_come(series, now):
        row = row_of(s, series, day)
        campaign = campaign_of(s, row)
        if not row.skipped_at and not (campaign and (campaign.cancelled_at or campaign.launched_at)):
            return day
    raise Refused(f"{series.slug} has no date to come")


def _cancel(s: Session, row: Occurrence) -> None:
    campaign = campaign_of(s, row)
    if campaign is None or locked(s, campaign).cancelled_at:
        return
    if campaign.launched_at:
        stop = f"tipsheet campaign cancel {campaign.slug}"
        raise Refused(f"{campaign.slug} has begun to leave; stop what is left of it with: {stop}")
    decisions.cancel(s, campaign)
