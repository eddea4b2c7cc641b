"""Numbers that lines open with ("1.", "2)", "Step 3:", "iv.", "First,") and the counts that they make up.
A number by itself means nothing: only a count from one upwards, in one style, is numbering."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from campaigns.articles.english import FIRSTS, LASTS, ONES

_ROMANS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")
_NAME = r"(?:(?P<name>[^\W\d_]{2,12})\s+)?"
_DASH = r"\s+[-–—]\s+|[-–—]\s+"
# "1.Rest" is a number, "1.5" and "10:30" are not.
_STOP = rf"(?:\s*(?P<stop>[.):])(?=\s|[^\W\d_]|[\"“'‘(]|$)|{_DASH})\s*"
_SPACED_STOP = rf"(?:(?P<stop>[.):])(?=\s|$)|{_DASH})\s*"
_LOOSE_STOP = rf"(?:\s*[.):,](?=\s|$)|{_DASH})\s*"

# (style, how it is written, the number words in counting order or None for digits)
_STYLES: tuple[tuple[str, re.Pattern[str], Sequence[str] | None], ...] = (
    ("digits", re.compile(rf"{_NAME}[(#№]{{0,2}}(?P<n>[0-9]{{1,2}}){_STOP}"), None),
    ("digits", re.compile(r"(?P<name>[^\W\d_]{2,12})\s+#?(?P<n>[0-9]{1,2})(?:\s+(?=[A-Z])|$)"), None),
    ("keycap", re.compile(r"(?P<n>[0-9])\ufe0f?\u20e3\s*"), None),
    ("roman", re.compile(rf"\(?(?P<n>[ivxIVX]{{1,5}}){_SPACED_STOP}"), _ROMANS),
    ("letter", re.compile(r"\(?(?P<n>[A-Ha-h])(?P<stop>[.)])\s+"), "abcdefgh"),
    ("word", re.compile(rf"{_NAME}(?P<n>{'|'.join(ONES)})(?:{_LOOSE_STOP}|$)", re.I), ONES),
    ("digits", re.compile(r"#(?P<n>[0-9]{1,2})\s+"), None),
    ("ordinal", re.compile(rf"(?P<n>{'|'.join(FIRSTS)})(?:ly)?{_LOOSE_STOP}", re.I), FIRSTS),
    ("ordinal", re.compile(rf"(?P<n>{'|'.join(LASTS)}){_LOOSE_STOP}", re.I), LASTS),
)
# Most lines open with no number: one look tells.
_NUMBER_WORDS = "|".join(ONES + FIRSTS + LASTS)
_MAYBE = re.compile(
    rf"(?:[^\W\d_]{{2,12}}\s+)?[(#№]{{0,2}}(?:[0-9]|(?:[ivx]{{1,5}}|[a-h])[.):\s–—-]|{_NUMBER_WORDS})", re.I
)
_LONGEST_MARK = 40
_LAST = -1
_DEEPEST = 8  # counts within counts that are kept open; more of them is no article


@dataclass(frozen=True, slots=True)
class Number:
    style: str
    value: int  # _LAST where the word only says that it is the last one
    rest: str  # the line without it


def counts(texts: Iterable[str]) -> list[list[int]]:
    """The indexes of each count 1, 2, 3 …, two or more of one style; other lines may stand between them."""
    waiting: dict[str, list[list[int]]] = defaultdict(list)
    found: list[list[int]] = []
    for index, text in enumerate(texts):
        number = number_of(text)
        if number is None:
            continue
        if number.value == 1:
            found.append([index])
            waiting[number.style].append(found[-1])
            del waiting[number.style][:-_DEEPEST]
        else:
            _carry_on(waiting[number.style], number.value, index)
    return [count for count in found if len(count) > 1]


def unnumbered(texts: Sequence[str]) -> tuple[str, ...] | None:
    """The texts without their numbers, if together they are one count."""
    if counts(texts)[:1] != [list(range(len(texts)))]:
        return None
    return tuple(number.rest for text in texts if (number := number_of(text)))


def number_of(line: str) -> Number | None:
    start = line[:_LONGEST_MARK]  # a paragraph may be a megabyte
    if not _MAYBE.match(start):
        return None
    for style, pattern, words in _STYLES:
        match = pattern.match(start)
        if match and (value := _value(match["n"], words)):
            named = match.groupdict()
            key = f"{style} {(named.get('name') or '').lower()} {named.get('stop') or ''}"
            return Number(style=key, value=value, rest=line[match.end() :])
    return None


def _value(number: str, words: Sequence[str] | None) -> int:
    if words is None:
        return int(number)
    if words is LASTS:
        return _LAST
    return words.index(number.lower()) + 1 if number.lower() in words else 0


def _carry_on(waiting: list[list[int]], value: int, index: int) -> None:
    """Add the line to the innermost count that waits for its value; counts begun within that one are over."""
    for depth in range(len(waiting) - 1, -1, -1):
        if value in (len(waiting[depth]) + 1, _LAST):
            waiting[depth].append(index)
            del waiting[depth + 1 :]
            return
