"""What a series needs from a person, 7, 3 and 1 days ahead and when its time went by. Telling them: alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from campaigns.models import Campaign, Series
from campaigns.series.next import Ahead, ahead
from campaigns.series.occurrences import days_of, instant, last_missed, rule, today
from campaigns.series.store import live_series
from campaigns.series.words import day_words

AHEAD = (7, 3, 1)  # days on which staff are told


@dataclass(frozen=True)
class Lack:
    date: date
    days: int  # 7, 3 or 1: the last of these that was reached; 0: its time is over
    lacks: str


@dataclass(frozen=True)
class Need:
    """(series, date, days) stays the same while it is the same news."""

    series: str
    date: date  # the first that lacks it
    days: int
    lacks: str
    sentence: str


_Lacking = TypeVar("_Lacking", Ahead, Lack)


def needs(s: Session, now: datetime) -> list[Need]:
    """Everything that the coming dates of all series lack, as of now, the nearest first; each thing once a series."""
    found = [_need(series, *one) for series in live_series(s) for one in once(needs_of(s, series, now))]
    return sorted(found, key=lambda need: (need.date, need.series))


def once(found: Sequence[_Lacking]) -> list[tuple[_Lacking, str]]:
    """The first of those that lack the same, and words for how many more do."""
    same: dict[str, list[_Lacking]] = {}
    for one in found:
        if one.lacks:
            same.setdefault(one.lacks, []).append(one)
    return [(first, _more(len(rest))) for first, *rest in same.values()]


def needs_of(s: Session, series: Series, now: datetime) -> list[Lack]:
    """Date by date."""
    last_day = today(series, now) + timedelta(days=max(AHEAD))
    found = _missed(s, series, now)
    for each in ahead(s, series, now, through=last_day):
        days = days_left(series, each.date, now)
        if each.lacks and days is not None:
            found.append(Lack(each.date, days, each.lacks))
    return found


def days_left(series: Series, day: date, now: datetime) -> int | None:
    """The last of AHEAD that was reached; None before the first."""
    left = (day - today(series, now)).days
    return min((days for days in AHEAD if days >= left), default=None)


def waits(series: Series, campaign: Campaign) -> str:
    """That somebody has to approve it."""
    return (
        f"{campaign.slug} waits for approval; look at it with: tipsheet campaign preview {campaign.slug}, and approve "
        f"it with: tipsheet series approve {series.slug}"
    )


def _missed(s: Session, series: Series, now: datetime) -> list[Lack]:
    row = last_missed(s, series)
    # When the next one's time has come, this one is history.
    if row is None or instant(series, next(days_of(series, row.local_date + timedelta(days=1)))) <= now:
        return []
    return [Lack(row.local_date, 0, row.trouble or "")]


def _need(series: Series, lack: Lack, more: str) -> Need:
    when = f"{day_words(lack.date)} {rule(series).at:%H:%M} {series.zone}{more}"
    sentence = f"The series {series.slug} on {when}: {lack.lacks}"
    return Need(series.slug, lack.date, lack.days, lack.lacks, sentence)


def _more(dates: int) -> str:
    return f", and on {dates} later {'date' if dates == 1 else 'dates'}" if dates else ""
