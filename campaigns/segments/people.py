"""Whom a rule reaches on a list: how many, who they are, page by page, and how many of them can be seen opening."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from campaigns.models import Segment
from campaigns.segments.resolve import Resolved, read_rule
from campaigns.segments.sql import members, to_sql
from campaigns.segments.tree import DidIn, Rule, leaves
from subscribers.models import Profile, Subscriber, Subscription
from subscribers.suppression import mailable

PAGE = 50


@dataclass(frozen=True)
class Count:
    rule: str
    recipients: int  # on the list, may be mailed, and in the segment
    mailable: int  # on the list and may be mailed
    seen: int | None = None  # recipients whose opens may be seen, where the rule asks for opens


@dataclass(frozen=True)
class Person:
    id: int
    email: str
    first_name: str
    last_name: str


def condition(s: Session, segment: Segment) -> ColumnElement[bool]:
    """True or false for every row of subscribers. For few people at a time: of a window, or one."""
    asked = read_rule(s, segment.rule, inside=(segment.slug,))
    return to_sql(asked.rule, asked.fields)


def count(s: Session, asked: Resolved, list_id: int) -> Count:
    """How many of a list a rule would reach now, and how many could be reached at all."""
    reached = recipients(s, asked, list_id)
    seen = _size(s, reached.where(Subscription.opens_since.is_not(None))) if _asks_for_opens(asked.rule) else None
    return Count(asked.text, _size(s, reached), _size(s, mailable(list_id)), seen)


def recipients(s: Session, asked: Resolved, list_id: int) -> Select[int]:
    """The ids of all on the list whom a rule would reach now; the rule leads."""
    return mailable(list_id).where(Subscription.subscriber_id.in_(everybody(s, asked)))


def everybody(s: Session, asked: Resolved) -> Select[int]:
    """The ids of all of whom a rule is true, whatever list they are on and whether or not they may be mailed."""
    # PostgreSQL joins what is asked for each person by itself, and goes through a set that outgrows its working memory
    # once for each of them.
    return members(asked.rule, asked.fields, sets=s.get_bind().dialect.name == "sqlite")


def page(s: Session, asked: Resolved, list_id: int, *, after: int = 0, size: int = PAGE) -> list[Person]:
    """The next people, in the order in which they became known; go on after the id of the last."""
    may_be_mailed = mailable(list_id).where(Subscription.subscriber_id == Profile.subscriber_id).correlate(Profile)
    ids = members(asked.rule, asked.fields, sets=False, after=after).where(may_be_mailed.exists())
    ids = ids.order_by(Profile.subscriber_id).limit(size)
    columns = (Subscriber.id, Subscriber.email, Subscriber.first_name, Subscriber.last_name)
    rows = s.execute(select(*columns).where(Subscriber.id.in_(list(s.scalars(ids)))).order_by(Subscriber.id))
    return [Person(*row) for row in rows]


def _asks_for_opens(rule: Rule) -> bool:
    return any(
        each.deed == "opened" if isinstance(each, DidIn) else getattr(each, "field", "") == "opened"
        for each in leaves(rule)
    )


def _size(s: Session, ids: Select[int]) -> int:
    return s.scalar(select(func.count()).select_from(ids.subquery())) or 0
