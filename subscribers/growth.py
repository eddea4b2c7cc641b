"""How a list grew: who joined and who left it, by week, from the consent rows themselves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, func, select, type_coerce, union
from sqlalchemy.orm import Session

from base.database import database_now
from base.time import from_ms, to_ms
from subscribers.models import Consent, Evidence, Subscriber
from subscribers.projection import MARKETING

WEEKS = 26
_WEEK = 7 * 24 * 3_600_000
_MONDAY = 3 * 24 * 3_600_000  # 1970 began on a Thursday


@dataclass(frozen=True)
class Week:
    begins: date  # a Monday, in UTC
    joined: int
    left: int


# Both sides of every merge: few, so what became of them is followed row by row.
_MERGED = select(Subscriber.id).where(Subscriber.merged_into.is_not(None))
_PARTS: CompoundSelect[Any] = union(_MERGED, select(Subscriber.merged_into).where(Subscriber.merged_into.is_not(None)))
_WEEK_OF = ((type_coerce(Consent.at, BigInteger) + _MONDAY) // _WEEK).label("week")


def growth(s: Session, list_id: int, weeks: int = WEEKS) -> list[Week]:
    """The last weeks, this one included, the oldest first. What was made void never counted."""
    this = (to_ms(database_now(s)) + _MONDAY) // _WEEK
    first = this - weeks + 1
    counts = _of_most(s, list_id, first) + _of_merged(s, list_id)
    return [
        Week(_monday(week), counts[week, "confirmed"], counts[week, "withdrawn"]) for week in range(first, this + 1)
    ]


def _of_most(s: Session, list_id: int, first: int) -> Counter[tuple[int, str]]:
    moved = select(Evidence.id).where(Evidence.how == "edit")  # to another address: they were on the list before
    query = (
        select(_WEEK_OF, Consent.state, func.count())
        .where(*_said(list_id))
        .where(Consent.at >= from_ms(first * _WEEK - _MONDAY), Consent.evidence_id.not_in(moved))
        .where(Consent.subscriber_id.not_in(_PARTS))
        .group_by(_WEEK_OF, Consent.state)
    )
    return Counter({(int(week), state): many for week, state, many in s.execute(query)})


def _of_merged(s: Session, list_id: int) -> Counter[tuple[int, str]]:
    """Rows that were made one are one person, who joined with the first of them and left with the last."""
    person = func.coalesce(Subscriber.merged_into, Subscriber.id).label("person")
    query = (
        select(person, Consent.subscriber_id, Consent.state, _WEEK_OF)
        .join(Subscriber, Subscriber.id == Consent.subscriber_id)
        .where(*_said(list_id), Consent.subscriber_id.in_(_PARTS))
        .order_by(person, Consent.id)
    )
    counts: Counter[tuple[int, str]] = Counter()
    for _, rows in groupby(s.execute(query), lambda row: row.person):
        on: set[int] = set()
        for row in rows:
            was_on = bool(on)
            on = on | {row.subscriber_id} if row.state == "confirmed" else on - {row.subscriber_id}
            counts[int(row.week), row.state] += bool(on) is not was_on
    return counts


def _said(list_id: int) -> tuple[ColumnElement[bool], ...]:
    """Whether a row counts."""
    void = select(Consent.voids).where(Consent.voids.is_not(None))
    of_list = Consent.list_id == list_id, Consent.purpose == MARKETING
    return *of_list, Consent.state.in_(("confirmed", "withdrawn")), Consent.id.not_in(void)


def _monday(week: int) -> date:
    return date(1970, 1, 1) + timedelta(days=week * 7 - 3)
