"""A rule in words, and what it says about one person. The answer for many is in sql.py."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from campaigns.segments.fields import value as value_of
from campaigns.segments.sql import NUMBER
from campaigns.segments.tree import All, Compare, Contains, HasTag, Not, OneOf, Rule, Sign, Some, Value

_SIGNS: dict[Sign, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_BARE = re.compile(r"\w[\w-]*")
_NUMBER = re.compile(NUMBER.removesuffix("$") + r"\Z")


def describe(rule: Rule) -> str:
    """The rule as text, in one way of writing: reading it again gives the same rule."""
    match rule:
        case All(rules):
            return " and ".join(f"({describe(each)})" if isinstance(each, Some) else describe(each) for each in rules)
        case Some(rules):
            return " or ".join(describe(each) for each in rules)
        case Not(Compare(field, "=", value)):
            return f"{field} != {_write(value)}"
        case Not(OneOf(field, values)):
            return f"{field} not in ({', '.join(map(_write, values))})"
        case Not(All() | Some() as inner):
            return f"not ({describe(inner)})"
        case Not(inner):
            return f"not {describe(inner)}"
        case Compare(field, sign, value):
            return f"{field} {sign} {_write(value)}"
        case OneOf(field, values):
            return f"{field} in ({', '.join(map(_write, values))})"
        case Contains(field, text):
            return f"{field} contains {_write(text)}"
        case HasTag(tag):
            return f"tag has {tag if _BARE.fullmatch(tag) else _write(tag)}"


def evaluate(rule: Rule, person: Mapping[str, Any]) -> bool:
    """Whether the rule is true of a person, given as fields side by side and `tags`."""
    match rule:
        case All(rules):
            return all(evaluate(each, person) for each in rules)
        case Some(rules):
            return any(evaluate(each, person) for each in rules)
        case Not(inner):
            return not evaluate(inner, person)
        case Compare(field, sign, value):
            return _compare(value_of(person, field), sign, value)
        case OneOf(field, values):
            return any(_compare(value_of(person, field), "=", value) for value in values)
        case Contains(field, text):
            return text in value_of(person, field)
        case HasTag(tag):
            return tag in person.get("tags", ())


def _compare(has: str, sign: Sign, value: Value) -> bool:
    if not isinstance(value, str):
        return _NUMBER.match(has) is not None and _SIGNS[sign](float(has), value)
    return _SIGNS[sign](has, value) and (sign == "=" or has != "")


def _write(value: Value) -> str:
    if not isinstance(value, str):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
