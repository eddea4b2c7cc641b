"""Compiled and naive mails side by side, compared as what they mean: parsed trees, not strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from lxml import etree
from lxml import html as lxml_html

from campaigns.render import Compiled, Source, compile_mail, render_naively
from campaigns.render.cascade import plain_selectors
from campaigns.render.css import rules
from delivery.slots import Filled, Filler, Recipient

FIELDS: dict[str, str | None] = {
    "first_name": None,
    "city": None,
    "age": None,
    "tags": None,
    "plan": "basic",
    "shoe size": "?",
}
LINKS = {
    "unsubscribe": "https://news.example.com/u/aB3_-xY?l=1&c=2",
    "preferences": "https://news.example.com/p/aB3_-xY",
    "browser": "https://news.example.com/b/aB3_-xY",
}


@dataclass(frozen=True)
class Card:
    title: str = "Back & <neck>"
    url: str = "https://example.com/a?b=1&c=2"
    points: tuple[str, ...] = ("one", "two", "{{ 7*7 }}")
    on: bool = True
    none: None = None


NAMES: dict[str, Any] = {"article": Card(), "towns": ["Ely", "Bath"], "off": False, "brand": {"name": "Larkfield"}}

PEOPLE: list[dict[str, Any]] = [
    {},
    {"first_name": "Anna", "city": "Ely", "age": 40, "tags": ["runner", "new"], "plan": "gold", "shoe size": 9},
    {"first_name": "", "city": "Bath", "age": None, "tags": []},
    {"first_name": "<script>alert(1)</script>", "city": "{{ 7*7 }}\" onclick='x'", "age": 7},
    {"first_name": "Zoë 😀\r\nBcc: all@example.com", "city": "\u202eylE\u2066 -tag- %00 &amp;", "age": 30},
    {"first_name": "x" * 10_000, "city": "שלום \ud800\x92\x00", "tags": ["<b>", "runner"]},
]


def page(body: str, css: str = "p { color: red } .x { margin: 0 }", head: str = "") -> str:
    head = f'<meta charset="utf-8"><title>T</title>{head}<style>{css}</style>'
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def source(body: str = "", text: str = "", subject: str = "S", **page_options: str) -> Source:
    return Source("tips", page(body, **page_options), text, subject)


def compiled(one: Source, parts: Mapping[str, str] | None = None, names: dict[str, Any] = NAMES) -> Compiled:
    return compile_mail(one, names, FIELDS, jinja2.DictLoader(dict(parts or {})))


def assert_same_for_everybody(
    one: Source, parts: Mapping[str, str] | None = None, names: dict[str, Any] = NAMES, people: Any = PEOPLE
) -> Compiled:
    made = compiled(one, parts, names)
    filler, loader = Filler(made.message), jinja2.DictLoader(dict(parts or {}))
    for person in people:
        recipient = Recipient(person, LINKS)
        naive = render_naively(one, names, recipient, loader, FIELDS)
        assert meaning(filler.fill(recipient)) == meaning(naive)
        assert substituted(made, recipient) == filler.fill(recipient).html
    return made


def substituted(made: Compiled, recipient: Recipient) -> str:
    """As a provider would replace: one token after the other, by string."""
    html = made.message.html
    for token, value in Filler(made.message).values(recipient).items():
        html = html.replace(token, value)
    return html


def meaning(mail: Filled) -> tuple[object, ...]:
    return mail.subject, mail.text, *tree(mail.html)


def tree(html: str) -> tuple[list[object], list[object]]:
    """The elements with their texts, and the style rules: where no branch has an element for a rule, it may stay."""
    assert html.isascii()
    root = lxml_html.document_fromstring(html)
    kept = []
    for style in list(root.iter("style")):
        for rule in rules(style.text or ""):
            plain = plain_selectors(etree.ElementTree(_only(rule.text)))
            left = [selector for selector in rule.selectors if selector not in plain]
            kept += [(left, rule.declarations) if left else rule.text] if left or not rule.selectors else []
        style.drop_tree()
    elements = [(str(node.tag), sorted(node.attrib.items()), node.text or "", node.tail or "") for node in root.iter()]
    return elements, kept


def _only(rule: str) -> Any:
    style = etree.Element("style")
    style.text = rule
    return style
