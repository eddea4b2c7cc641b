"""Runs made up for tests: a list of people, a message, and batches to claim."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from base.database import Database, database_now
from delivery import messages
from delivery.ledger import Claim, Counts, add, claim, counts, freeze, open_run
from delivery.ledger.plan import Order
from delivery.providers.provider import Envelope
from delivery.slots import Message
from subscribers.keys import Keys
from subscribers.models import List
from subscribers.people import add_subscriber
from subscribers.suppression import mailable
from tests.support.people import CONSENT, a_list, says_of_opens

ENVELOPE = Envelope(
    from_email="news@example.com",
    from_name="Example",
    reply_to="",
    list_header="Tips <l1.example.com>",
    feedback_id="r:l:tipsheet:example",
    public_url="http://127.0.0.1:8025",
)
MESSAGE = Message("Tips", "<p>Tips</p>", "Tips", ())
LEASE = timedelta(minutes=5)


def a_run(
    db: Database,
    keys: Keys,
    people: int,
    *,
    batch_size: int = 2,
    message: Message = MESSAGE,
    agreed: Iterable[int] = (),
    chunk: int = 1_000_000,
    **order: Any,
) -> int:
    """A frozen run over a new list of `people` subscribers, p1@example.com and on. `agreed`: that opening is seen."""
    with db.write() as s:
        lst = s.scalar(select(List).where(List.slug == "tips")) or a_list(s)
        for n in range(1, people + 1):
            add_subscriber(s, keys, f"p{n}@example.com", list_slug="tips", **CONSENT)
        for n in agreed:
            says_of_opens(s, keys, f"p{n}@example.com", allowed=True)
        now = database_now(s)
        facts = {
            "public_id": "run-1",
            "list_id": lst.id,
            "message_id": messages.store(s, message),
            "envelope": ENVELOPE,
            "batch_size": batch_size,
            "not_before": now,
            "not_after": now + timedelta(days=1),
        }
        run = open_run(s, Order(**{**facts, **order}))
        for first in range(0, max(people, 1), chunk):
            add(s, run, mailable(lst.id), first, first + chunk)
        freeze(s, run)
    return run


def take(db: Database, *, only: str = "") -> Claim | None:
    """Claim the next due batch, as a worker would."""
    with db.write() as s:
        return claim(s, owner="test", account="test", lease=LEASE, fence=lambda email: only in email)


def taken(db: Database) -> Claim:
    found = take(db)
    assert found is not None, "there was no batch to claim"
    return found


def count(db: Database, run: int) -> Counts:
    with db.read() as s:
        return counts(s, run)


def time_passes(db: Database, by: timedelta) -> None:
    """As if this much time had gone by: everything on record becomes older. Works with the database's own clock."""
    ms = round(by.total_seconds() * 1000)
    with db.write() as s:
        for table, columns in _CLOCKS.items():
            change = ", ".join(f"{c} = {c} - {ms}" for c in columns)
            s.execute(text(f"UPDATE {table} SET {change}"))  # noqa: S608  names of our own tables


_CLOCKS = {
    "batches": ("not_before", "not_after", "lease_until"),
    "attempts": ("started_at", "lease_until", "answered_at", "first_event_at"),
    "runs": ("not_before", "not_after", "frozen_at"),
    "heartbeats": ("at",),
    "paces": ("next_at", "day_ends_at"),
    "rests": ("since", "until"),
}
