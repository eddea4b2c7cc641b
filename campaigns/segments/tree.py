"""A rule as a tree of plain values: what the grammar makes and everything else reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sign = Literal["=", "<", "<=", ">", ">="]
Value = str | float  # text is compared exactly as written, a number with the numbers among the values


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
class Contains:
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class HasTag:
    tag: str


Rule = All | Some | Not | Compare | OneOf | Contains | HasTag
