"""How a list grew: who joined and who left it, by week, from the consent rows themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from base.database import database_now
from base.time import from_ms, to_ms
from subscribers.models import Consent, Evidence
from subscribers.projection import MARKETING

WEEKS = 26
_WEEK = 7 * 24 * 3_600_000
_MONDAY = 3 * 24 * 3_600_000  # 1970 began on a Thursday


@dataclass(frozen=True)
class Week:
    begins: date  # a Monday, in UTC
    joined: int
    left: int


def growth(s: Session, list_id: int, weeks: int = WEEKS) -> list[Week]:
    """The last weeks, this one included, the oldest first. What was made void never counted."""
    this = (to_ms(database_now(s)) + _MONDAY) // _WEEK
    number = ((type_coerce(Consent.at, BigInteger) + _MONDAY) // _WEEK).label("week")
    void = select(Consent.voids).where(Consent.voids.is_not(None))
    moved = select(Evidence.id).where(Evidence.how == "edit")  # to another address: they were on the list before
    query = (
        select(number, Consent.state, func.count())
        .where(Consent.list_id == list_id, Consent.purpose == MARKETING, Consent.state.in_(("confirmed", "withdrawn")))
        .where(Consent.at >= from_ms((this - weeks + 1) * _WEEK - _MONDAY), Consent.id.not_in(void))
        .where(Consent.evidence_id.not_in(moved))
        .group_by(number, Consent.state)
    )
    counts = {(int(week), state): many for week, state, many in s.execute(query)}
    return [
        Week(_monday(week), counts.get((week, "confirmed"), 0), counts.get((week, "withdrawn"), 0))
        for week in range(this - weeks + 1, this + 1)
    ]


def _monday(week: int) -> date:
    return date(1970, 1, 1) + timedelta(days=week * 7 - 3)
