"""Style sheets taken apart by position in their source, so that what is kept is kept letter by letter.

Which rules go inline is said in inline.py; nothing here knows a document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import tinycss2
from tinycss2.ast import Node, QualifiedRule

_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)
_HTML_COMMENT = re.compile(r"(\s|<!--|-->)+$")  # its marks mean nothing in a sheet
_NON_ASCII = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True)
class Declaration:
    name: str
    value: str
    important: bool


@dataclass(frozen=True)
class Rule:
    """One rule of a sheet; `selectors` is empty for all that cannot go inline (at-rules, nested rules, errors)."""

    text: str
    selectors: tuple[str, ...] = ()
    block: str = ""  # with its braces
    declarations: tuple[Declaration, ...] = ()


@lru_cache(maxsize=32)  # the same few sheets stand in every mail
def rules(css: str) -> tuple[Rule, ...]:
    css = _normal(css)
    offset = _Offsets(css)
    nodes = tinycss2.parse_stylesheet(css)
    starts = [*map(offset.of, nodes), len(css)]
    texts = [_HTML_COMMENT.sub("", css[a:b]) for a, b in pairwise(starts)]
    kept = zip(nodes, texts, strict=True)
    return tuple(_rule(node, text) for node, text in kept if node.type not in ("comment", "whitespace"))


def declarations(css: str) -> list[Declaration]:
    """The declarations of a block or a style attribute, each as it was written, whatever its syntax."""
    found = (_declaration(piece) for piece in _split(css, ";"))
    return [declaration for declaration in found if declaration.name]


def ascii_css(css: str) -> str:
    """The same sheet in ASCII, by CSS escapes."""
    return _NON_ASCII.sub(lambda match: f"\\{ord(match.group()):x} ", css)


def _rule(node: Node, text: str) -> Rule:
    if not isinstance(node, QualifiedRule) or any(part.type in ("{} block", "error") for part in node.content):
        return Rule(text)
    selector, block = _at_block(text)
    selectors = tuple(part.strip() for part in _split(selector, ","))
    return Rule(text, selectors, block, tuple(declarations(block.strip()[1:].removesuffix("}"))))


def _at_block(text: str) -> tuple[str, str]:
    offset = _Offsets(text)
    blocks = [part for part in tinycss2.parse_component_value_list(text) if part.type == "{} block"]
    at = offset.of(blocks[0])
    return text[:at], text[at:]


def _declaration(piece: str) -> Declaration:
    name, _, value = piece.partition(":")
    plain = _IMPORTANT.sub("", value)
    return Declaration(_without_comments(name), plain.strip(), plain != value)


def _without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL).strip()


def _split(css: str, separator: str) -> list[str]:
    """Cut at a separator that stands in no string, bracket or comment."""
    offset = _Offsets(css)
    parts = tinycss2.parse_component_value_list(css)
    cuts = [offset.of(part) for part in parts if part.type == "literal" and part.value == separator]
    return [css[a:b].lstrip(separator) for a, b in pairwise([0, *cuts, len(css)])]


class _Offsets:
    def __init__(self, css: str) -> None:
        self._lines = [0] + [match.end() for match in re.finditer("\n", css)]

    def of(self, node: Node) -> int:
        return int(self._lines[node.source_line - 1]) + int(node.source_column) - 1


def _normal(css: str) -> str:
    """As the parser reads it, so that its lines and columns are ours."""
    return css.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
