"""Where in the HTML each token stands, and whether a person's value may stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import cssselect
from lxml import etree
from lxml.cssselect import CSSSelector

from campaigns.render.cascade import plain_selectors
from campaigns.render.partial import Hole, Tokens
from delivery.slots import Place

_TEXT_ATTRIBUTES = frozenset({"alt", "title", "summary", "label", "datetime", "abbr"})
_URL_ATTRIBUTES = frozenset({"href", "src"})
_UNREAD = frozenset({"style", "script", "textarea", "noscript", "xml", "iframe", "svg", "math", "template", "select"})
_HOST = re.compile(r"(https?://[^/?#]+[/?#]|mailto:[^?]*\?|tel:|sms:)", re.IGNORECASE)
_UNQUOTED = re.compile(r"""<[a-z][^\s>]*(?:\s+[^\s=>"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|([^\s"'>]+)))?)*""", re.IGNORECASE)
_MARK = re.compile(r"(q[0-9a-f]+n\d+q)b(?:\d+|x)")


def places(html: str, holes: Mapping[str, Hole], tokens: Tokens) -> dict[str, Place]:
    """The place of each token that stands for a value. Refuses where a value or an `if` cannot stand."""
    _refuse_unquoted(html, holes, tokens)
    tree = etree.fromstring(html, etree.HTMLParser(huge_tree=True)).getroottree()
    found: dict[str, Place] = {}
    marks: dict[str, list[Any]] = {}
    for node in _nodes(tree):
        if isinstance(node, etree._Comment):
            _comment(node, holes, tokens, marks)
        else:
            found |= _attributes(node, holes, tokens)
            found |= _texts(node, node.text, node, holes, tokens)
        found |= _texts(node, node.tail, node.getparent(), holes, tokens)
    for hole in holes.values():
        _check_complete(hole, found, marks)
    _refuse_neighbours(tree, found, holes, marks)
    return found


def _nodes(tree: Any) -> Iterator[Any]:
    root = tree.getroot()
    yield from reversed(list(root.itersiblings(preceding=True)))
    yield from root.iter(etree.Element, etree.Comment)
    yield from root.itersiblings()


def _refuse_unquoted(html: str, holes: Mapping[str, Hole], tokens: Tokens) -> None:
    for tag in re.finditer(r"<[a-z](?:\"[^\"]*\"|'[^']*'|[^\"'>])*>", html, re.IGNORECASE):
        bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", tag[0])
        for token in tokens.pattern.findall(bare):
            words = "a tag" if f"{token}b" in bare else "a tag or an attribute without quotes"
            raise holes[token].refuse(f"the subscriber stands in {words}; {_instead(holes[token])}")


def _instead(hole: Hole) -> str:
    if hole.is_choice:
        return "put {% if %} around whole elements, or write {{ 'one' if … else 'other' }} inside the quotes"
    return 'write it in text, or in quotes as in alt="{{ … }}"'


def _comment(node: Any, holes: Mapping[str, Hole], tokens: Tokens, marks: dict[str, list[Any]]) -> None:
    mark = _MARK.fullmatch(node.text)
    if mark and mark[1] in holes:
        marks.setdefault(mark[1], []).append(node)
        return
    for token in tokens.pattern.findall(node.text):
        raise holes[token].refuse("a comment is not escaped as text is; write the subscriber outside of it")


def _attributes(node: Any, holes: Mapping[str, Hole], tokens: Tokens) -> dict[str, Place]:
    found = {}
    for name, value in node.attrib.items():
        for token in tokens.pattern.findall(value):
            found[token] = _attribute(holes[token], name.lower(), value)
    return found


def _attribute(hole: Hole, name: str, value: str) -> Place:
    if hole.is_choice:
        raise hole.refuse(
            "{% if %} about the subscriber cannot stand in an attribute; write {{ 'one' if … else 'other' }}"
        )
    if name in _TEXT_ATTRIBUTES or name.startswith(("aria-", "data-")):
        return Place.ATTRIBUTE
    if name not in _URL_ATTRIBUTES:
        raise hole.refuse(f'{name}="…" must be the same for everybody; choose between elements with {{% if %}}')
    if value.strip() == hole.token and re.fullmatch(r"links\.\w+", hole.source):
        return Place.URL
    before = value[: value.index(hole.token)]
    if not _HOST.match(before):
        raise hole.refuse('a whole URL comes from links only, as in href="{{ links.preferences }}"; write out the rest')
    if not hole.source.endswith("|urlencode"):
        raise hole.refuse("a part of a URL must be encoded; write {{ …|urlencode }}")
    return Place.URL


def _texts(node: Any, text: str | None, parent: Any, holes: Mapping[str, Hole], tokens: Tokens) -> dict[str, Place]:
    found = {}
    for token in tokens.pattern.findall(text or ""):
        hole = holes[token]
        element = parent.tag if parent is not None else "html"
        if hole.is_choice:
            words = (
                f"{{% if %}} about the subscriber cannot stand in <{element}>; write {{{{ 'one' if … else 'other' }}}}"
            )
            raise hole.refuse(words)
        if element in _UNREAD:
            raise hole.refuse(f"the subscriber cannot stand in <{element}>; write it in the text")
        found[token] = Place.TEXT
    return found


def _check_complete(hole: Hole, found: Mapping[str, Place], marks: Mapping[str, list[Any]]) -> None:
    if not hole.is_choice:
        if hole.token not in found:
            raise hole.refuse("the subscriber stands where no mail shows it; write it in the text")
        return
    standing = marks.get(hole.token, [])
    parents = {id(mark.getparent()) for mark in standing}
    if len(standing) != 3 or len(parents) != 1 or standing[0].getparent() is None:
        words = "{% if %} must stand around whole elements that may stand there; close in it what it opens"
        raise hole.refuse(words)


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
