"""Whether a service is at work: each one signs in every few seconds, and off at its end. Nothing is decided by it."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.models import Heartbeat

EVERY = timedelta(seconds=5)
WORKER = "worker"  # what a worker says begins with this; a whole service says nothing
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


def workers(s: Session) -> int:
    """How many workers are there to send, where an engine dispatches."""
    return s.scalar(select(func.count()).where(Heartbeat.said.startswith(WORKER), *_alive(s))) or 0


def missing(s: Session, *, by_workers: bool) -> str:
    """What has to be started before anything is sent; empty when it is all at work."""
    service = select(Heartbeat.owner).where(~Heartbeat.said.startswith(WORKER), *_alive(s))
    if s.scalar(service.limit(1)) is None:
        return "tipsheet run"
    return "tipsheet worker" if by_workers and not workers(s) else ""


def beats(s: Session) -> dict[tuple[str, str], datetime]:
    """When each service and worker was last at work, by kind and name; those that ended are left out."""
    alive = s.execute(select(Heartbeat.said, Heartbeat.owner, Heartbeat.at).where(Heartbeat.said != _ENDED))
    return {("worker" if said.startswith(WORKER) else "service", owner): at for said, owner, at in alive}


def said(s: Session, owner: str) -> str:
    """What somebody of that name said in the last seconds; empty when it was silent, or has ended."""
    return s.scalar(select(Heartbeat.said).where(Heartbeat.owner == owner, *_alive(s))) or ""


def last(s: Session) -> datetime | None:
    """When any service was last at work."""
    return s.scalar(select(func.max(Heartbeat.at)))


def is_recent(s: Session) -> bool:
    """Whether somebody is there to act on what was decided. One that was killed could not say so, and counts on."""
    return s.scalar(select(Heartbeat.owner).where(*_alive(s)).limit(1)) is not None


def _alive(s: Session) -> tuple[ColumnElement[bool], ...]:
    now = database_now(s)
    # Nor is it who was there later than now: the clock was set back since, and whoever lives says so again soon.
    return Heartbeat.said != _ENDED, Heartbeat.at > now - 3 * EVERY, Heartbeat.at < now + 3 * EVERY


def this_process() -> str:
    """The name of whoever is given none: machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"
