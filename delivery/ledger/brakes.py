"""What stops a run: a person's pause, a cancellation, the end of its time. Only planned batches are touched."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.orm import Session

from base.database import database_now
from delivery import rests, thresholds
from delivery.dispatch.hints import hint_run
from delivery.models import Batch, Run


def hold(s: Session, run_id: int) -> None:
    """From the commit on, no batch of the run is claimed; what is in flight ends as it ends."""
    s.execute(update(Run).where(Run.id == run_id).values(paused=True))


def release(s: Session, run_id: int) -> None:
    """Claim again: lifts a pause, any hold and the breaker, because a person has looked."""
    s.execute(
        update(Run).where(Run.id == run_id).values(paused=False, held=None, doubts=0, released_at=database_now(s))
    )
    thresholds.accept(s, run_id)
    rests.ask_soon(s)
    hint_run(s, run_id)


def drop(s: Session, run_id: int) -> None:
    """Everybody still planned is skipped: cancelled. Whoever comes back from the provider unsent is so, too."""
    mine, now = Batch.run_id == run_id, database_now(s)
    s.execute(update(Run).where(Run.id == run_id).values(not_after=now))
    away = Batch.state.in_(("leaving", "uncertain"))
    s.execute(update(Batch).where(mine, away).values(not_after=now, reason="cancelled"))
    _skip(s, mine, reason="cancelled")


def expire(s: Session) -> int:
    """Everybody whose time is over is skipped: too late, unless it ended by a word. Returns how many batches."""
    return _skip(s, Batch.not_after <= database_now(s), reason=func.coalesce(Batch.reason, "too late"))


def _skip(s: Session, which: ColumnElement[bool], *, reason: ColumnElement[str] | str) -> int:
    over = update(Batch).where(Batch.state == "planned", which)
    return len(s.execute(over.values(state="skipped", reason=reason).returning(Batch.number)).all())
