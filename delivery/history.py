"""What became of all mails to one person, whatever run they were of: for a timeline. One run in full: trail.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Attempt, Batch, Delivery, DeliveryException, Event, Run


@dataclass(frozen=True)
class Happened:
    run_id: int
    at: datetime
    what: str  # accepted, skipped, refused, and the provider's events
    detail: str


def history(s: Session, subscriber_ids: Sequence[int]) -> list[Happened]:
    """In no order. Looked up run by run, as the tables' keys have it."""
    runs = list(s.scalars(select(Run.id)))
    return [*_accepted(s, runs, subscriber_ids), *_left_out(s, runs, subscriber_ids), *_events(s, runs, subscriber_ids)]


def _accepted(s: Session, runs: list[int], ids: Sequence[int]) -> list[Happened]:
    out = DeliveryException
    query = (
        select(Delivery.run_id, Attempt.started_at, Delivery.batch, Attempt.number)
        .join(Batch, (Batch.run_id == Delivery.run_id) & (Batch.number == Delivery.batch))
        .join(Attempt, Attempt.id == Batch.accepted_by)
        .outerjoin(out, (out.run_id == Delivery.run_id) & (out.subscriber_id == Delivery.subscriber_id))
        .where(Delivery.run_id.in_(runs), Delivery.subscriber_id.in_(ids), out.run_id.is_(None))
    )
    rows = s.execute(query)
    return [Happened(run, at, "accepted", f"batch {batch}, attempt {number}") for run, at, batch, number in rows]


def _left_out(s: Session, runs: list[int], ids: Sequence[int]) -> list[Happened]:
    mine = DeliveryException.run_id.in_(runs), DeliveryException.subscriber_id.in_(ids)
    return [Happened(x.run_id, x.at, x.kind, x.reason) for x in s.scalars(select(DeliveryException).where(*mine))]


def _events(s: Session, runs: list[int], ids: Sequence[int]) -> list[Happened]:
    mine = Event.run_id.in_(runs), Event.subscriber_id.in_(ids)
    rows = s.execute(select(Event.run_id, Event.at, Event.kind, Event.detail).where(*mine))
    return [Happened(run, at, kind, detail) for run, at, kind, detail in rows if run is not None]
