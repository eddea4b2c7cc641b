"""A rule as a tree of plain values: what the grammar makes and everything else reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

Sign = Literal["=", "<", "<=", ">", ">="]
Deed = Literal["received", "opened", "clicked"]
State = Literal["confirmed", "pending", "withdrawn"]
# Text is compared exactly as written, a number with the numbers among the values.
Value = str | float | date | bool


@dataclass(frozen=True, slots=True)
class All:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of the rules is true."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    rule: Rule


@dataclass(frozen=True, slots=True)
class Compare:
    field: str
    sign: Sign
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """From the first to the last, both of them inside."""

    field: str
    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class Contains:
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class StartsWith:
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Empty:
    field: str  # or tag


@dataclass(frozen=True, slots=True)
class Within:
    """A date that is at most so many days past, or ahead, counted from today."""

    field: str
    days: int
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class HasTag:
    tag: str


@dataclass(frozen=True, slots=True)
class OnList:
    """On any of these lists, in this state."""

    lists: tuple[str, ...]
    state: State = "confirmed"


@dataclass(frozen=True, slots=True)
class InSegment:
    slug: str


@dataclass(frozen=True, slots=True)
class Did:
    """Received, opened or clicked any of these campaigns."""

    deed: Deed
    campaigns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DidLately:
    """The same with the last so many campaigns that were launched, to one list or to any."""

    deed: Deed
    count: int
    list: str | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """OnList, with the lists' numbers."""

    lists: tuple[int, ...]
    state: State


@dataclass(frozen=True, slots=True)
class DidIn:
    """Did or DidLately, with the numbers of the runs."""

    deed: Deed
    runs: tuple[int, ...]


Asked = Compare | OneOf | Between | Contains | StartsWith | Empty | Within  # of a field
Named = OnList | InSegment | Did | DidLately  # what meaning.py puts numbers, or a rule, in place of
Rule = All | Some | Not | Asked | HasTag | Named | Holds | DidIn


def every(rules: Iterable[Rule]) -> Rule:
    """`and` between them; one row of what stood inside each other."""
    parts = tuple(part for rule in rules for part in (rule.rules if isinstance(rule, All) else (rule,)))
    return parts[0] if len(parts) == 1 else All(parts)


def some(rules: Iterable[Rule]) -> Rule:
    parts = tuple(part for rule in rules for part in (rule.rules if isinstance(rule, Some) else (rule,)))
    return parts[0] if len(parts) == 1 else Some(parts)


def opposite(rule: Rule) -> Rule:
    return rule.rule if isinstance(rule, Not) else Not(rule)


def parts(rule: Rule) -> tuple[Rule, ...]:
    if isinstance(rule, All | Some):
        return rule.rules
    return (rule.rule,) if isinstance(rule, Not) else ()


def leaves(rule: Rule) -> Iterator[Rule]:
    """Its conditions, without going down by calls."""
    waiting = [rule]
    while waiting:
        each = waiting.pop()
        if inner := parts(each):
            waiting += inner
        else:
            yield each
