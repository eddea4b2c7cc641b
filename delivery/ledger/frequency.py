"""Who has had enough: one mail of a list a month, where they wished it, and so many of all lists ([frequency]).

Asked at the freeze and again at each claim.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, exists, false, func, literal, or_, select, text
from sqlalchemy.orm import Session

from base.config import FrequencyConfig
from base.database import database_now, with_now
from delivery.mailed import LEFT, was_left_out
from delivery.models import Attempt, Batch, Delivery, Run
from subscribers.models import Subscription
from subscribers.wishes import MONTHLY

# Not 28 days: after a mailing that left a day late, the next first Tuesday would be too early.
MONTH = timedelta(days=25)
HAD_ONE = "wants one mail a month and had it"
CAPPED = "frequency cap"
NO_CAP = FrequencyConfig()
_ADVISORY = 0x7115EE8  # beside that of due.py
_EVERY_LIST = 0
# Asked at each claim. The clock is in a SELECT of its own, so that it is looked at once and not for each row.
_OTHERS = """
SELECT r.id FROM runs r WHERE r.id <> :mine AND :list IN (:every, r.list_id) AND r.not_after > (SELECT {now}) - :within
AND EXISTS (SELECT 1 FROM attempts a WHERE a.run_id = r.id AND a.started_at > (SELECT {now}) - :within)
"""
_EVERYBODY = 0  # what the cap is about; a list is locked by its id


@dataclass(frozen=True)
class Enough:
    """Of a row of subscriptions: is it so, and where it is, for which reason."""

    condition: ColumnElement[bool]
    reason: ColumnElement[str]
    can_be: bool = True  # may anybody at all have had enough? Mostly not, and then nobody has to be asked


_NOBODY = Enough(false(), literal(CAPPED), can_be=False)


def enough(s: Session, list_id: int, run_id: int | None = None, cap: FrequencyConfig = NO_CAP) -> Enough:
    """Did other runs lately reach them as often as they wish, or as we allow, or may they have?"""
    found = _had_one(s, list_id, run_id), _had_most(s, run_id, cap)
    if all(each is None for each in found):
        return _NOBODY
    monthly, capped = (false() if each is None else each for each in found)
    return Enough(or_(monthly, capped), case((monthly, HAD_ONE), else_=CAPPED))


def take_turns(s: Session, due: Row[Any]) -> None:
    """Two claims at one moment do not see each other. Where somebody could be in both and must not, one waits for the
    other. On SQLite they always do."""
    if not due.beside:
        return
    if due.cap_most:
        _wait(s, _EVERYBODY)
    inside = Subscription.subscriber_id.between(due.first, due.last)
    wishes = select(Subscription.list_id).where(Subscription.list_id == due.list_id, inside)
    if s.scalar(select(wishes.where(Subscription.frequency == MONTHLY).exists())):
        _wait(s, due.list_id)


def _had_one(s: Session, list_id: int, run_id: int | None) -> ColumnElement[bool] | None:
    runs = _lately(s, run_id, MONTH, list_id)
    if not runs:
        return None
    # The ids stand in the statement: each person is then one look into the ledger a run, by its key.
    reached = exists().where(*_reached(runs))
    return and_(Subscription.frequency == MONTHLY, reached.correlate(Subscription))


def _had_most(s: Session, run_id: int | None, cap: FrequencyConfig) -> ColumnElement[bool] | None:
    if not cap.most:
        return None
    runs = _lately(s, run_id, cap.within)
    if len(runs) < cap.most:
        return None  # nobody can have had so many
    since = database_now(s) - cap.within
    whole = _whole(s, runs, since)
    # Another may have taken days, so what counts there is when their own batch left.
    left = Attempt.id == Batch.attempt, Attempt.started_at > since
    parts = [_in_ledger(whole)] if whole else []
    if others := [run for run in runs if run not in whole]:
        parts.append((*_reached(others), *left))
    times = [select(func.count()).where(*part).correlate(Subscription).scalar_subquery() for part in parts]
    return reduce(operator.add, times) >= cap.most


def _whole(s: Session, runs: list[int], since: datetime) -> list[int]:
    """Those of which everything left since then: who is in their ledger was reached, whatever the batch."""
    not_left = exists().where(Batch.run_id == Run.id, Batch.state.not_in(LEFT))
    return list(s.scalars(select(Run.id).where(Run.id.in_(runs), Run.frozen_at > since, ~not_left)))


def _reached(runs: list[int]) -> tuple[ColumnElement[bool], ...]:
    batch = Batch.run_id == Delivery.run_id, Batch.number == Delivery.batch, Batch.state.in_(LEFT)
    return (*_in_ledger(runs), *batch)


def _in_ledger(runs: list[int]) -> tuple[ColumnElement[bool], ...]:
    return Delivery.run_id.in_(runs), Delivery.subscriber_id == Subscription.subscriber_id, ~was_left_out()


def _lately(s: Session, run_id: int | None, within: timedelta, list_id: int = _EVERY_LIST) -> list[int]:
    """The other runs, of one list or of all, of which something left within that time."""
    facts = {"mine": run_id or 0, "within": within // timedelta(milliseconds=1), "list": list_id, "every": _EVERY_LIST}
    return list(s.scalars(with_now(s, _OTHERS), facts))


def _wait(s: Session, what: int) -> None:
    s.execute(text("SELECT pg_advisory_xact_lock(:ours, :what)"), {"ours": _ADVISORY, "what": what})
