"""Whether a service is at work: each one signs in every few seconds. Nothing is decided by it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.models import Heartbeat

EVERY = timedelta(seconds=5)
_FORGOTTEN = timedelta(days=7)


def beat(s: Session, owner: str, said: str = "") -> None:
    """This service is at work now."""
    now = database_now(s)
    s.merge(Heartbeat(owner=owner, at=now, said=said))
    s.execute(delete(Heartbeat).where(Heartbeat.at < now - _FORGOTTEN))


def last(s: Session) -> datetime | None:
    """When any service was last at work."""
    return s.scalar(select(func.max(Heartbeat.at)))


def is_recent(s: Session) -> bool:
    """Whether somebody is there to act on what was decided."""
    at = last(s)
    return at is not None and at > database_now(s) - 3 * EVERY
