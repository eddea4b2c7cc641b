"""From a SELECT of subscribers to frozen batches, in chunks that can be resumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

import orjson
from sqlalchemy import Select, Table, func, insert, literal, select, text
from sqlalchemy.orm import Session

from base.config import FrequencyConfig
from base.database import database_now
from base.time import to_ms
from delivery import pace, timing
from delivery.dispatch.hints import hint_run
from delivery.ledger import departures
from delivery.ledger.frequency import NO_CAP
from delivery.models import Batch, Delivery, Run
from delivery.providers.provider import Envelope
from delivery.timing import Timing

_DELIVERIES = cast(Table, Delivery.__table__)

# The batches of the deliveries that were just added; the last one of the chunk before may still have had room.
_FILL = """
INSERT INTO batches (run_id, number, state, tries, not_before, not_after, size, first_subscriber, last_subscriber)
SELECT CAST(:run AS INTEGER), batch, 'planned', 0, CAST(:not_before AS BIGINT), CAST(:not_after AS BIGINT),
       count(*), min(subscriber_id), max(subscriber_id)
FROM deliveries WHERE run_id = :run AND subscriber_id > :through GROUP BY batch
ON CONFLICT (run_id, number) DO UPDATE SET size = batches.size + excluded.size,
    last_subscriber = excluded.last_subscriber
"""


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
    per_hour: int = 0  # its own pace; 0: none
    cap: FrequencyConfig = NO_CAP
    timing: Timing | None = None  # where its batches do not all leave at once


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
        cap_most=order.cap.most,
        cap_seconds=round(order.cap.within.total_seconds()),
        timing=timing.write(order.timing) if order.timing else None,
    )
    s.add(run)
    s.flush()
    pace.limit_run(s, run.id, order.per_hour)
    return run.id


def add(s: Session, run_id: int, recipients: Select[int]) -> int:
    """Write one chunk of recipients: a SELECT of subscriber ids, all above those added before. Returns how many."""
    run = s.get_one(Run, run_id, with_for_update=True)
    told = timing.read(run.timing) if run.timing else None
    if told:
        departures.meet(s, run, told, recipients)
    rows = departures.in_turn(run, told, recipients) if told else _in_order(run, recipients)
    written = s.execute(
        insert(_DELIVERIES).from_select(["subscriber_id", "batch", "run_id"], rows.add_columns(literal(run_id))),
        execution_options={"preserve_rowcount": True},
    )
    added = written.rowcount  # type: ignore[attr-defined]
    through = s.scalar(select(func.coalesce(func.max(Batch.last_subscriber), 0)).where(Batch.run_id == run_id)) or 0
    if told:
        departures.fill(s, run, told, through)
    else:
        window = {"not_before": to_ms(run.not_before), "not_after": to_ms(run.not_after)}
        s.execute(text(_FILL), {"run": run_id, "through": through, **window})
    run.audience += added
    s.flush()
    return int(added)


def _in_order(run: Run, recipients: Select[int]) -> Select[int, int]:
    chosen = recipients.subquery()
    person = chosen.c[0]
    # Batches are filled across chunks, so that 5,000 recipients are 5 requests however the chunks fell.
    place = run.audience + func.row_number().over(order_by=person) - 1
    return select(person, place // run.batch_size + 1)


def freeze(s: Session, run_id: int) -> None:
    """The audience is whole: from now on batches may be claimed."""
    run = s.get_one(Run, run_id)
    if run.timing:
        departures.part_times(s, run, timing.read(run.timing))
    run.frozen_at = database_now(s)
    s.flush()
    hint_run(s, run_id)
