"""The database's clock was set back: whatever waits for a time by the earlier clock would wait for that much longer.

It then waits anew, from now on: longer than it had to, never shorter. What is over comes to lie a little before that:
it shows no life on the way back to what begins from now on, and one look is enough.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from delivery import pace, rests
from delivery.dispatch.hints import hint
from delivery.models import Attempt, Batch, Run
from subscribers.models import Subscriber

LEAST = timedelta(minutes=1)  # clocks are put right by less all the time, and that is just waited for
_SENT_BACK = "returned", "refused", "halved", "held", "lost"
_ANY = *_SENT_BACK, "accepted", "uncertain"
_KNOWN = or_(Attempt.verdict.is_(None), Attempt.verdict.in_(_ANY))  # which its index is sorted by


def catch_up(s: Session) -> bool:
    """One look. False, as nearly always, where nothing is on record that began later than now."""
    now = database_now(s)
    ahead = now + LEAST
    latest = _latest(s, ahead)
    if latest is None:
        return False
    _leave_at_once(s, now, ahead, latest)
    _begin_anew(s, now)
    _keep_frozen(s, now)
    pace.catch_up(s, now)
    rests.catch_up(s, now, ahead)
    return True


def _latest(s: Session, ahead: datetime) -> datetime | None:
    """How late the earlier clock was when something last began to be sent."""
    began = s.scalar(select(func.max(Attempt.started_at)).where(Attempt.started_at > ahead, _KNOWN))
    frozen = s.scalar(select(func.max(Run.frozen_at)).where(Run.frozen_at > ahead))
    return max((one for one in (began, frozen) if one), default=None)


def _leave_at_once(s: Session, now: datetime, ahead: datetime, latest: datetime) -> None:
    """What was due already, or had come back to wait for some seconds: as it is, or what was set apart from it. Whoever
    has a time of their own waits for it."""
    at_once = select(Run.id).where(Run.timing.is_(None), Run.not_before <= latest)
    was_due = and_(Batch.attempt.is_(None), Batch.not_before <= latest + LEAST)
    came_back = select(Attempt.id).where(Attempt.verdict.in_(_SENT_BACK), Attempt.started_at > ahead)
    waiting = update(Batch).where(
        Batch.state == "planned",
        Batch.not_before > now,
        Batch.run_id.in_(at_once),
        or_(was_due, Batch.attempt.in_(came_back)),
    )
    for run_id, number in s.execute(waiting.values(not_before=now).returning(Batch.run_id, Batch.number)).all():
        hint(s, run_id, number)


def _begin_anew(s: Session, now: datetime) -> None:
    """Leases of what is in flight, and the waiting time of what is uncertain. What is over began earlier than whatever
    began since the clock was set back, also in the moments before this look."""
    later = select(Attempt).where(Attempt.started_at > now, _KNOWN).with_for_update(skip_locked=True)
    for attempt in s.scalars(later.execution_options(populate_existing=True)).all():
        if attempt.verdict not in (None, "uncertain"):
            attempt.started_at = now - LEAST
            continue
        lease = max(attempt.lease_until - attempt.started_at, timedelta())
        attempt.started_at, attempt.lease_until = now, now + lease
        mine = Batch.run_id == attempt.run_id, Batch.number == attempt.batch, Batch.attempt == attempt.id
        s.execute(update(Batch).where(*mine, Batch.state == "leaving").values(lease_until=now + lease))
    s.flush()


def _keep_frozen(s: Session, now: datetime) -> None:
    """Whose address was changed after a freeze is left out, and whose was changed before it is not. Between two
    freezes, they are left out of both."""
    later, before = Run.frozen_at > now, now - LEAST
    many, earliest = s.execute(select(func.count(), func.min(Run.frozen_at)).where(later)).one()
    free = s.scalars(select(Run.id).where(later).with_for_update(skip_locked=True)).all()
    if not many or len(free) < many:
        return  # a claim is under way: at the next look
    s.execute(update(Run).where(Run.id.in_(free)).values(frozen_at=before))
    changed = update(Subscriber).where(Subscriber.addressed_at > now)
    s.execute(changed.where(Subscriber.addressed_at <= earliest).values(addressed_at=before))
    s.execute(changed.values(addressed_at=before + timedelta(milliseconds=1)))
