"""CSS into style attributes by premailer, behind a wrapper that loses nothing of what premailer would.

premailer sees its own copy of the cascade: every rule is bound to its elements by a mark and every value is a
stand-in, so that it merges and writes attributes but reads no selector and no value it could spoil.
"""

from __future__ import annotations

import html as html_lib
import logging
import os
import re
from collections.abc import Iterable
from typing import Any

# Read once, when premailer is imported: its own 128 entries serve three functions and thrash on one letter.
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")

from lxml import etree
from premailer import Premailer

from campaigns.render.cascade import take_plain_rules
from campaigns.render.css import Declaration, Rule, ascii_css, declarations
from campaigns.render.document import parse
from campaigns.render.stash import Stash

_MARK = "data-inlined-by"
# Where what premailer writes beside the style attribute means what the style means.
_CELLS = frozenset({"tr", "td", "th"})
_TAGS = {"bgcolor": _CELLS | {"table", "body"}, "align": _CELLS | {"p", "div", "h1", "h2", "h3"}, "valign": _CELLS}
_URLS = ("href", "src", "action", "name", "formaction")  # what the serializer would percent-encode
_UNTOUCHED = re.compile(r"[\w.~:/?#@!$&()*+,;=%-]*", re.ASCII)
# `<![if !mso]>` is no comment to Outlook, but the parser would make it one.
_DOWNLEVEL = re.compile(r"<!--.*?-->|<!\[([^\]>]*)\]>", re.DOTALL)
_UNFIT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NAME = re.compile(r"-{0,2}[a-z_][a-z0-9_-]*")
_FLOAT = re.compile(r"(?:^|;)\s*float:\s*(left|right)\b", re.IGNORECASE)
_LEGIBLE = {  # the values that premailer may read, to write the attributes
    "background-color": re.compile(r"#(?:[0-9a-f]{3}){1,2}|(?!(?:inherit|initial|unset|revert)$)[a-z]+", re.IGNORECASE),
    "text-align": re.compile("left|right|center|justify"),
    "vertical-align": re.compile("top|middle|bottom|baseline"),
}


def inline(html: str) -> str:
    """The same document with its plain rules in style attributes, as ASCII. What cannot go inline stays in <style>."""
    stash = Stash(html)
    tree = parse(_without_downlevel(_UNFIT.sub("", html), stash))
    plain = take_plain_rules(tree)
    _merge(tree, plain, stash)
    _keep_styles_and_urls(tree, stash)
    text: str = etree.tostring(tree, method="html", encoding="unicode", doctype="<!DOCTYPE html>")
    return stash.restore(_ascii(_UNFIT.sub("", text)))


def _without_downlevel(html: str, stash: Stash) -> str:
    def put(match: re.Match[str]) -> str:
        return match[0] if match[1] is None else f"<!--{stash.put(match[0])}-->"

    return _DOWNLEVEL.sub(put, html)


def _merge(tree: Any, plain: list[tuple[list[Any], Rule]], stash: Stash) -> None:
    sheet = []
    texts: dict[Any, list[str]] = {}  # what each element gets, the strongest last
    for number, (elements, rule) in enumerate(plain):
        text = _stand_ins(rule.declarations, stash)
        sheet.append(f'[{_MARK}~="r{number}"]{{{text}}}')
        for element in elements:
            element.set(_MARK, f"{element.get(_MARK, '')} r{number}")
            texts.setdefault(element, []).append(text)
    for element, given in texts.items():
        if element.get("style"):
            given.append(_stand_ins(declarations(element.get("style")), stash))
            element.set("style", given[-1])
    before = {element: {name: element.get(name) for name in _TAGS} for element in texts}
    _premail(tree, "\n".join(sheet))
    _repair_attributes(before, stash)
    _settle(tree, texts, stash)


def _premail(tree: Any, sheet: str) -> None:
    for style in tree.iter("style"):
        style.set("data-premailer", "ignore")
    Premailer(
        tree.getroot(),
        css_text=sheet,
        disable_leftover_css=True,
        strip_important=False,
        disable_basic_attributes=["width", "height"],  # else <img width="120"> takes the style's 100 %
        disable_validation=True,
        remove_unset_properties=False,
        align_floating_images=False,  # reads the values, which are stand-ins here
        allow_network=False,
        cssutils_logging_level=logging.CRITICAL,
    ).transform()


def _stand_ins(some: Iterable[Declaration], stash: Stash) -> str:
    """Declarations as premailer may read them: one a property, and names and values that it cannot spoil."""
    by_name: dict[str, list[Declaration]] = {}
    for each in some:
        by_name.setdefault(each.name if each.name.startswith("--") else each.name.lower(), []).append(each)
    return ";".join(_stand_in(name, same, stash) for name, same in by_name.items())


def _stand_in(name: str, same: list[Declaration], stash: Stash) -> str:
    weighty = [each for each in same if each.important] or same
    # One property given twice is a fallback for older clients: both travel as one value.
    value = f";{name}:".join(each.value for each in weighty)
    legible = _LEGIBLE.get(name)
    shown = value if legible and legible.fullmatch(value) else stash.put(value)
    return f"{name if _NAME.fullmatch(name) else stash.put(name)}:{shown}"


def _settle(tree: Any, texts: dict[Any, list[str]], stash: Stash) -> None:
    """Values come back into the style attributes, without `!important`, which Outlook does not read there."""
    for element in tree.iter(etree.Element):
        style = element.get("style", "")
        if element in texts:
            del element.attrib[_MARK]
            element.set("style", stash.take(_in_order(style, texts[element])))
        elif "!" in style:
            element.set("style", stash.take(_stand_ins(declarations(style), stash)))
        floated = _FLOAT.search(element.get("style", "")) if element.tag == "img" else None
        if floated and not element.get("align"):
            element.set("align", floated[1].lower())


def _in_order(style: str, texts: list[str]) -> str:
    """premailer leaves a property where it was first set, so `margin-top` after `margin` would come before it."""
    order = {piece.partition(":")[0]: n for n, piece in enumerate(";".join(texts).split(";"))}
    return "; ".join(sorted(style.split("; "), key=lambda piece: order[piece.partition(":")[0]]))


def _repair_attributes(before: dict[Any, dict[str, str | None]], stash: Stash) -> None:
    """What premailer wrote beside the style stays where it means the same: on a table, `align` would make it float."""
    for element, were in before.items():
        for name, was in were.items():
            now = element.get(name)
            if now is None or (element.tag in _TAGS[name] and not stash.holds(now)):
                continue
            if was is None:
                del element.attrib[name]
            else:
                element.set(name, was)


def _keep_styles_and_urls(tree: Any, stash: Stash) -> None:
    """The serializer would percent-encode URLs, and character references mean nothing inside <style>."""
    for element in tree.iter(etree.Element):
        if element.tag == "style":
            element.attrib.pop("data-premailer", None)  # for premailer only, which forgets some
            element.text = stash.put(ascii_css(_UNFIT.sub("", element.text or "")))
        for name in _URLS:
            url = element.get(name)
            if url and not _UNTOUCHED.fullmatch(url):
                element.set(name, stash.put(_ascii(html_lib.escape(url))))


def _ascii(html: str) -> str:
    return html.encode("ascii", "xmlcharrefreplace").decode()
