"""Where a field's values stand, as SQL, and the few functions that the two databases do not share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Float, and_, case, cast, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, Integer, String

from campaigns.segments.fields import FIELDS, number_of
from campaigns.segments.tree import Between, Compare, Contains, Empty, OneOf, Rule, StartsWith, Value
from subscribers.fields.custom import DATE, NUMBER, Field
from subscribers.models import Profile, Subscriber


@dataclass(frozen=True)
class Column:
    of: ColumnElement[Any]  # a text is never NULL; everything else is where there is no value
    kind: Literal["text", "number", "day"]  # a number for dates and booleans too; day: a date as text

    def literal(self, value: Value) -> str | float:
        return str(value) if self.kind == "day" else number_of(value)


def column(name: str, fields: Mapping[str, Field]) -> Column:
    field = fields.get(name)
    if field is None and name in FIELDS:
        known = FIELDS[name]
        assert known.column is not None  # noqa: S101  tag, list … are not asked for by value
        return Column(known.column, "text" if known.kind == "text" else "number")
    field = field or Field(name)
    if field.slot is None:
        return _in_wide_row(field)
    slot: ColumnElement[Any] = getattr(Profile, field.slot).expression
    if field.type in ("text", "choice"):
        return Column(func.coalesce(slot, ""), "text")
    return Column(slot, "number")


def is_wide(rule: Rule, fields: Mapping[str, Field]) -> bool:
    """Does this condition need the wide row?"""
    if not isinstance(rule, Compare | OneOf | Between | Contains | StartsWith | Empty) or rule.field == "tag":
        return False
    if field := fields.get(rule.field):
        return field.slot is None
    return rule.field not in FIELDS or FIELDS[rule.field].wide


def _in_wide_row(field: Field) -> Column:
    """The same as in a slot, and as slowly as it has to be: what is not of the type is no value."""
    text: ColumnElement[str] = func.coalesce(Subscriber.custom[field.name].as_string(), "")
    match field.type:
        case "number":
            return Column(case((text.regexp_match(f"^{NUMBER.pattern}$"), cast(text, Float))), "number")
        case "boolean":
            return Column(case((text == "yes", literal(1.0)), (text == "no", literal(0.0))), "number")
        case "date":
            return Column(case((text.regexp_match(f"^{DATE.pattern}$"), bytewise(text))), "day")
        case _:
            return Column(text, "text")


def starts(text: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    return and_(text != "", func.substr(text, 1, len(beginning)) == beginning)


class place(FunctionElement[int]):
    """Where a text begins inside another, counted from 1; 0: nowhere. LIKE would not do: SQLite's ignores case."""

    type = Integer()
    inherit_cache = True


class bytewise(FunctionElement[str]):
    """A text in the order of its code points, whatever language the database sorts by."""

    type = String()
    inherit_cache = True


class together(FunctionElement[bool]):
    """Parentheses, which SQLAlchemy leaves out where they change nothing for it."""

    type = Boolean()
    inherit_cache = True


@compiles(together)
def _in_parentheses(element: together, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)})"


@compiles(place, "sqlite")
def _instr(element: place, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(place, "postgresql")
def _strpos(element: place, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


@compiles(bytewise, "sqlite")
def _as_it_is(element: bytewise, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)})"


@compiles(bytewise, "postgresql")
def _in_c_order(element: bytewise, compiler: SQLCompiler, **kw: Any) -> str:
    return f'(({compiler.process(element.clauses, **kw)}) COLLATE "C")'
