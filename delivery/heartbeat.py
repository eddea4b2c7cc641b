"""Whether a service is at work: each one signs in every few seconds, and off at its end. Nothing is decided by it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.models import Heartbeat

EVERY = timedelta(seconds=5)
_ENDED = "ended"
_FORGOTTEN = timedelta(days=7)


def beat(s: Session, owner: str, said: str = "") -> None:
    """This service is at work now."""
    now = database_now(s)
    s.merge(Heartbeat(owner=owner, at=now, said=said))
    s.execute(delete(Heartbeat).where(Heartbeat.at < now - _FORGOTTEN))


def sign_off(s: Session, owner: str) -> None:
    """This service has ended and left nothing in flight. Its row stays, as it says since when nothing runs."""
    s.execute(update(Heartbeat).where(Heartbeat.owner == owner).values(at=database_now(s), said=_ENDED))


def last(s: Session) -> datetime | None:
    """When any service was last at work."""
    return s.scalar(select(func.max(Heartbeat.at)))


def is_recent(s: Session) -> bool:
    """Whether somebody is there to act on what was decided. One that was killed could not say so, and counts on."""
    alive = Heartbeat.said != _ENDED, Heartbeat.at > database_now(s) - 3 * EVERY
    return s.scalar(select(Heartbeat.owner).where(*alive).limit(1)) is not None
