"""A list's growth, drawn for a terminal; the same in plain signs where the output is a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cli.output import Printer
from subscribers.growth import Week

_WIDE = 40  # signs for the busiest week


def plot(printer: Printer, weeks: Sequence[Week]) -> None:
    """A line a week: who joined as a bar, who left as another. Quiet weeks at the beginning are left out."""
    busy = [number for number, week in enumerate(weeks) if week.joined or week.left]
    if not busy:
        return
    most = max(max(week.joined, week.left) for week in weeks)
    joined, left = ("█", "░") if sys.stdout.isatty() else ("+", "-")
    rows = [
        (
            f"{week.begins:%Y-%m-%d}",
            week.joined,
            week.left,
            _bar(week.joined, most, joined) + _bar(week.left, most, left),
        )
        for week in weeks[busy[0] :]
    ]
    printer.table(("week of", "joined>", "left>", ""), rows, empty="")


def _bar(many: int, most: int, sign: str) -> str:
    """Whoever is there is seen."""
    return sign * max(round(many * _WIDE / most), 1 if many else 0)
