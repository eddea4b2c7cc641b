"""What each line of a plain text is for. The rules look at counts, marks, looks and neighbours, never at a topic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Literal

from campaigns.articles.headings import Looks, could_head_text, is_byline, looks
from campaigns.articles.lines import DASHES, SURE_BULLETS, Line
from campaigns.articles.numbering import counts, number_of
from campaigns.articles.sentences import ends_as_sentence

# section: a heading by itself. point: a heading of a numbered or bulleted group. item: of a list.
Role = Literal["section", "point", "item", "quote", "text"]

_LONGEST_RUN = 2  # heading-like lines in a row that may all be headings: a section and what stands first in it
_MOST_ITEM_WORDS = 40  # of a numbered line in a list; longer ones are paragraphs
_TELLING_WORDS = 20  # a line of so many words is text to stand under a heading, however it ends
_ENTRY = re.compile(r"\s+[-–—|]\s+|:\s+")


def roles(lines: Sequence[Line]) -> list[Role]:
    found: list[Role | None] = ["quote" if line.quoted else None for line in lines]
    _numbered(lines, found)
    _bulleted(lines, found)
    _entries(lines, found)
    _sections(lines, found)
    return [role or "text" for role in found]


def _numbered(lines: Sequence[Line], found: list[Role | None]) -> None:
    texts = ["" if role or line.bullet else line.text for line, role in zip(lines, found, strict=True)]
    for count in counts(texts):
        heads = [i for i in count if could_head_text(_after_number(lines[i].text))]
        if _stand_together(count):
            role: Role = "item" if _are_items(lines, count) else "text"
        else:
            role = "point" if len(heads) * 2 > len(count) else "text"
        for i in count:
            found[i] = "text" if role == "point" and i not in heads else role


def _after_number(text: str) -> str:
    number = number_of(text)
    return number.rest if number else text


def _are_items(lines: Sequence[Line], count: Sequence[int]) -> bool:
    """Not the paragraphs of an essay that open with "First, …", "Second, …"."""
    long = sum(len(lines[i].text.split(maxsplit=_MOST_ITEM_WORDS)) > _MOST_ITEM_WORDS for i in count)
    return long * 2 <= len(count)


def _stand_together(count: Sequence[int]) -> bool:
    """Most of a count's lines follow each other at once: a list. With text between them they head that text."""
    neighbours = sum(b - a == 1 for a, b in pairwise(count))
    return neighbours * 2 >= len(count) - 1


def _bulleted(lines: Sequence[Line], found: list[Role | None]) -> None:
    free = [i for i, line in enumerate(lines) if line.bullet and found[i] is None]
    singles: dict[str, list[int]] = {}
    for run in _runs(free, lines):
        introduced = run[0] > 0 and lines[run[0] - 1].text.endswith(":")
        if len(run) > 1 or introduced:
            _assign(found, run, "item")
        else:
            singles.setdefault(lines[run[0]].bullet, []).append(run[0])
    for mark, alone in singles.items():
        heads = [i for i in alone if could_head_text(lines[i].text) and _is_body(lines, found, i + 1)]
        if len(heads) > 1 and len(heads) == len(alone):
            _assign(found, alone, "point")
        elif mark in SURE_BULLETS:
            _assign(found, alone, "item")


def _runs(indexes: Sequence[int], lines: Sequence[Line]) -> Iterator[list[int]]:
    """Lines that follow each other with the same mark."""
    for _, run in groupby(enumerate(indexes), key=lambda pair: (pair[1] - pair[0], lines[pair[1]].bullet)):
        yield [index for _, index in run]


def _entries(lines: Sequence[Line], found: list[Role | None]) -> None:
    """Neighbours that open alike ("Read also – …") are entries of a kind: links, credits, opening hours."""
    for i in range(1, len(lines)):
        if found[i] is None or found[i - 1] in (None, "text"):
            opening = _ENTRY.split(lines[i].whole[:200], maxsplit=1)
            before = _ENTRY.split(lines[i - 1].whole[:200], maxsplit=1)
            if len(opening) > 1 and len(before) > 1 and opening[0].lower() == before[0].lower():
                _assign(found, [k for k in (i - 1, i) if found[k] is None], "text")


def _sections(lines: Sequence[Line], found: list[Role | None]) -> None:
    """From the end upwards, for a heading is known by what stands under it. An emoji may open one, a dash may not."""
    seen: list[Looks] = [
        "none" if role or line.bullet in DASHES else looks(line.whole) for line, role in zip(lines, found, strict=True)
    ]
    for i in _inner(seen):
        seen[i] = "none"
    for i in range(len(lines) - 1, -1, -1):
        if seen[i] != "none" and _heads(lines, found, seen[i], i):
            found[i] = "section"


def _inner(seen: Sequence[Looks]) -> list[int]:
    """All but the ends of a long run of heading-like lines: a menu, an address, names of other articles."""
    inner: list[int] = []
    for strong, run in groupby(range(len(seen)), key=lambda i: seen[i] == "strong"):
        members = list(run)
        if strong and len(members) > _LONGEST_RUN:
            inner += members[1:-1]
    return inner


def _heads(lines: Sequence[Line], found: Sequence[Role | None], look: Looks, i: int) -> bool:
    under = i + 1
    while under < len(lines) and is_byline(lines[under].text):
        under += 1
    if under == len(lines):
        return False
    if found[under] in ("point", "item", "quote"):
        return True
    if found[under] == "section":
        return look == "strong"
    times_longer = len(lines[under].text.split()) / len(lines[i].text.split())
    if look == "strong":
        return times_longer > 1.5 or _is_body(lines, found, under)
    return times_longer > 1 and _is_body(lines, found, under)


def _is_body(lines: Sequence[Line], found: Sequence[Role | None], i: int) -> bool:
    if i >= len(lines) or found[i] not in (None, "text") or lines[i].bullet in DASHES:
        return False
    text = lines[i].text
    return ends_as_sentence(text) or text.endswith(":") or len(text.split(maxsplit=_TELLING_WORDS)) > _TELLING_WORDS


def _assign(found: list[Role | None], indexes: Sequence[int], role: Role) -> None:
    for i in indexes:
        found[i] = role
