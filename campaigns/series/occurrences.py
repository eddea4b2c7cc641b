"""The dates of a series: which they are, at what instant each falls, and the row that each gets once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.time import at_wall
from base.time import zone as find_zone
from campaigns.models import Campaign, Occurrence, Series
from campaigns.series.rule import Rule, dates
from campaigns.series.when import parse

_parsed = lru_cache(parse)


def rule(series: Series) -> Rule:
    return _parsed(series.words)


def instant(series: Series, day: date) -> datetime:
    """When that day's mail is due, by the rules that its zone has now."""
    return at_wall(datetime.combine(day, rule(series).at), series.zone)


def made_at(series: Series, day: date) -> datetime:
    """From when on that day's campaign is made: the first moment of a day, so many days ahead."""
    first = datetime.combine(day - timedelta(days=series.days_ahead), time())
    return at_wall(first, series.zone)


def wall(series: Series, day: date) -> str:
    return f"{day.isoformat()} {rule(series).at:%H:%M}"


def today(series: Series, now: datetime) -> date:
    return now.astimezone(find_zone(series.zone)).date()


def days_of(series: Series, first: date) -> Iterator[date]:
    """Its dates from `first` on."""
    return dates(rule(series), series.starts_on, first)


def to_come(series: Series, now: datetime) -> Iterator[date]:
    """Its dates whose time has not come yet."""
    # From yesterday: a time that its day does not have can move past midnight.
    yesterday = today(series, now) - timedelta(days=1)
    return (day for day in days_of(series, yesterday) if instant(series, day) > now)


def unseen(series: Series, through: date) -> list[date]:
    """Its dates up to this day that have had no row made yet."""
    return list(takewhile(lambda day: day <= through, days_of(series, series.seen_through + timedelta(days=1))))


def write_down(s: Session, series: Series, through: date) -> None:
    """Give each date up to this day its row. Whoever does it at the same time finds it done."""
    if days := unseen(series, through):
        for day in days:
            _ensure(s, series, day)
        series.seen_through = through


def row_of(s: Session, series: Series, day: date) -> Occurrence:
    """The row of a date. Who changes it holds the series' lock."""
    _ensure(s, series, day)
    mine = Occurrence.series_id == series.id, Occurrence.local_date == day
    return s.scalars(select(Occurrence).where(*mine).execution_options(populate_existing=True)).one()


def rows(s: Session, series: Series, first: date) -> dict[date, Occurrence]:
    """Those of the dates from `first` on that have one."""
    found = select(Occurrence).where(Occurrence.series_id == series.id, Occurrence.local_date >= first)
    return {row.local_date: row for row in s.scalars(found)}


def last_missed(s: Session, series: Series) -> Occurrence | None:
    """The newest one whose time came and went with nothing sent, and about which nobody has decided since."""
    missed = select(Occurrence).where(Occurrence.series_id == series.id, Occurrence.missed_at.is_not(None))
    row = s.scalar(missed.where(Occurrence.skipped_at.is_(None)).order_by(Occurrence.local_date.desc()).limit(1))
    if row is None or ((campaign := campaign_of(s, row)) and is_decided(campaign)):
        return None
    return row


def is_decided(campaign: Campaign) -> bool:
    """Has it a time, an end, or left already? Then a series has no more to do with it."""
    return bool(campaign.scheduled_for or campaign.launched_at or campaign.cancelled_at)


def open_rows(s: Session, series: Series) -> list[tuple[Occurrence, Campaign | None]]:
    """The dates on which something is still to be made or scheduled, in order."""
    return [(row, campaign) for row, campaign in s.execute(_OPEN_OF_ONE, {"series": series.id})]


def all_open(s: Session) -> dict[int, list[Row[int, date, int | None, str | None, datetime | None]]]:
    """The open dates of every series by its id, with what there is to know of each: told, campaign, approved_at."""
    found: dict[int, list[Row[int, date, int | None, str | None, datetime | None]]] = defaultdict(list)
    for row in s.execute(_OPEN_OF_ALL):
        found[row.series_id].append(row)
    return found


def campaign_of(s: Session, row: Occurrence) -> Campaign | None:
    return s.scalar(select(Campaign).where(Campaign.slug == row.campaign)) if row.campaign else None


def locked(s: Session, campaign: Campaign) -> Campaign:
    """As it is now: people decide on campaigns without asking its series."""
    return s.get_one(Campaign, campaign.id, with_for_update=True, populate_existing=True)


def _open(*columns: Any) -> Select[Any]:
    undecided = Campaign.scheduled_for.is_(None) & Campaign.launched_at.is_(None) & Campaign.cancelled_at.is_(None)
    return (
        select(*columns)
        .select_from(Occurrence)
        .outerjoin(Campaign, Campaign.slug == Occurrence.campaign)
        .where(Occurrence.missed_at.is_(None), Occurrence.skipped_at.is_(None))
        .where(or_(Campaign.id.is_(None), undecided))
    )


# Every turn of the service asks these of every series: they are put together once.
_OPEN_OF_ONE = (
    _open(Occurrence, Campaign)
    .where(Occurrence.series_id == bindparam("series"))
    .order_by(Occurrence.local_date)
    .execution_options(populate_existing=True)
)
_OPEN_OF_ALL = _open(Occurrence.series_id, Occurrence.local_date, Occurrence.told, Campaign.slug, Campaign.approved_at)


def _ensure(s: Session, series: Series, day: date) -> None:
    insert = sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
    s.execute(insert(Occurrence).values(series_id=series.id, local_date=day).on_conflict_do_nothing())
