"""What a series' words mean: a rule, and the dates it gives. Calendar arithmetic: no clock, no zone, no database."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST = -1
LAST_YEAR = 9998  # one before the calendar's end, so that the day after a date always is one


@dataclass(frozen=True)
class Pick:
    """The nth such day of a month: (2, "monday"), (LAST, "weekday"), (15, "day")."""

    nth: int
    of: str


@dataclass(frozen=True)
class Monthly:
    picks: tuple[Pick, ...]


@dataclass(frozen=True)
class Weekly:
    weekdays: tuple[int, ...]  # Monday is 0
    every: int = 1


@dataclass(frozen=True)
class Rule:
    days: Monthly | Weekly
    at: time


def dates(rule: Rule, starts_on: date, first: date) -> Iterator[date]:
    """Every date of the rule from `first` on, in order; none before `starts_on`, from which weeks are counted."""
    first = max(first, starts_on)
    if isinstance(rule.days, Weekly):
        return _weekly(rule.days, starts_on, first)
    return _monthly(rule.days, first)


def left_out(rule: Rule, first: date, last: date) -> list[date]:
    """The first days of the months between these dates in which a fifth one is missing."""
    if isinstance(rule.days, Weekly):
        return []
    missing = (month for month in _months(first) if None in _picked(rule.days, month))
    found = []
    for month in missing:
        if month > last:
            break
        found.append(month)
    return found


def _monthly(rule: Monthly, first: date) -> Iterator[date]:
    for month in _months(first):
        yield from (day for day in _days(rule, month) if day >= first)


def _weekly(rule: Weekly, starts_on: date, first: date) -> Iterator[date]:
    """Whole weeks, Monday to Sunday; the first that counts is the one with the first such day since the start."""
    begin = min(starts_on + timedelta((day - starts_on.weekday()) % 7) for day in rule.weekdays)
    monday, step = begin - timedelta(begin.weekday()), timedelta(weeks=rule.every)
    week = monday + max(0, (first - monday) // step) * step
    while week.year <= LAST_YEAR:
        yield from (day for day in (week + timedelta(n) for n in rule.weekdays) if day >= first)
        week += step


def _months(first: date) -> Iterator[date]:
    for month in range(first.year * 12 + first.month - 1, (LAST_YEAR + 1) * 12):
        yield date(month // 12, month % 12 + 1, 1)


@lru_cache(maxsize=1024)
def _days(rule: Monthly, month: date) -> tuple[date, ...]:
    """In order. A set: in February the 30th and the last day are one date."""
    return tuple(sorted(day for day in set(_picked(rule, month)) if day))


def _picked(rule: Monthly, month: date) -> list[date | None]:
    return [_pick(pick, month) for pick in rule.picks]


def _pick(pick: Pick, month: date) -> date | None:
    _, length = monthrange(month.year, month.month)
    if pick.of == "day":
        # The 31st of a shorter month is its last day: a series of "the 31st" goes every month, as it says.
        return month.replace(day=length if pick.nth == LAST else min(pick.nth, length))
    wanted = range(5) if pick.of == "weekday" else (WEEKDAYS.index(pick.of),)
    days = [day for day in range(1, length + 1) if month.replace(day=day).weekday() in wanted]
    nth = len(days) if pick.nth == LAST else pick.nth
    return month.replace(day=days[nth - 1]) if nth <= len(days) else None
