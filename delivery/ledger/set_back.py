"""The database's clock was set back: whatever waits for a time by the earlier clock would wait for that much longer.

It then waits anew, from now on: longer than it had to, never shorter. What is over keeps the time it was given.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from delivery import pace, rests
from delivery.dispatch.hints import hint
from delivery.models import Attempt, Batch, Run

LEAST = timedelta(minutes=1)  # clocks are put right by less all the time, and that is just waited for
_SENT_BACK = "returned", "refused", "halved"
_ANY = *_SENT_BACK, "accepted", "uncertain", "held"


def catch_up(s: Session) -> bool:
    """One look. False, as nearly always, where nothing is on record that began later than now."""
    now = database_now(s)
    ahead = now + LEAST
    latest = _latest(s, ahead)
    if latest is None:
        return False
    _begin_anew(s, now, ahead)
    _leave_at_once(s, now, ahead, latest)
    pace.catch_up(s, now)
    rests.catch_up(s, now, ahead)
    return True


def _latest(s: Session, ahead: datetime) -> datetime | None:
    """How late the earlier clock was when something last began to be sent."""
    known = or_(Attempt.verdict.is_(None), Attempt.verdict.in_(_ANY))  # which its index is sorted by
    began = s.scalar(select(func.max(Attempt.started_at)).where(Attempt.started_at > ahead, known))
    frozen = s.scalar(select(func.max(Run.frozen_at)).where(Run.frozen_at > ahead))
    return max((one for one in (began, frozen) if one), default=None)


def _begin_anew(s: Session, now: datetime, ahead: datetime) -> None:
    """Leases of what is in flight, and the waiting time of what is uncertain."""
    still_open = or_(Attempt.verdict.is_(None), Attempt.verdict == "uncertain")
    later = select(Attempt).where(Attempt.started_at > ahead, still_open).with_for_update(skip_locked=True)
    for attempt in s.scalars(later).all():
        lease = max(attempt.lease_until - attempt.started_at, timedelta())
        attempt.started_at, attempt.lease_until = now, now + lease
        mine = Batch.run_id == attempt.run_id, Batch.number == attempt.batch, Batch.attempt == attempt.id
        s.execute(update(Batch).where(*mine, Batch.state == "leaving").values(lease_until=now + lease))
    s.flush()


def _leave_at_once(s: Session, now: datetime, ahead: datetime, latest: datetime) -> None:
    """What was due already, or had come back to wait for some seconds. Whoever has a time of their own waits for it."""
    at_once = select(Run.id).where(Run.timing.is_(None))
    was_due = and_(Batch.attempt.is_(None), Batch.not_before <= latest, Batch.run_id.in_(at_once))
    came_back = select(Attempt.id).where(Attempt.verdict.in_(_SENT_BACK), Attempt.started_at > ahead)
    waiting = update(Batch).where(
        Batch.state == "planned", Batch.not_before > now, or_(was_due, Batch.attempt.in_(came_back))
    )
    for run_id, number in s.execute(waiting.values(not_before=now).returning(Batch.run_id, Batch.number)).all():
        hint(s, run_id, number)
