"""The blocks an article is read into. Every field is plain text, never HTML; what renders a block escapes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from campaigns.articles.runs import Line, Run, said

Kind = Literal["heading", "paragraph", "list", "quote", "code", "image"]

# A word is a run of letters and digits: marks, dashes and quotes may be dressed up without losing one.
_WORD = re.compile(r"[^\W_]+")
_KEYS: dict[Kind, tuple[str, ...]] = {
    "heading": ("level", "text"),
    "paragraph": ("text",),
    "list": ("items",),
    "quote": ("text",),
    "code": ("text",),
    "image": ("url", "alt", "caption"),
}


@dataclass(frozen=True, slots=True)
class Block:
    kind: Kind
    text: str = ""  # of code with its line breaks, else one line
    level: int = 0  # headings only: 2 is a section, 3 stands under it; 1 would be the article's title
    items: tuple[str, ...] = ()  # lists only; a numbered list keeps its numbers in the items
    url: str = ""  # images only
    alt: str = ""
    caption: str = ""  # images only: the words that stand below it
    table: bool = False  # lists only: each item is the row of a table
    linked: tuple[Line, ...] = ()  # all of lines() as runs, where there is a link in one of them

    def to_dict(self) -> dict[str, Any]:
        """The kind and the keys that apply to it, ready for JSON."""
        values = {key: getattr(self, key) for key in _KEYS[self.kind]}
        if self.table:
            values["table"] = True
        if self.linked:
            values["linked"] = [[[run.text, run.href] for run in line] for line in self.linked]
        return {"kind": self.kind} | {k: list(v) if k == "items" else v for k, v in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Block:
        if values["kind"] not in get_args(Kind):
            raise ValueError(f"no such kind of block: {values['kind']!r}")
        known = {key: values[key] for key in (*_KEYS[values["kind"]], "table") if key in values}
        if "items" in known:
            known["items"] = tuple(known["items"])
        known["linked"] = tuple(tuple(Run(*run) for run in line) for line in values.get("linked", ()))
        return cls(kind=values["kind"], **known)

    def lines(self) -> tuple[str, ...]:
        """What a reader sees of this block, a line each."""
        if self.kind == "code":
            return tuple(self.text.split("\n"))
        return self.items if self.kind == "list" else tuple(filter(None, (self.text, self.caption)))

    def runs(self) -> tuple[Line, ...]:
        """The same with its links."""
        return self.linked or tuple((Run(line),) for line in self.lines())


def block_of(kind: Kind, *lines: Line, **about: Any) -> Block:
    """The block that says these lines, which are tidied already."""
    words_of_lines = tuple(map(said, lines))
    if kind == "list":
        about["items"] = words_of_lines
    elif lines:
        about["caption" if kind == "image" else "text"] = words_of_lines[0]
    linked = any(run.href for line in lines for run in line)
    return Block(kind=kind, linked=tuple(lines) if linked else (), **about)


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def words_of(blocks: Iterable[Block]) -> list[str]:
    return [word for block in blocks for line in block.lines() for word in words(line)]


@dataclass(frozen=True, slots=True)
class Link:
    url: str  # a web address or tel:
    label: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text as one of the two readers reads it."""

    title: str  # of a title line, which is then not among the blocks; else empty
    blocks: tuple[Block, ...]
    links: Mapping[int, tuple[Link, ...]] = field(default_factory=dict)  # by the index of their block
    warnings: tuple[str, ...] = ()
