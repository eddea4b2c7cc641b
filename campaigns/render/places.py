"""Where in the HTML each token stands, and whether a person's value may stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import cssselect
from lxml import etree
from lxml.cssselect import CSSSelector

from campaigns.render.cascade import plain_selectors
from campaigns.render.document import parse
from campaigns.render.partial import Hole, Tokens
from delivery.slots import Place

_TEXT_ATTRIBUTES = frozenset({"alt", "title", "summary", "label", "datetime", "abbr"})
_URL_ATTRIBUTES = frozenset({"href", "src"})
_UNREAD = frozenset({"style", "script", "textarea", "noscript", "xml", "iframe", "svg", "math", "template", "select"})
_HOST = re.compile(r"(https?://[^/?#]+[/?#]|mailto:[^?]*\?|tel:|sms:)", re.IGNORECASE)
_MARK = re.compile(r"(q[0-9a-f]+n\d+q)b(?:\d+|x)")


def places(html: str, holes: Mapping[str, Hole], tokens: Tokens) -> dict[str, Place]:
    """The place of each token that stands for a value. Refuses where a value or an `if` cannot stand."""
    tree = parse(html)
    reader = _Reader(html, holes, tokens)
    reader.refuse_unquoted()
    reader.read(tree)
    for hole in holes.values():
        reader.check_complete(hole)
    _refuse_neighbours(tree, reader.found, holes, reader.marks)
    return reader.found


class _Reader:
    def __init__(self, html: str, holes: Mapping[str, Hole], tokens: Tokens) -> None:
        self._html = html
        self._holes = holes
        self._tokens = tokens.pattern
        body = re.search(r"<body\b", html, re.IGNORECASE)
        self._early = frozenset(self._tokens.findall(html[: body.start()] if body else ""))
        self.found: dict[str, Place] = {}
        self.marks: dict[str, list[Any]] = {}  # the comments that stand for where an `if` begins, turns and ends

    def read(self, tree: Any) -> None:
        root = tree.getroot()
        outside = [*root.itersiblings(preceding=True), *root.itersiblings()]
        for node in [*outside, *root.iter(etree.Element, etree.Comment)]:
            if node.tag is etree.Comment:
                self._comment(node)
            else:
                self._attributes(node)
                self._text(node.text, node.tag)
            parent = node.getparent()
            self._text(node.tail, "html" if parent is None else parent.tag)

    def refuse_unquoted(self) -> None:
        for tag in re.finditer(r"<[a-z](?:\"[^\"]*\"|'[^']*'|[^\"'>])*>", self._html, re.IGNORECASE):
            for token in self._tokens.findall(re.sub(r"\"[^\"]*\"|'[^']*'", "", tag[0])):
                hole = self._holes[token]
                if hole.is_choice:
                    words = "put it around whole elements, or write {{ 'one' if … else 'other' }} inside the quotes"
                    raise hole.refuse(f"{{% if %}} about the subscriber stands inside a tag; {words}")
                words = 'write it in the text, or in quotes as in alt="{{ … }}"'
                raise hole.refuse(f"the subscriber stands in a tag or an attribute without quotes; {words}")

    def _comment(self, node: Any) -> None:
        mark = _MARK.fullmatch(node.text)
        if mark and mark[1] in self._holes:
            self.marks.setdefault(mark[1], []).append(node)
            return
        for token in self._tokens.findall(node.text):
            words = "the subscriber cannot stand in a comment, where nothing is escaped; write it outside of it"
            raise self._holes[token].refuse(words)

    def _attributes(self, node: Any) -> None:
        for name, value in node.attrib.items():
            for token in self._tokens.findall(value):
                self.found[token] = _attribute(self._holes[token], name.lower(), value)

    def _text(self, text: str | None, element: str) -> None:
        for token in self._tokens.findall(text or ""):
            hole = self._holes[token]
            if hole.is_choice:
                words = "write {{ 'one' if … else 'other' }}"
                raise hole.refuse(f"{{% if %}} about the subscriber cannot stand in <{element}>; {words}")
            if element in _UNREAD or (token in self._early and element != "title"):
                where = "before <body>" if element not in _UNREAD else f"in <{element}>"
                raise hole.refuse(f"the subscriber cannot stand {where}; write it in the text")
            self.found[token] = Place.TEXT

    def check_complete(self, hole: Hole) -> None:
        if not hole.is_choice:
            if hole.token not in self.found:
                raise hole.refuse("the subscriber stands where no mail shows it; write it in the text")
            return
        marks = self.marks.get(hole.token, [])
        parents = {mark.getparent() for mark in marks}
        if len(marks) != 3 or len(parents) != 1 or None in parents:
            words = "{% if %} must stand around whole elements that may stand there; close in it what it opens"
            raise hole.refuse(words)


def _attribute(hole: Hole, name: str, value: str) -> Place:
    if hole.is_choice:
        words = "{% if %} about the subscriber cannot stand in an attribute; write {{ 'one' if … else 'other' }}"
        raise hole.refuse(words)
    if name in _TEXT_ATTRIBUTES or name.startswith(("aria-", "data-")):
        return Place.ATTRIBUTE
    if name not in _URL_ATTRIBUTES:
        raise hole.refuse(f'{name}="…" must be the same for everybody; choose between elements with {{% if %}}')
    if value.strip() == hole.token and re.fullmatch(r"links\.\w+", hole.source):
        return Place.URL
    if not _HOST.match(value[: value.index(hole.token)]):
        words = 'a whole URL comes from links only, as in href="{{ links.preferences }}"; write out the rest'
        raise hole.refuse(words)
    if not hole.source.endswith("|urlencode"):
        raise hole.refuse("a part of a URL must be encoded; write {{ …|urlencode }}")
    return Place.URL


def _refuse_neighbours(
    tree: Any, found: Mapping[str, Place], holes: Mapping[str, Hole], marks: Mapping[str, list[Any]]
) -> None:
    """Styles are matched once for everybody, so none may depend on what differs."""
    parents = {mark.getparent(): holes[token] for token, some in marks.items() for mark in some}
    filled = {
        name: holes[token]
        for element in tree.iter(etree.Element)
        for name, value in element.attrib.items()
        for token in found
        if token in value
    }
    for selector in plain_selectors(tree) if parents or filled else ():
        for part in _walk(cssselect.parse(selector)[0].parsed_tree):
            if isinstance(part, cssselect.parser.Attrib) and part.attrib in filled:
                hole = filled[part.attrib]
                raise hole.refuse(f"the style rule {selector!r} asks for {part.attrib}, which differs; use a class")
            for parent in _beside(part, tree, parents):
                raise parents[parent].refuse(f"the style rule {selector!r} depends on what stands beside; use a class")


def _beside(part: Any, tree: Any, parents: Iterable[Any]) -> Iterator[Any]:
    if not isinstance(part, cssselect.parser.CombinedSelector) or part.combinator not in "+~":
        return
    if CSSSelector(part.selector.canonical())(tree):  # `u + .body` is a trick for one client, with no <u> of ours
        for element in CSSSelector(part.subselector.canonical())(tree):
            if element.getparent() in parents:
                yield element.getparent()


def _walk(part: Any) -> Iterator[Any]:
    yield part
    for inner in ("selector", "subselector"):
        if hasattr(part, inner):
            yield from _walk(getattr(part, inner))
