"""Which rules of a document can go inline, and in which order. They leave their <style>; all others stay."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count
from operator import itemgetter
from typing import Any

import cssselect
from lxml.cssselect import CSSSelector

from campaigns.render.css import Rule, rules


def take_plain_rules(tree: Any) -> list[tuple[list[Any], Rule]]:
    """The rules that can go inline, in the order of the cascade, with their elements; they leave their <style>."""
    taken: list[tuple[tuple[bool, tuple[int, int, int], int], list[Any], Rule]] = []
    order = count()
    for style in list(tree.iter("style")):
        if not _is_plain(style):
            continue
        kept = []
        for rule in rules(style.text or ""):
            left = []
            for selector in rule.selectors:
                found = _matches(selector, tree)
                if not found:
                    left.append(selector)
                for specificity, elements in found:
                    taken += [((flag, specificity, next(order)), elements, part) for flag, part in _by_weight(rule)]
            kept += _remainder(rule, left)
        _put_back(style, kept)
    return [(elements, rule) for _, elements, rule in sorted(taken, key=itemgetter(0))]


def plain_selectors(tree: Any) -> list[str]:
    """The selectors that could go inline, whether anything matches them or not."""
    sheets = [rules(style.text or "") for style in tree.iter("style") if _is_plain(style)]
    every = (selector for sheet in sheets for rule in sheet for selector in rule.selectors)
    return [selector for selector in every if _for_us(selector) and _compile(selector)]


def _is_plain(style: Any) -> bool:
    ignored = style.attrib.get("data-premailer") == "ignore"
    screen = style.get("media", "all").strip().lower() in ("all", "screen", "")
    return not ignored and screen and style.get("type", "text/css").strip().lower() in ("text/css", "")


def _matches(selector: str, tree: Any) -> list[tuple[tuple[int, int, int], list[Any]]]:
    compiled = _compile(selector) if _for_us(selector) else None
    elements = compiled[1](tree) if compiled else []
    return [(compiled[0], elements)] if compiled and elements else []


def _for_us(selector: str) -> bool:
    # Pseudo-classes and `*` are for clients to judge: they depend on state, or on what the client puts around us.
    return bool(selector) and not re.search(r"[:*]", re.sub(r"\[[^\]]*\]", "", selector))


@lru_cache(maxsize=4096)
def _compile(selector: str) -> tuple[tuple[int, int, int], Any] | None:
    try:
        return cssselect.parse(selector)[0].specificity(), CSSSelector(selector)
    except cssselect.SelectorError:
        return None


def _by_weight(rule: Rule) -> list[tuple[bool, Rule]]:
    parts = []
    for flag in (False, True):
        some = tuple(each for each in rule.declarations if each.important is flag)
        if some:
            parts.append((flag, Rule(rule.text, rule.selectors, rule.block, some)))
    return parts


def _remainder(rule: Rule, left: list[str]) -> list[str]:
    # `!important` goes inline without its mark, so the rule stays as well to beat the document's own style attributes.
    if not rule.selectors or len(left) == len(rule.selectors) or any(d.important for d in rule.declarations):
        return [rule.text]
    return [f"{', '.join(left)} {rule.block}"] if left else []


def _put_back(style: Any, kept: list[str]) -> None:
    if kept:
        style.text = "\n" + "\n".join(kept) + "\n"
        return
    before, parent = style.getprevious(), style.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (style.tail or "")
    else:
        parent.text = (parent.text or "") + (style.tail or "")
    style.tail = None
    parent.remove(style)
