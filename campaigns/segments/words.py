"""A rule in words, written in one way: reading them again gives the same rule."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from campaigns.segments.tree import (
    All,
    Between,
    Compare,
    Contains,
    Did,
    DidLately,
    Empty,
    HasTag,
    InSegment,
    Not,
    OneOf,
    OnList,
    Rule,
    Some,
    StartsWith,
    Value,
    Within,
)

_TAG = re.compile(r"\w[\w-]*")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*", re.IGNORECASE)


def describe(rule: Rule) -> str:
    match rule:
        case All(rules):
            return " and ".join(f"({describe(each)})" if isinstance(each, Some) else describe(each) for each in rules)
        case Some(rules):
            return " or ".join(describe(each) for each in rules)
        case Not(All() | Some() as inner):
            return f"not ({describe(inner)})"
        case Not(inner):
            return _opposite(inner)
        case _:
            return _condition(rule)


def write(value: Value) -> str:
    """One value as it stands in a rule."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _opposite(rule: Rule) -> str:
    match rule:
        case Compare(field, "=", value):
            return f"{field} != {write(value)}"
        case OneOf(field, values):
            return f"{field} not in {_several(map(write, values))}"
        case Empty(field):
            return f"{field} is not empty"
        case OnList((one,), "confirmed"):
            return f"list != {_slug(one)}"
        case OnList(lists, state):
            return f"list not in {_several(map(_slug, lists))}{_state(state)}"
        case _:
            return f"not {_condition(rule)}"


def _condition(rule: Rule) -> str:
    match rule:
        case Compare(field, sign, value):
            return f"{field} {sign} {write(value)}"
        case OneOf(field, values):
            return f"{field} in {_several(map(write, values))}"
        case Between(field, low, high):
            return f"{field} between {write(low)} and {write(high)}"
        case Contains(field, text):
            return f"{field} contains {write(text)}"
        case StartsWith(field, text):
            return f"{field} starts with {write(text)}"
        case Empty(field):
            return f"{field} is empty"
        case Within(field, days, ahead):
            return f"{field} within {'next ' if ahead else ''}{days} {'day' if days == 1 else 'days'}"
        case HasTag(tag):
            return f"tag has {tag if _TAG.fullmatch(tag) else write(tag)}"
        case _:
            return _named(rule)


def _named(rule: Rule) -> str:
    match rule:
        case OnList((one,), state):
            return f"list = {_slug(one)}{_state(state)}"
        case OnList(lists, state):
            return f"list in {_several(map(_slug, lists))}{_state(state)}"
        case InSegment(slug):
            return f"segment {_slug(slug)}"
        case Did(deed, (one,)):
            return f"{deed} {write(one)}"
        case Did(deed, campaigns):
            return f"{deed} any of {_several(map(write, campaigns))}"
        case DidLately(deed, count, slug):
            return f"{deed} any of last {count} campaigns{f' on {_slug(slug)}' if slug else ''}"
        case _:
            raise TypeError(f"has no words: {rule!r}")


def _several(words: Iterable[str]) -> str:
    return f"({', '.join(words)})"


def _slug(slug: str) -> str:
    return slug if _SLUG.fullmatch(slug) else write(slug)


def _state(state: str) -> str:
    return "" if state == "confirmed" else f" with state {state}"
