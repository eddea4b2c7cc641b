"""What became of an accepted mail, merged by OR and rank: order and repetition of events do not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from base.time import to_ms
from delivery.models import Run

_MERGE = """
INSERT INTO outcomes (run_id, subscriber_id, flags, first_at, last_at)
SELECT d.run_id, d.subscriber_id, :flag, :at, :at FROM deliveries d
WHERE d.run_id = :run AND d.subscriber_id = :person
ON CONFLICT (run_id, subscriber_id) DO UPDATE SET flags = outcomes.flags | excluded.flags,
    first_at = CASE WHEN excluded.first_at < outcomes.first_at THEN excluded.first_at ELSE outcomes.first_at END,
    last_at = CASE WHEN excluded.last_at > outcomes.last_at THEN excluded.last_at ELSE outcomes.last_at END
"""


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


@dataclass(frozen=True)
class Turned:
    """One person's flag, and when it turned on."""

    run_id: int
    subscriber_id: int
    flag: Flag
    at: datetime


def merge(s: Session, turned: Sequence[Turned]) -> None:
    """Turn flags on for those who are in the run; about anybody else nothing is recorded."""
    # One statement each, so that what others write at this moment stays; one order, so that no two wait in a ring.
    rows = [
        {"run": one.run_id, "person": one.subscriber_id, "flag": int(one.flag), "at": to_ms(one.at)}
        for one in sorted(turned, key=lambda one: (one.run_id, one.subscriber_id))
    ]
    if rows:
        s.execute(text(_MERGE), rows)


def run_of(s: Session, public_id: str) -> int | None:
    return s.scalar(select(Run.id).where(Run.public_id == public_id))
