"""Where the marks of a report's charts stand. What they look like is the template's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from base.time import zone
from campaigns.report.rates import Rate
from campaigns.report.report import BESIDE, Beside, Report, as_beside

WIDE, HIGH = 720, 130  # of a plot, in units of the drawing
_EVERY = 12  # hours between two times below it
_GAP = 3  # units between two columns
_THIN = 3  # units: whoever is there is seen
_LINES = 3
_WHOLE = ("accepted", "recipients")  # of what the parts of the recipients are told, in the order of the bar


@dataclass(frozen=True)
class Column:
    x: float
    wide: float
    high: float


@dataclass(frozen=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True)
class HoursChart:
    columns: tuple[Column, ...]
    ups: tuple[Tick, ...]
    times: tuple[Tick, ...]


@dataclass(frozen=True)
class Part:
    name: str
    people: int
    x: float
    wide: float


@dataclass(frozen=True)
class Cell:
    share: float | None
    long: float  # beside the longest of its column, which is 1


@dataclass(frozen=True)
class Row:
    of: Beside
    cells: tuple[Cell, ...]  # in the order of report.BESIDE


def hours_chart(people: Sequence[int], begins: datetime, zone_name: str) -> HoursChart | None:
    """A column an hour; None where nobody did anything."""
    most = max(people, default=0)
    if not most:
        return None
    step = _step(most)
    top = -(-most // step) * step
    each = WIDE / len(people)
    columns = tuple(
        Column(round(n * each + _GAP / 2, 2), round(each - _GAP, 2), _height(many, top))
        for n, many in enumerate(people)
    )
    ups = tuple(Tick(HIGH - _height(many, top), f"{many:,}") for many in range(0, top + 1, step))
    return HoursChart(columns, ups, tuple(_times(len(people), begins, zone_name)))


def parts(rates: Sequence[Rate]) -> tuple[Part, ...]:
    """What became of the recipients, as one bar; each is in one part."""
    mine = [rate for whole in _WHOLE for rate in rates if rate.of_what == whole]
    told = [rate for rate in mine if rate.name != "accepted" and rate.people]
    whole = sum(rate.people for rate in told)
    widths = [max(rate.people / whole * WIDE, _THIN) for rate in told]
    scale, x, found = WIDE / sum(widths, 0.0001), 0.0, []
    for each, wide in zip(told, widths, strict=True):
        found.append(Part(each.name, each.people, round(x, 2), round(wide * scale, 2)))
        x += wide * scale
    return tuple(found)


def beside(report: Report) -> tuple[Row, ...]:
    """This campaign first, then those before it; empty where there were none."""
    if not report.beside:
        return ()
    all_of_them = (as_beside(report), *report.beside)
    most = [max(one.rates[n].share or 0 for one in all_of_them) or 1 for n in range(len(BESIDE))]
    return tuple(
        Row(one, tuple(Cell(each.share, (each.share or 0) / top) for each, top in zip(one.rates, most, strict=True)))
        for one in all_of_them
    )


def _times(hours: int, begins: datetime, zone_name: str) -> Iterator[Tick]:
    for number in range(0, hours + 1, _EVERY):
        there = (begins + timedelta(hours=number)).astimezone(zone(zone_name))
        yield Tick(round(number * WIDE / hours, 2), f"{there:%a %H:%M}")


def _height(people: int, top: int) -> float:
    return round(max(people * HIGH / top, 1 if people else 0), 2)


def _step(most: int) -> int:
    """1, 2 or 5 with noughts, for few lines."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * _LINES >= most:
                return step
        size *= 10
