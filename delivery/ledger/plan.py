"""From a SELECT of subscribers to frozen batches, in chunks that can be resumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple, cast

import orjson
from sqlalchemy import (
    BindParameter,
    Insert,
    Integer,
    Select,
    Table,
    bindparam,
    exists,
    insert,
    literal,
    select,
    text,
)
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

# One batch, of the people that were just added to it.
_FILL = """
INSERT INTO batches (run_id, number, state, tries, not_before, not_after, size, first_subscriber, last_subscriber,
                     tracks_opens)
SELECT CAST(:run AS INTEGER), CAST(:number AS INTEGER), 'planned', 0, CAST(:not_before AS BIGINT),
       CAST(:not_after AS BIGINT), count(*), min(subscriber_id), max(subscriber_id), CAST(:tracks_opens AS BOOLEAN)
FROM deliveries WHERE run_id = :run AND subscriber_id > :after AND batch = :number
ON CONFLICT (run_id, number) DO UPDATE SET size = batches.size + excluded.size,
    last_subscriber = excluded.last_subscriber
RETURNING last_subscriber
"""
# Left to itself, SQLite reads the whole list for this.
_ANYBODY_AGREED = """
SELECT EXISTS (SELECT 1 FROM subscriptions {indexed}
               WHERE list_id = :list AND subscriber_id > :first AND opens_since IS NOT NULL)
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


def add(s: Session, run_id: int, recipients: Select[int], first: int, last: int) -> int:
    """Write one chunk of recipients, a SELECT of the ids of subscriptions: those after `first`, where the chunk before
    ended, through `last`. Returns how many."""
    run = s.get_one(Run, run_id, with_for_update=True)
    told = timing.read(run.timing) if run.timing else None
    recipients = recipients.where(Subscription.subscriber_id <= last)
    if told:
        departures.meet(s, run, told, _after(recipients, first))
    added = 0
    if _anybody_agreed(s, run, first):
        agreed = recipients.where(Subscription.opens_since.is_not(None))
        added = _write(s, run, told, agreed, first, tracks_opens=True)
        # Not those who did not agree: on PostgreSQL somebody may say so, or take it back, between two statements.
        inside = exists().where(Delivery.run_id == run_id, Delivery.subscriber_id == Subscription.subscriber_id)
        recipients = recipients.where(~inside)
    added += _write(s, run, told, recipients, first, tracks_opens=False)
    run.audience += added
    s.flush()
    return added


def _anybody_agreed(s: Session, run: Run, first: int) -> bool:
    """Of the list, from here on, that their opening is seen? Often nobody did: then it costs no more than this."""
    ask = _ANYBODY_AGREED.format(indexed=_INDEXED[s.get_bind().dialect.name])
    return bool(s.scalar(text(ask), {"list": run.list_id, "first": first}))


def _after(recipients: Select[int], first: int | BindParameter[int]) -> Select[int]:
    """Said once in a statement: of two such bounds SQLite may begin to read at the wrong one."""
    return recipients.where(Subscription.subscriber_id > first)


def _write(
    s: Session, run: Run, told: Timing | None, recipients: Select[int], first: int, *, tracks_opens: bool
) -> int:
    """These people fill batches of their own: nobody's opening is seen who did not agree to it."""
    if told is None:
        return _in_order(s, run, recipients, first, tracks_opens)
    rows = departures.in_turn(run, told, _after(recipients, first), tracks_opens)
    written = _insert(s, _into(run, rows))
    departures.fill(s, run, told, first, tracks_opens)
    return written


def _in_order(s: Session, run: Run, recipients: Select[int], after: int, tracks_opens: bool) -> int:
    """Batches are filled across chunks, so that 5,000 recipients are 5 requests however the chunks fell. A statement a
    batch: to number the people of all of them in one takes twice the time."""
    person = Subscription.subscriber_id
    some = _after(recipients, bindparam("after")).order_by(person).limit(bindparam("room"))
    people = _into(run, some.add_columns(bindparam("number", type_=Integer)))
    fill = {"run": run.id, "not_before": to_ms(run.not_before), "not_after": to_ms(run.not_after)}
    last = _last(s, run, tracks_opens)
    number, room, newest, written = last.number, run.batch_size - last.size, last.newest, 0
    while True:
        if not room:
            number = newest = newest + 1
            room = run.batch_size
        added = _insert(s, people, after=after, room=room, number=number)
        written += added
        if added:
            facts = {**fill, "number": number, "after": after, "tracks_opens": tracks_opens}
            after = s.execute(text(_FILL), facts).scalar_one()
        if added < room:
            return written
        room = 0


def _into(run: Run, people: Select[int, int]) -> Insert:
    return insert(_DELIVERIES).from_select(["subscriber_id", "batch", "run_id"], people.add_columns(literal(run.id)))


def _insert(s: Session, people: Insert, **given: int) -> int:
    written = s.execute(people, given, execution_options={"preserve_rowcount": True})
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


def freeze(s: Session, run_id: int) -> None:
    """The audience is whole: from now on batches may be claimed."""
    run = s.get_one(Run, run_id)
    if run.timing:
        departures.part_times(s, run, timing.read(run.timing))
    run.frozen_at = database_now(s)
    s.flush()
    hint_run(s, run_id)
