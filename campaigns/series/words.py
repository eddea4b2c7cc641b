"""A rule in words that people, and `when.parse`, understand; and what they should know about its dates."""

from __future__ import annotations

from datetime import date

from campaigns.series.rule import LAST, WEEKDAYS, Monthly, Pick, Rule, Weekly, left_out
from campaigns.series.when import NUMBERS, order

_ORDINALS = {nth: word for word, nth in NUMBERS.items()}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def describe(rule: Rule) -> str:
    """ "the first Tuesday of the month at 09:00"."""
    days = _weekly(rule.days) if isinstance(rule.days, Weekly) else _monthly(rule.days)
    return f"{days} at {rule.at:%H:%M}"


def notes(rule: Rule, first: date, last: date) -> list[str]:
    """What is worth knowing about the dates between these two."""
    if isinstance(rule.days, Weekly):
        return []
    found = [
        f"in a shorter month the {_nth(pick.nth)} means its last day"
        for pick in rule.days.picks
        if pick.of == "day" and pick.nth > 28
    ]
    missing = [f"{_MONTHS[month.month - 1]} {month.year}" for month in left_out(rule, first, last)]
    for pick in rule.days.picks:
        if pick.nth == 5 and pick.of in WEEKDAYS:
            without = f": {', '.join(missing)}" if missing else ""
            found.append(f"months without a fifth {pick.of.title()} are left out{without}")
    return found


def day_words(day: date) -> str:
    """`Tuesday 5 January 2027`, whatever the machine's language is."""
    return f"{WEEKDAYS[day.weekday()].title()} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _weekly(days: Weekly) -> str:
    if days == Weekly((0, 1, 2, 3, 4)):
        return "every weekday"
    if days == Weekly((0, 1, 2, 3, 4, 5, 6)):
        return "every day"
    names = _listed([WEEKDAYS[n].title() for n in days.weekdays])
    return f"every {days.every} weeks on {names}" if days.every > 1 else f"every {names}"


def _monthly(days: Monthly) -> str:
    """Each kind of day once: "the second and fourth Monday and the 15th of the month"."""
    groups: dict[str, list[Pick]] = {}
    for pick in sorted(set(days.picks), key=order):
        bare = pick.of == "day" and pick.nth != LAST
        groups.setdefault("" if bare else pick.of, []).append(pick)
    parts = [f"the {_listed([_number(p, unit) for p in picks])}{_unit(unit)}" for unit, picks in groups.items()]
    return f"{' and '.join(parts)} of the month"


def _number(pick: Pick, unit: str) -> str:
    return _ORDINALS[pick.nth] if unit else _nth(pick.nth)


def _unit(unit: str) -> str:
    return f" {unit.title() if unit in WEEKDAYS else unit}" if unit else ""


def _nth(n: int) -> str:
    ending = "th" if n in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
