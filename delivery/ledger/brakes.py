"""What stops a run: a person's pause, a cancellation, the end of its time. Only planned batches are touched."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.models import Batch, Run


def hold(s: Session, run_id: int) -> None:
    """From the commit on, no batch of the run is claimed; what is in flight ends as it ends."""
    s.execute(update(Run).where(Run.id == run_id).values(paused=True))


def release(s: Session, run_id: int) -> None:
    """Claim again: lifts a pause, a provider's hold and the breaker, because a person has looked."""
    s.execute(update(Run).where(Run.id == run_id).values(paused=False, held=None, doubts=0))


def drop(s: Session, run_id: int) -> None:
    """Everybody still planned is skipped: cancelled."""
    _skip(s, "cancelled", Batch.run_id == run_id)


def expire(s: Session) -> int:
    """Everybody whose time is over is skipped: too late. Returns how many batches."""
    return _skip(s, "too late", Batch.not_after <= database_now(s))


def held_words(s: Session, run_id: int) -> str | None:
    return s.scalar(select(Run.held).where(Run.id == run_id))


def _skip(s: Session, reason: str, *which: object) -> int:
    over = update(Batch).where(Batch.state == "planned", *which)  # type: ignore[arg-type]
    return len(s.execute(over.values(state="skipped", reason=reason).returning(Batch.number)).all())
