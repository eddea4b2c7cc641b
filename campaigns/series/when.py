"""From words to a rule: "first tuesday 09:00", "every 2 weeks on thursday 9am". Its dates: rule.py; back: words.py."""

from __future__ import annotations

import re
from datetime import time
from difflib import get_close_matches

from base.errors import BadInput
from campaigns.series.rule import LAST, WEEKDAYS, Monthly, Pick, Rule, Weekly

NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": LAST}
UNITS = (*WEEKDAYS, "weekday", "day")
COUNTS = {"other": 2, "two": 2, "three": 3, "four": 4}
MOST_WEEKS = 52
EXAMPLES = "'first tuesday 09:00' or 'every 2 weeks on thursday 09:00'"

_SHORT = {name[:n]: name for name in WEEKDAYS for n in (3, 4, 5)} | {name: name for name in UNITS}
_NTH = re.compile(r"(\d{1,3})(?:st|nd|rd|th)")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?(am|pm)?")
_KNOWN = (*NUMBERS, *UNITS, *COUNTS, "every", "weeks", "month")


def parse(text: str) -> Rule:
    """Raises BadInput, pointing at the word that is not understood."""
    words = _Words(text)
    words.skip("on", "the")
    days: Monthly | Weekly = _weekly(words) if words.take("every") else _monthly(words)
    words.skip("at")
    rule = Rule(days, _time(words))
    if words.left:
        raise words.complaint("the time ends what can be said")
    return rule


class _Words:
    """The words of a rule from left to right."""

    def __init__(self, text: str) -> None:
        self._text = " ".join(text.split())
        # "9 am" is one word, and a comma between two days says "and".
        text = re.sub(r"(\d)\s+(am|pm)\b", r"\1\2", text.casefold().replace(",", " and "))
        self.left = re.sub(r"\band\s+and\b", "and", text).split()

    def take(self, *wanted: str) -> str:
        """The next word, if it is one of these."""
        return self.left.pop(0) if self.left and self.left[0] in wanted else ""

    def skip(self, *idle: str) -> None:
        while self.take(*idle):
            pass

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.fullmatch(self.left[0]) if self.left else None
        if found:
            self.left.pop(0)
        return found

    def complaint(self, wanted: str) -> BadInput:
        if not self.left:
            return BadInput(f"After {self._text[-40:]!r} something is missing: {wanted}; say it like {EXAMPLES}")
        word = self.left[0]
        meant = get_close_matches(word, _KNOWN, 1, 0.75) if word not in _KNOWN else []
        guess = f" (did you mean {meant[0]}?)" if meant else ""
        return BadInput(f"The word {word[:40]!r}{guess} cannot stand there: {wanted}; say it like {EXAMPLES}")


def _weekly(words: _Words) -> Weekly:
    every = _weeks(words)
    if every == 1 and words.take("weekday"):
        return Weekly((0, 1, 2, 3, 4))
    if every == 1 and words.take("day"):
        return Weekly((0, 1, 2, 3, 4, 5, 6))
    days = {_weekday(words)}
    while words.take("and"):
        words.skip("on")
        days.add(_weekday(words))
    return Weekly(tuple(sorted(days)), every)


def _weeks(words: _Words) -> int:
    """After "every": how many weeks lie between."""
    every = 1
    if count := words.take(*COUNTS):
        every = COUNTS[count]
    elif words.left and words.left[0].isdecimal():
        if not 1 <= int(words.left[0][:4]) <= MOST_WEEKS:
            raise words.complaint(f"give between 1 and {MOST_WEEKS} weeks")
        every = int(words.left.pop(0))
        if not (words.left and words.left[0] in ("week", "weeks")):
            raise words.complaint("only weeks can be counted")
    if words.take("week", "weeks"):
        words.skip("on")
    return every


def _weekday(words: _Words) -> int:
    if not (words.left and _SHORT.get(words.left[0]) in WEEKDAYS):
        raise words.complaint("a day of the week is due, such as thursday")
    return WEEKDAYS.index(_SHORT[words.left.pop(0)])


def _monthly(words: _Words) -> Monthly:
    picks: list[Pick] = []
    open_: list[tuple[int, str]] = []  # "second and fourth", whose unit is still to come
    while True:
        words.skip("the")
        open_.append(_number(words))
        if words.left and words.left[0] in _SHORT:
            picks += _of(words, open_)
            open_ = []
        if not words.take("and"):
            break
    picks += _bare(words, open_)
    if words.take("of"):
        words.skip("the", "each", "every")
        if not words.take("month"):
            raise words.complaint("only a month has such days")
    return Monthly(tuple(sorted(set(picks), key=order)))


def _number(words: _Words) -> tuple[int, str]:
    """A number and how it was written."""
    if found := words.match(_NTH):
        if not 1 <= int(found[1]) <= 31:
            words.left.insert(0, found[0])
            raise words.complaint("a month has the days 1st to 31st")
        return int(found[1]), found[0]
    if word := words.take(*NUMBERS):
        return NUMBERS[word], word
    raise words.complaint("say which day: first to fifth, last, a day such as 15th, or every")


def _of(words: _Words, open_: list[tuple[int, str]]) -> list[Pick]:
    unit = _SHORT[words.left[0]]
    if unit != "day" and open_[-1][0] > 5:
        raise words.complaint(f"no month has a {open_[-1][1]} {unit}")
    words.left.pop(0)
    # In "15th and last friday" the 15th can only be a day of the month.
    return [Pick(nth, unit if nth <= 5 else "day") for nth, _ in open_]


def _bare(words: _Words, open_: list[tuple[int, str]]) -> list[Pick]:
    """Numbers that nothing follows are days of the month, if they are written as such."""
    for _, word in open_:
        if word in NUMBERS:
            raise words.complaint(f"say the {word} what: a day of the week, weekday or day")
    return [Pick(nth, "day") for nth, _ in open_]


def _time(words: _Words) -> time:
    found = words.match(_CLOCK)
    if not found or not (found[2] or found[3]):
        if found:
            words.left.insert(0, found[0])
        raise words.complaint("the time of day is due, such as 09:00 or 9am")
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] and 1 <= hour <= 12:
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    elif found[3]:
        hour = 24
    if hour > 23 or minute > 59:
        words.left.insert(0, found[0])
        raise words.complaint("no clock shows that")
    return time(hour, minute)


def order(pick: Pick) -> tuple[bool, int, int]:
    """Bare days of the month stand last, where no unit can follow them."""
    return pick.of == "day" and pick.nth != LAST, UNITS.index(pick.of), pick.nth % 99
