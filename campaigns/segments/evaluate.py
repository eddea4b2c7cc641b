"""What a rule says about one person at hand, in plain Python. For many there is sql.py, which must say the same."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from campaigns.segments.fields import kind, number_of, value
from campaigns.segments.tree import (
    All,
    Asked,
    Between,
    Compare,
    Contains,
    DidIn,
    Empty,
    HasTag,
    Holds,
    Not,
    OneOf,
    Rule,
    Sign,
    Some,
    StartsWith,
    Value,
)
from subscribers.fields.custom import NUMBER, Field, slotted

_SIGNS: dict[Sign, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(rule: Rule, person: Mapping[str, Any], fields: Mapping[str, Field]) -> bool:
    """Whether the rule, with numbers for its names (resolve.py), is true of a person.

    A person is fields side by side, with `tags`, `lists` (a state by each list's number) and `deeds` (deed and run).
    """
    match rule:
        case All(rules):
            return all(evaluate(each, person, fields) for each in rules)
        case Some(rules):
            return any(evaluate(each, person, fields) for each in rules)
        case Not(inner):
            return not evaluate(inner, person, fields)
        case HasTag(tag):
            return tag in person.get("tags", ())
        case Empty("tag"):
            return not person.get("tags")
        case Holds(lists, state):
            return any(person.get("lists", {}).get(each) == state for each in lists)
        case DidIn(deed, runs):
            return any((deed, run) in person.get("deeds", ()) for run in runs)
        case Compare() | OneOf() | Between() | Contains() | StartsWith() | Empty():
            return _ask(rule, person, fields)
        case _:
            raise TypeError(f"its names have no numbers yet: {rule!r}")


def _ask(rule: Asked, person: Mapping[str, Any], fields: Mapping[str, Field]) -> bool:
    has, of = value(person, rule.field), kind(rule.field, fields)

    def holds(sign: Sign, asked: Value) -> bool:
        if of in ("text", "choice"):
            return _of_text(has, sign, asked)
        held = slotted(of, has)  # type: ignore[arg-type]  # tag, list … are no Asked
        return held is not None and _SIGNS[sign](held, number_of(asked))

    match rule:
        case Compare(_, sign, asked):
            return holds(sign, asked)
        case OneOf(_, several):
            return any(holds("=", asked) for asked in several)
        case Between(_, low, high):
            return holds(">=", low) and holds("<=", high)
        case Contains(_, text):
            return text in has
        case StartsWith(_, text):
            return has.startswith(text)
        case _:
            return not has if of in ("text", "choice") else slotted(of, has) is None  # type: ignore[arg-type]


def _of_text(has: str, sign: Sign, asked: Value) -> bool:
    if isinstance(asked, float):
        return NUMBER.fullmatch(has) is not None and _SIGNS[sign](float(has), asked)
    return _SIGNS[sign](has, asked) and (sign == "=" or has != "")
