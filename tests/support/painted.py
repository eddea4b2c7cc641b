"""What a mail's text looks like without a browser: each text with its colour, its surface and its size,
in light (the inline styles: also what is left when a client drops <style>) or in dark (the rules for it on top)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree, html

_SHORT = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n  \}", re.DOTALL)
_RULE = re.compile(r"\.([\w-]+) \{ (color|background-color): (#[0-9a-f]{6}) !important; \}")


@dataclass(frozen=True)
class Painted:
    text: str
    colour: str
    surface: str
    size: float  # px


def painted(mail: str, *, dark: bool = False) -> list[Painted]:
    tree = html.document_fromstring(mail)
    rules = _dark_rules(mail) if dark else {}
    return [_paint(node, words, rules) for node, words in _texts(tree.body)]


def _texts(body: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    for text in body.xpath(".//text()"):
        node = text.getparent() if text.is_text else text.getparent().getparent()
        if text.strip() and isinstance(node.tag, str) and _declared(node, "display") != "none":
            yield node, text.strip()


def _paint(node: etree._Element, words: str, rules: dict[tuple[str, str], str]) -> Painted:
    lineage = [node, *node.iterancestors()]
    found = {
        name: next(value for one in lineage if (value := _value(one, name, rules)))
        for name in ("color", "background-color", "font-size")
    }
    return Painted(words, found["color"], found["background-color"], float(found["font-size"].removesuffix("px")))


def _value(node: etree._Element, name: str, rules: dict[tuple[str, str], str]) -> str:
    by_class = [rules[c, name] for c in (node.get("class") or "").split() if (c, name) in rules]
    return _long(by_class[-1] if by_class else _declared(node, name))


def _declared(node: etree._Element, name: str) -> str:
    declarations = (d.split(":", 1) for d in (node.get("style") or "").split(";") if ":" in d)
    return {key.strip(): value.strip() for key, value in declarations}.get(name, "")


def _dark_rules(mail: str) -> dict[tuple[str, str], str]:
    block = _DARK.search(mail)
    assert block, "the mail has no rules for dark schemes"
    return {(name, what): colour for name, what, colour in _RULE.findall(block[1])}


def _long(colour: str) -> str:
    """The inliner shortens #ffffff to #fff."""
    return _SHORT.sub(r"#\1\1\2\2\3\3", colour) if _SHORT.fullmatch(colour) else colour
