"""A rule as a condition on subscribers, built by SQLAlchemy: no text of the rule ever becomes SQL."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, cast, literal, not_, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, Integer, String

from campaigns.segments.fields import column
from campaigns.segments.tree import All, Compare, Contains, HasTag, Not, OneOf, Rule, Sign, Some, Value
from subscribers.models import Subscriber, SubscriberTag

# Fifteen digits: every database and Python then mean the same number by the same text.
NUMBER = r"^-?[0-9]{1,9}(\.[0-9]{1,6})?$"


@singledispatch
def to_sql(rule: Rule) -> ColumnElement[bool]:
    """True or false for every row of subscribers, never unknown: `not` turns each into the other."""
    raise TypeError(f"no rule: {rule!r}")


@to_sql.register
def _(rule: All) -> ColumnElement[bool]:
    return and_(*map(to_sql, rule.rules))


@to_sql.register
def _(rule: Some) -> ColumnElement[bool]:
    return or_(*map(to_sql, rule.rules))


@to_sql.register
def _(rule: Not) -> ColumnElement[bool]:
    return not_(to_sql(rule.rule))


@to_sql.register
def _(rule: Compare) -> ColumnElement[bool]:
    return _compare(column(rule.field), rule.sign, rule.value)


@to_sql.register
def _(rule: OneOf) -> ColumnElement[bool]:
    texts = [value for value in rule.values if isinstance(value, str)]
    numbers = [value for value in rule.values if not isinstance(value, str)]
    asked = column(rule.field)
    return or_(asked.in_(texts), *(_compare(asked, "=", number) for number in numbers))


@to_sql.register
def _(rule: Contains) -> ColumnElement[bool]:
    return _place(column(rule.field), literal(rule.text)) > 0


@to_sql.register
def _(rule: HasTag) -> ColumnElement[bool]:
    return Subscriber.id.in_(select(SubscriberTag.subscriber_id).where(SubscriberTag.tag == rule.tag))


def _compare(asked: ColumnElement[str], sign: Sign, value: Value) -> ColumnElement[bool]:
    if not isinstance(value, str):
        # CASE: a text that is no number must not reach the cast.
        return case(
            (asked.regexp_match(NUMBER), _signed(cast(asked, Float), sign, value)), else_=literal(False, Boolean)
        )
    if sign == "=":
        return asked == value
    return and_(asked != "", _signed(_bytewise(asked), sign, value))


def _signed(left: ColumnElement[Any], sign: Sign, right: Value) -> ColumnElement[bool]:
    made: dict[Sign, ColumnElement[bool]] = {
        "=": left == right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }
    return made[sign]


class _place(FunctionElement[int]):
    """Where a text begins inside another, counted from 1; 0: nowhere. LIKE would not do: SQLite's ignores case."""

    type = Integer()
    inherit_cache = True


class _bytewise(FunctionElement[str]):
    """A text in the order of its code points, whatever language the database sorts by."""

    type = String()
    inherit_cache = True


@compiles(_place, "sqlite")
def _instr(element: _place, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(_place, "postgresql")
def _strpos(element: _place, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


@compiles(_bytewise, "sqlite")
def _as_it_is(element: _bytewise, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)})"


@compiles(_bytewise, "postgresql")
def _in_c_order(element: _bytewise, compiler: SQLCompiler, **kw: Any) -> str:
    return f'(({compiler.process(element.clauses, **kw)}) COLLATE "C")'
