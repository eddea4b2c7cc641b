"""Which installation a database is, whether it may send, and from where. Restoring one is backup/'s part."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from base.config import Config
from base.database import database_now
from base.errors import Refused
from delivery.models import Installation, Place

_MACHINE_ID = Path("/etc/machine-id")
OVERLAP = timedelta(hours=2)  # what a provider writes late, or by another clock, is asked for again


def installation(s: Session) -> Installation:
    """The one row; made where there is none yet."""
    found = s.scalar(select(Installation).limit(1))
    if found is None:
        found = Installation(id=secrets.token_urlsafe(9), made_at=database_now(s))
        s.add(found)
        s.flush()
    return found


def try_writing(s: Session) -> None:
    """Change the row to what it is: the commit tells whether anything can be recorded at this moment."""
    mine = installation(s)
    s.execute(update(Installation).where(Installation.id == mine.id).values(made_at=Installation.made_at))


def place(config: Config) -> str:
    """What a database knows this machine and configuration by."""
    try:
        machine = config.installation.name or _MACHINE_ID.read_text("ascii").strip() or socket.gethostname()
    except (OSError, ValueError):
        machine = socket.gethostname()
    return f"{machine}:{config.file.resolve()}"


def sign_in(s: Session, here: str, by: str) -> None:
    """Before anything is sent. A database that was used nowhere yet belongs here; one from elsewhere is Refused."""
    installation(s)
    if words := elsewhere(s, here):
        raise Refused(words)
    adopt(s, here, by, beside=True)


def elsewhere(s: Session, here: str) -> str:
    """That it sends from other places than this one, and what to do; empty when it may send from here."""
    known = s.scalars(select(Place.name).order_by(Place.name)).all()
    if here in known or not known:
        return ""
    return (
        f"This database was last used elsewhere ({', '.join(known)}) and may be sending from there; when nothing runs "
        "there any more, let it send from here with: tipsheet adopt"
    )


def adopt(s: Session, here: str, by: str, *, beside: bool) -> None:
    """From now on it may be sent from here, and unless `beside` from nowhere else."""
    if not beside:
        s.execute(delete(Place).where(Place.name != here))
    if s.get(Place, here) is None:
        s.add(Place(name=here, since=database_now(s), by=by))
    s.flush()


def why_off(s: Session) -> str:
    """Why nothing is sent at all; empty when sending is on."""
    return s.scalar(select(Installation.sending_off).limit(1)) or ""


@dataclass(frozen=True)
class LastPull:
    """Of the provider's suppressions."""

    trouble: str  # why the last try was not whole, if it was not
    at: datetime | None  # of the last whole one
    said: str  # what that one brought
    expected_since: datetime


def last_pull(s: Session) -> LastPull:
    mine = s.scalar(select(Installation).limit(1))
    if mine is None:
        return LastPull("", None, "", database_now(s))
    return LastPull(mine.pull_trouble or "", mine.pulled_at, mine.pull_said or "", mine.pulled_at or mine.made_at)


def after_restore(s: Session, why_off: str) -> None:
    """From now on this is another branch of its history; with `why_off` it sends nothing until `resume`."""
    mine = installation(s)
    mine.restored_at, mine.sending_off = database_now(s), why_off or None
    s.flush()


def restored_at(s: Session) -> datetime | None:
    return s.scalar(select(Installation.restored_at).limit(1))


def resume(s: Session, *, pulls: bool) -> None:
    """Sending is on again, because a person says so. Raises Refused before suppressions were pulled."""
    mine = installation(s)
    if mine.sending_off is None:
        raise Refused("Sending is on; there is nothing to resume")
    if pulls and (mine.pulled_at is None or (mine.restored_at and mine.pulled_at < mine.restored_at)):
        raise Refused(
            "Who bounced or complained since the backup is not known here yet; fetch that first with: "
            "tipsheet suppression pull"
        )
    mine.sending_off = None
    s.flush()
