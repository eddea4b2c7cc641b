"""From a SELECT of subscribers to frozen batches, in chunks that can be resumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.models import Batch, Delivery, Run
from delivery.providers.provider import Envelope


@dataclass(frozen=True)
class Order:
    """What a run is told at its start."""

    public_id: str
    list_id: int
    message_id: int
    envelope: Envelope
    batch_size: int
    not_before: datetime
    not_after: datetime
    events_expected: bool = True


def open_run(s: Session, order: Order) -> int:
    """A run with an empty audience: nothing is claimed before `freeze`."""
    run = Run(
        public_id=order.public_id,
        list_id=order.list_id,
        message_id=order.message_id,
        envelope=orjson.dumps(asdict(order.envelope)).decode(),
        batch_size=order.batch_size,
        not_before=order.not_before,
        not_after=order.not_after,
        events_expected=order.events_expected,
    )
    s.add(run)
    s.flush()
    return run.id


def add(s: Session, run_id: int, recipients: Select[int]) -> int:
    """Write one chunk of recipients: a SELECT of subscriber ids, all above those added before. Returns how many."""
    run = s.get_one(Run, run_id, with_for_update=True)
    chosen = recipients.subquery()
    person = chosen.c[0]
    # Batches are filled across chunks, so that 5,000 recipients are 5 requests however the chunks fell.
    place = run.audience + func.row_number().over(order_by=person) - 1
    rows = select(literal(run_id), person, place // run.batch_size + 1)
    s.execute(insert(Delivery).from_select(["run_id", "subscriber_id", "batch"], rows))
    added = _fill_batches(s, run)
    run.audience += added
    s.flush()
    return added


def freeze(s: Session, run_id: int) -> None:
    """The audience is whole: from now on batches may be claimed."""
    run = s.get_one(Run, run_id)
    run.frozen_at = database_now(s)
    s.flush()


def _fill_batches(s: Session, run: Run) -> int:
    """Make or extend the batch rows of deliveries that were just added; returns how many those are."""
    through = s.scalar(select(func.max(Batch.last_subscriber)).where(Batch.run_id == run.id)) or 0
    fresh = (
        select(
            Delivery.run_id,
            Delivery.batch,
            func.min(Delivery.subscriber_id).label("first"),
            func.max(Delivery.subscriber_id).label("last"),
            func.count().label("size"),
        )
        .where(Delivery.run_id == run.id, Delivery.subscriber_id > through)
        .group_by(Delivery.run_id, Delivery.batch)
    )
    added = 0
    for row in s.execute(fresh).all():
        added += row.size
        batch = s.get(Batch, (run.id, row.batch))
        if batch:
            batch.size += row.size
            batch.last_subscriber = row.last
        else:
            s.add(_batch(run, row.batch, row.size, row.first, row.last))
    s.flush()
    return added


def _batch(run: Run, number: int, size: int, first: int, last: int) -> Batch:
    return Batch(
        run_id=run.id,
        number=number,
        state="planned",
        not_before=run.not_before,
        not_after=run.not_after,
        size=size,
        first_subscriber=first,
        last_subscriber=last,
    )
