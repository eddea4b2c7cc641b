"""Code as its lines, from an element of a page or a block of Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

from lxml import etree

from campaigns.articles.encoding import without_hidden

_TAB = 4
_LINES = frozenset({"div", "li", "p", "tr"})  # what some highlighters put each line into
_GUTTERS = frozenset({"gutter", "lineno", "linenos", "line-number", "line-numbers", "hljs-ln-numbers", "blob-num"})


def code_in(element: etree._Element) -> str:
    """Without the numbers of its lines; empty where there are only those."""
    text = code("".join(_parts(element)))
    lines = text.split("\n")
    return "" if lines == [str(number) for number in range(1, len(lines) + 1)] else text


def code(text: str) -> str:
    """The lines, set in as they are to each other, without empty ones before and after them."""
    lines = [without_hidden(line).replace("\xa0", " ").expandtabs(_TAB).rstrip() for line in text.splitlines()]
    return dedent("\n".join(lines)).strip("\n")


def _parts(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif isinstance(child.tag, str) and _GUTTERS.isdisjoint(child.get("class", "").split()):
            inside = "".join(_parts(child))
            yield inside
            yield "\n" if child.tag in _LINES and not inside.endswith("\n") and _goes_on(child) else ""
        yield child.tail or ""


def _goes_on(child: etree._Element) -> bool:
    return not (child.tail or "").startswith("\n")
