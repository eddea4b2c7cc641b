"""From a SELECT of subscribers to frozen batches, in chunks that can be resumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple, cast

import orjson
from sqlalchemy import Select, Table, case, exists, func, insert, literal, select, text
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
from subscribers.models import Subscription

_DELIVERIES = cast(Table, Delivery.__table__)

# The batches of the deliveries that were just added; the last one of the chunk before may still have had room.
_FILL = """
INSERT INTO batches (run_id, number, state, tries, not_before, not_after, size, first_subscriber, last_subscriber,
                     tracks_opens)
SELECT CAST(:run AS INTEGER), batch, 'planned', 0, CAST(:not_before AS BIGINT), CAST(:not_after AS BIGINT),
       count(*), min(subscriber_id), max(subscriber_id), CAST(:tracks_opens AS BOOLEAN)
FROM deliveries WHERE run_id = :run AND subscriber_id > :through AND (batch = :open OR batch > :newest) GROUP BY batch
ON CONFLICT (run_id, number) DO UPDATE SET size = batches.size + excluded.size,
    last_subscriber = excluded.last_subscriber
"""
# Left to itself, SQLite reads the whole list for this.
_ANYBODY_AGREED = """
SELECT EXISTS (SELECT 1 FROM subscriptions {indexed}
               WHERE list_id = :list AND subscriber_id > :through AND opens_since IS NOT NULL)
"""
_INDEXED = {"sqlite": "INDEXED BY ix_subscriptions_opens", "postgresql": ""}


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
    """Write one chunk of recipients: a SELECT of the ids of subscriptions, all above those added before. Returns how
    many."""
    run = s.get_one(Run, run_id, with_for_update=True)
    told = timing.read(run.timing) if run.timing else None
    if told:
        departures.meet(s, run, told, recipients)
    through = s.scalar(select(func.coalesce(func.max(Batch.last_subscriber), 0)).where(Batch.run_id == run_id)) or 0
    added = 0
    if _anybody_agreed(s, run, through):
        agreed = recipients.where(Subscription.opens_since.is_not(None))
        added = _write(s, run, told, agreed, through, tracks_opens=True)
        # Not those who did not agree: on PostgreSQL somebody may say so, or take it back, between two statements.
        inside = exists().where(Delivery.run_id == run_id, Delivery.subscriber_id == Subscription.subscriber_id)
        recipients = recipients.where(~inside)
    added += _write(s, run, told, recipients, through, tracks_opens=False)
    run.audience += added
    s.flush()
    return added


def _anybody_agreed(s: Session, run: Run, through: int) -> bool:
    """Of the list, from here on, that their opening is seen? Often nobody did: then it costs no more than this."""
    ask = _ANYBODY_AGREED.format(indexed=_INDEXED[s.get_bind().dialect.name])
    return bool(s.scalar(text(ask), {"list": run.list_id, "through": through}))


def _write(
    s: Session, run: Run, told: Timing | None, recipients: Select[int], through: int, *, tracks_opens: bool
) -> int:
    """These people fill batches of their own: nobody's opening is seen who did not agree to it."""
    last = _last(s, run, tracks_opens)
    rows = departures.in_turn(run, told, recipients, tracks_opens) if told else _in_order(run, recipients, last)
    written = s.execute(
        insert(_DELIVERIES).from_select(["subscriber_id", "batch", "run_id"], rows.add_columns(literal(run.id))),
        execution_options={"preserve_rowcount": True},
    )
    if told:
        departures.fill(s, run, told, through, tracks_opens)
    else:
        window = {"not_before": to_ms(run.not_before), "not_after": to_ms(run.not_after)}
        facts = {"run": run.id, "through": through, "tracks_opens": tracks_opens}
        s.execute(text(_FILL), {**facts, **window, "open": last.number, "newest": last.newest})
    return int(written.rowcount)  # type: ignore[attr-defined]


class _Last(NamedTuple):
    """The last batch of a kind, which may have room, and the newest of both kinds."""

    number: int
    size: int
    newest: int


def _last(s: Session, run: Run, tracks_opens: bool) -> _Last:
    mine = select(Batch.number, Batch.size).where(Batch.run_id == run.id).order_by(Batch.number.desc()).limit(1)
    newest = s.execute(mine).one_or_none()
    last = s.execute(mine.where(Batch.tracks_opens.is_(tracks_opens))).one_or_none()
    return _Last(*(last or (0, run.batch_size)), newest.number if newest else 0)


def _in_order(run: Run, recipients: Select[int], last: _Last) -> Select[int, int]:
    chosen = recipients.subquery()
    person = chosen.c[0]
    # Batches are filled across chunks, so that 5,000 recipients are 5 requests however the chunks fell.
    place = last.size + func.row_number().over(order_by=person) - 1
    further = place // run.batch_size
    if last.number in (0, last.newest):
        return select(person, further + last.newest)
    filled = select(person, further.label("further")).subquery()
    return select(filled.c[0], case((filled.c.further == 0, last.number), else_=filled.c.further + last.newest))


def freeze(s: Session, run_id: int) -> None:
    """The audience is whole: from now on batches may be claimed."""
    run = s.get_one(Run, run_id)
    if run.timing:
        departures.part_times(s, run, timing.read(run.timing))
    run.frozen_at = database_now(s)
    s.flush()
    hint_run(s, run_id)
