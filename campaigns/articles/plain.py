"""Plain text, as people scrape it from blogs, into blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from campaigns.articles.blocks import Block, Text, words
from campaigns.articles.headings import is_generic
from campaigns.articles.lines import Line, lines
from campaigns.articles.offers_found import is_offer_label
from campaigns.articles.roles import Role, roles

_SECTION, _POINT = 2, 3


def read_plain(text: str, *, title: str = "") -> Text:
    """With a title given, a title line that says something else stays what it looks like: a heading."""
    found = lines(text)
    their_roles = roles(found)
    first = found[0].whole if found and _is_title(found, their_roles) else ""
    if title and words(title.casefold()) != words(first.casefold()):
        first = ""
    start = 1 if first else 0
    return Text(title=first, blocks=tuple(_blocks(found[start:], their_roles[start:])))


def _is_title(found: Sequence[Line], their_roles: Sequence[Role]) -> bool:
    if their_roles[0] != "section" or is_generic(found[0].whole) or is_offer_label(found[0].whole):
        return False
    # Right above a numbered group it is that group's heading, unless the article is nothing but the group.
    return their_roles[1] != "point" or "section" not in their_roles[1:]


def _blocks(found: Sequence[Line], their_roles: Sequence[Role]) -> Iterator[Block]:
    point_level = _SECTION
    # A list ends where another mark begins.
    marked = ((role, line.bullet if role == "item" else "") for role, line in zip(their_roles, found, strict=True))
    together = groupby(zip(marked, found, strict=True), key=lambda pair: pair[0])
    for (role, _), group in together:
        members = [line for _, line in group]
        if role == "item":
            yield Block(kind="list", items=tuple(line.text for line in members))
        elif role == "quote":
            yield Block(kind="quote", text=" ".join(line.text for line in members))
        elif role == "text":
            yield from (Block(kind="paragraph", text=line.whole) for line in members)
        else:
            yield from (_heading(line, role, point_level) for line in members)
            point_level = _POINT if role == "section" else point_level


def _heading(line: Line, role: Role, point_level: int) -> Block:
    if role == "point":
        return Block(kind="heading", level=point_level, text=line.text)
    return Block(kind="heading", level=_SECTION, text=line.whole)
