"""A rule as a condition on people, built by SQLAlchemy: no text of the rule ever becomes SQL.

It asks the narrow row of each person; tags, lists and campaigns by sets of ids; the wide row only where it must.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, and_, case, cast, exists, false, func, literal, not_, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.types import Boolean

from campaigns.segments.columns import Column, bytewise, column, is_wide, place, starts, together
from campaigns.segments.deeds import who_did
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
    leaves,
)
from subscribers.fields.custom import NUMBER, Field
from subscribers.models import Profile, Subscriber, SubscriberTag, Subscription

Fields = Mapping[str, Field]
_IN_A_ROW = 30
_WHO = Profile.subscriber_id
_HELD = aliased(Subscription)  # whatever asks stands on another list's rows perhaps


def to_sql(rule: Rule, fields: Fields) -> ColumnElement[bool]:
    """True or false for every row of subscribers, never unknown: `not` turns each into the other. For few people."""
    return exists().where(Subscriber.id == _WHO, _condition(rule, fields, _is_among)).correlate(Subscriber)


def members(rule: Rule, fields: Fields, *, sets: bool, after: int = 0) -> Select[int]:
    """The ids of all after this one for whom the same is true, whatever list they are on. `sets`: tags and the like by
    whole sets, for SQLite and for all people at once."""
    query = select(_WHO).where(_condition(rule, fields, _is_in_all if sets else partial(_is_among, after=after)))
    if after:
        query = query.where(Profile.subscriber_id > after)
    if any(is_wide(each, fields) for each in leaves(rule)):
        query = query.join(Subscriber, Subscriber.id == _WHO)
    return query.correlate(None)


def _is_in_all(ids: Select[int]) -> ColumnElement[bool]:
    """The set is made once and asked for each person; where it decides alone, it leads."""
    return _WHO.in_(ids)


def _is_among(ids: Select[int], after: int = 0) -> ColumnElement[bool]:
    """A look at its index for each person: making the set would cost more than few people do."""
    who = ids.selected_columns[0]
    # Said of the set too: PostgreSQL, which begins with it where it is small, would go through all of it.
    near = ids.where(who > after) if after else ids
    return near.where(who == _WHO).correlate(Profile).exists()


def _condition(rule: Rule, fields: Fields, inside: Callable[[Select[int]], ColumnElement[bool]]) -> ColumnElement[bool]:
    match rule:
        case All(rules):
            return _joined(and_, [_condition(each, fields, inside) for each in rules])
        case Some(rules):
            return _joined(or_, [_condition(each, fields, inside) for each in rules])
        case Not(inner):
            return not_(_condition(inner, fields, inside))
        case HasTag(tag):
            return inside(select(SubscriberTag.subscriber_id).where(SubscriberTag.tag == tag))
        case Empty("tag"):
            return ~_is_among(select(SubscriberTag.subscriber_id))
        case Holds(lists, state):
            return inside(select(_HELD.subscriber_id).where(_HELD.list_id.in_(lists), _HELD.state == state))
        case DidIn(deed, runs):
            return inside(who_did(deed, runs))
        case Compare() | OneOf() | Between() | Contains() | StartsWith() | Empty():
            return _ask(column(rule.field, fields), rule)
        case _:
            raise TypeError(f"its names have no numbers yet: {rule!r}")


def _joined(by: Callable[..., ColumnElement[bool]], conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """SQLite counts each `or` in a row as one deeper, and gives up at a thousand."""
    if len(conditions) <= _IN_A_ROW:
        return by(*conditions)
    rows = [conditions[start : start + _IN_A_ROW] for start in range(0, len(conditions), _IN_A_ROW)]
    return by(*(together(by(*row)) for row in rows))


def _ask(asked: Column, rule: Asked) -> ColumnElement[bool]:
    match rule:
        case Compare(_, sign, value):
            return _holds(asked, sign, value)
        case OneOf(_, values):
            return _one_of(asked, values)
        case Between(_, low, high):
            return and_(_holds(asked, ">=", low), _holds(asked, "<=", high))
        case Contains(_, text):
            return place(asked.of, literal(text)) > 0
        case StartsWith(_, text):
            return starts(asked.of, text)
        case _:
            return asked.of == "" if asked.kind == "text" else asked.of.is_(None)


def _one_of(asked: Column, values: tuple[Value, ...]) -> ColumnElement[bool]:
    if asked.kind != "text":
        return _sure(asked.of.in_([asked.literal(value) for value in values]))
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if not isinstance(value, str)]
    return or_(asked.of.in_(texts), *(_holds(asked, "=", number) for number in numbers))


def _holds(asked: Column, sign: Sign, value: Value) -> ColumnElement[bool]:
    if asked.kind != "text":
        return _sure(_signed(asked.of, sign, asked.literal(value)))
    if isinstance(value, float):
        # CASE: a text that is no number must not reach the cast.
        number = _signed(cast(asked.of, Float), sign, value)
        return case((asked.of.regexp_match(f"^{NUMBER.pattern}$"), number), else_=literal(False, Boolean))
    if sign == "=":
        return asked.of == value
    return and_(asked.of != "", _signed(bytewise(asked.of), sign, value))


def _sure(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return func.coalesce(condition, false())


def _signed(left: ColumnElement[Any], sign: Sign, right: Any) -> ColumnElement[bool]:
    made: dict[Sign, ColumnElement[bool]] = {
        "=": left == right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }
    return made[sign]
