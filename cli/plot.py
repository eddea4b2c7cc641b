"""What is drawn for a terminal: a list's growth, the hours after a launch. In a file or a pipe it is plain signs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cli.output import Printer
from subscribers.growth import Week

_WIDE = 40  # signs for the busiest week
_HIGH = 6  # lines for the busiest hour


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


def plot_hours(printer: Printer, what: str, hours: Sequence[int]) -> None:
    """A column an hour. Nothing where nobody did it."""
    most = max(hours, default=0)
    if not most:
        return
    signs = " ▁▂▃▄▅▆▇█" if sys.stdout.isatty() else " +"
    full = len(signs) - 1
    heights = [max(round(many * _HIGH * full / most), 1 if many else 0) for many in hours]
    printer.say(f"{what} for the first time, people an hour (the most: {most:,})", "bold")
    for line in reversed(range(_HIGH)):
        printer.say("  │" + "".join(signs[min(max(height - line * full, 0), full)] for height in heights).rstrip())
    printer.say("  └" + "─" * len(hours))
    printer.say("   " + "".join(f"{hour} h".ljust(12) for hour in range(0, len(hours), 12)) + f"{len(hours)} h")


def _bar(many: int, most: int, sign: str) -> str:
    """Whoever is there is seen."""
    return sign * max(round(many * _WIDE / most), 1 if many else 0)
