"""The points that an article makes, from its own headings: a numbered or bulleted group, else a list, else sections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from campaigns.articles.blocks import Block
from campaigns.articles.english import AFTER_COUNTED, COUNTED, UNCOUNTED
from campaigns.articles.headings import is_generic
from campaigns.articles.numbering import counts, number_of, unnumbered

_MOST_ITEM_WORDS = 20  # a list of longer items says too much to be key points
_FEWEST_SECTIONS = 3
_SECTIONS_TITLE = "In this article"
_MOST_COUNTED_WORDS = 4


@dataclass(frozen=True, slots=True)
class KeyPoint:
    title: str
    items: tuple[str, ...]


def key_points(title: str, blocks: Sequence[Block]) -> tuple[KeyPoint, ...]:
    """`title` is the article's own, for points that stand under no heading."""
    headings = [block for block in blocks if block.kind == "heading"]
    return tuple(_groups(title, headings)) or tuple(_lists(title, blocks)) or tuple(_sections(headings))


def _groups(title: str, headings: Sequence[Block]) -> Iterator[KeyPoint]:
    for parent, members in _families(headings):
        texts = [heading.text for heading in members]
        found = counts(texts)
        for count in found:
            # Where several counts share one level, the heading right above each says what it counts.
            above = texts[count[0] - 1] if len(found) > 1 and count[0] else ""
            yield _key_point(above or parent or title, [texts[i] for i in count])
        if not found and parent and len(texts) > 1:
            yield _key_point(parent, texts)


def _families(headings: Sequence[Block]) -> list[tuple[str, list[Block]]]:
    """Headings of one level under one heading, with that heading's text; "" for those under none."""
    families: dict[tuple[int, int], list[Block]] = {}
    above: list[int] = []
    for i, heading in enumerate(headings):
        while above and headings[above[-1]].level >= heading.level:
            above.pop()
        families.setdefault((above[-1] if above else -1, heading.level), []).append(heading)
        above.append(i)
    return [(headings[parent].text if parent >= 0 else "", group) for (parent, _), group in families.items()]


def _lists(title: str, blocks: Sequence[Block]) -> Iterator[KeyPoint]:
    section = title
    for block in blocks:
        if block.kind == "heading":
            section = block.text
        short = all(len(item.split()) <= _MOST_ITEM_WORDS for item in block.items)
        # A table's row means little without the names of its columns, and those are no point at all.
        if block.kind == "list" and not block.table and len(block.items) > 1 and short:
            yield _key_point(section, block.items)


def _sections(headings: Sequence[Block]) -> Iterator[KeyPoint]:
    highest = min((heading.level for heading in headings), default=0)
    texts = [h.text for h in headings if h.level == highest and not is_generic(h.text)]
    if len(texts) >= _FEWEST_SECTIONS:
        yield KeyPoint(_SECTIONS_TITLE, tuple(texts))


def _key_point(title: str, texts: Sequence[str]) -> KeyPoint:
    items = tuple(text.rstrip(" :") for text in unnumbered(texts) or texts)
    number = number_of(title)
    return KeyPoint(_counted_title((number.rest if number else title).rstrip(" :"), len(items)), items)


def _counted_title(title: str, count: int) -> str:
    """ "Common Causes of Knee Pain" becomes "5 Common Causes of Knee Pain"; "How to Prevent It" stays."""
    phrase: list[str] = []
    for word in title.lower().split():
        if word in AFTER_COUNTED or len(phrase) > _MOST_COUNTED_WORDS:
            break
        phrase.append(word.strip(",:;.!?"))
    counted = bool(phrase) and phrase[-1] in COUNTED and not UNCOUNTED & set(phrase) and not phrase[0][:1].isdigit()
    return f"{count} {title}" if counted else title
