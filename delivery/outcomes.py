"""What became of an accepted mail, merged by OR and rank: order and repetition of events do not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.time import to_ms
from delivery.arrays import add_rows
from delivery.models import Run


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
    OPENED_BY_MACHINE = 1024  # a privacy proxy fetched the pictures: it says that the mail arrived, and no more
    CLICKED_BY_BOT = 2048  # a scanner followed the links
    SOFT = 4096  # beside BLOCKED: the mailbox turned it away, for now
    TRACKED = 8192  # it left with open tracking, as the person had agreed: an open would have been told of


_BY_MACHINES = Flag.OPENED_BY_MACHINE | Flag.CLICKED_BY_BOT

# The strongest news first: a mailbox that took the mail and bounced it later did not deliver it; a deferral is
# overtaken by whatever came of it. Opened or clicked without more means that it arrived.
FATES = {
    "bounced": Flag.BOUNCED,
    "dropped": Flag.DROPPED,
    "delivered": Flag.DELIVERED | Flag.OPENED | Flag.CLICKED | Flag.COMPLAINED | _BY_MACHINES,
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


# Whose (run, person) → flags, first and last time in milliseconds.
Merged = dict[tuple[int, int], tuple[int, int, int]]

# CROSS JOIN tells SQLite the order: from these rows to their deliveries, not the other way round.
_MERGE = """
WITH w (run_id, subscriber_id, flags, first_at, last_at) AS (SELECT * FROM {rows} AS x)
INSERT INTO outcomes (run_id, subscriber_id, flags, first_at, last_at)
SELECT d.run_id, d.subscriber_id, w.flags, w.first_at, w.last_at
FROM w CROSS JOIN deliveries d WHERE d.run_id = w.run_id AND d.subscriber_id = w.subscriber_id
ORDER BY d.run_id, d.subscriber_id
ON CONFLICT (run_id, subscriber_id) DO UPDATE SET flags = outcomes.flags | excluded.flags,
    first_at = CASE WHEN excluded.first_at < outcomes.first_at THEN excluded.first_at ELSE outcomes.first_at END,
    last_at = CASE WHEN excluded.last_at > outcomes.last_at THEN excluded.last_at ELSE outcomes.last_at END
"""
_TYPES = ("int", "int", "smallint", "bigint", "bigint")


def merge(s: Session, turned: Sequence[Turned]) -> None:
    """Turn flags on for those who are in the run; about anybody else nothing is recorded."""
    merged: Merged = {}
    for one in turned:
        merge_one(merged, (one.run_id, one.subscriber_id), int(one.flag), to_ms(one.at))
    merge_all(s, merged)


def merge_one(merged: Merged, whose: tuple[int, int], flag: int, at: int) -> None:
    """Add a flag to what is to be merged."""
    held = merged.get(whose)
    if held is None:
        merged[whose] = flag, at, at
    else:
        flags, first, last = held
        merged[whose] = flags | flag, at if at < first else first, at if at > last else last


def merge_all(s: Session, merged: Merged) -> None:
    """For thousands: one statement, which adds to what others write, in one order: no two wait in a ring."""
    rows: list[int] = []
    for whose, what in sorted(merged.items()):
        rows += (*whose, *what)
    add_rows(s, _MERGE, rows, _TYPES)


def run_of(s: Session, public_id: str) -> int | None:
    return s.scalar(select(Run.id).where(Run.public_id == public_id))
