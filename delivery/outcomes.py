"""What became of an accepted mail, merged by OR and rank: order and repetition of events do not matter."""

from __future__ import annotations

from datetime import datetime
from enum import IntFlag

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Delivery, Outcome, Run


class Flag(IntFlag):
    PROCESSED = 1
    DEFERRED = 2
    DELIVERED = 4
    BLOCKED = 8
    DROPPED = 16
    BOUNCED = 32
    OPENED = 64
    CLICKED = 128
    COMPLAINED = 256
    OPTED_OUT = 512


# The strongest news first: a mailbox that took the mail and bounced it later did not deliver it; a deferral is
# overtaken by whatever came of it. Opened or clicked without more means that it arrived.
FATES = {
    "bounced": Flag.BOUNCED,
    "dropped": Flag.DROPPED,
    "delivered": Flag.DELIVERED | Flag.OPENED | Flag.CLICKED | Flag.COMPLAINED,
    "blocked": Flag.BLOCKED,
    "deferred": Flag.DEFERRED,
}


def fate(flags: int) -> str | None:
    """One word for the flags of one person; None while there is no news."""
    return next((word for word, mask in FATES.items() if flags & mask), None)


def merge(s: Session, run_id: int, subscriber_id: int, flag: Flag, at: datetime) -> None:
    """Turn a flag on for somebody who is in the run; about anybody else nothing is recorded."""
    outcome = s.get(Outcome, (run_id, subscriber_id))
    if outcome is not None:
        outcome.flags |= flag
        outcome.first_at, outcome.last_at = min(outcome.first_at, at), max(outcome.last_at, at)
    elif s.get(Delivery, (run_id, subscriber_id)) is not None:
        s.add(Outcome(run_id=run_id, subscriber_id=subscriber_id, flags=int(flag), first_at=at, last_at=at))
        s.flush()


def run_of(s: Session, public_id: str) -> int | None:
    return s.scalar(select(Run.id).where(Run.public_id == public_id))
