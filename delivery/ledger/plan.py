"""From a SELECT of subscribers to frozen batches, in chunks that can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple, cast

import orjson
from sqlalchemy import (
    BindParameter,
    Connection,
    Insert,
    Integer,
    Select,
    Table,
    bindparam,
    case,
    exists,
    func,
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
from subscribers.models import Subscriber, Subscription

_DELIVERIES = cast(Table, Delivery.__table__)

# The batches of the deliveries that were just added; the last one of the chunk before may still have had room.
_FILL = """
INSERT INTO batches (run_id, number, state, tries, not_before, not_after, size, first_subscriber, last_subscriber,
                     tracks_opens)
SELECT CAST(:run AS INTEGER), {batch}, 'planned', 0, CAST(:not_before AS BIGINT), CAST(:not_after AS BIGINT),
       {size}, {first}, {last}, CAST(:tracks_opens AS BOOLEAN)
{of_which}
ON CONFLICT (run_id, number) DO UPDATE SET size = batches.size + excluded.size,
    last_subscriber = excluded.last_subscriber
RETURNING batches.last_subscriber
"""
_ADDED = "FROM deliveries WHERE run_id = :run AND subscriber_id > :after AND"
_FILL_ALL = text(
    _FILL.format(
        batch="batch",
        size="count(*)",
        first="min(subscriber_id)",
        last="max(subscriber_id)",
        of_which=f"{_ADDED} (batch = :open OR batch > :newest) GROUP BY batch",
    )
)
# Of one batch SQLite looks up the ends, and need not read what lies between.
_FILL_ONE = text(
    _FILL.format(
        batch=":open",
        size=":added",
        first=f"(SELECT subscriber_id {_ADDED} batch = :open ORDER BY subscriber_id LIMIT 1)",
        last=f"(SELECT subscriber_id {_ADDED} batch = :open ORDER BY subscriber_id DESC LIMIT 1)",
        of_which="WHERE true",  # without it SQLite takes ON CONFLICT for part of a join
    )
)
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
    recipients = recipients.where(Subscription.subscriber_id <= last, Subscriber.id <= last)
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
    """Said once in a statement: with two such bounds SQLite began at the earlier one, and passed over the rest. Of both
    tables: otherwise PostgreSQL reads all people for each chunk."""
    return recipients.where(Subscription.subscriber_id > first, Subscriber.id > first)


def _write(
    s: Session, run: Run, told: Timing | None, recipients: Select[int], first: int, *, tracks_opens: bool
) -> int:
    """These people fill batches of their own: nobody's opening is seen who did not agree to it."""
    if told is None:
        window = {"not_before": to_ms(run.not_before), "not_after": to_ms(run.not_after)}
        facts = {"run": run.id, "tracks_opens": tracks_opens, **window}
        write = _one_by_one if s.get_bind().dialect.name == "sqlite" else _at_once
        return write(s, run, recipients, first, _last(s, run, tracks_opens), facts)
    rows = departures.in_turn(run, told, _after(recipients, first), tracks_opens)
    written = _insert(s.connection(), _into(run, rows))
    departures.fill(s, run, told, first, tracks_opens)
    return written


# Batches are filled across chunks, so that 5,000 recipients are 5 requests however the chunks fell. SQLite reads the
# recipients in order and stops where a batch is full, and to number them takes it half as long again. PostgreSQL hashes
# everybody who is stopped for each statement, so that it is asked once.


def _one_by_one(
    s: Session, run: Run, recipients: Select[int], after: int, last: _Last, facts: Mapping[str, object]
) -> int:
    """A statement a batch."""
    person = Subscription.subscriber_id
    some = _after(recipients, bindparam("after")).order_by(person).limit(bindparam("room"))
    people = _into(run, some.add_columns(bindparam("number", type_=Integer)))
    c = s.connection()  # by itself it takes half of what the session adds to a statement
    number, room, newest, written = last.number, run.batch_size - last.size, last.newest, 0
    while True:
        if not room:
            number = newest = newest + 1
            room = run.batch_size
        added = _insert(c, people, after=after, room=room, number=number)
        written += added
        if added:
            after = c.execute(_FILL_ONE, {**facts, "after": after, "open": number, "added": added}).scalar_one()
        if added < room:
            return written
        room = 0


def _at_once(
    s: Session, run: Run, recipients: Select[int], after: int, last: _Last, facts: Mapping[str, object]
) -> int:
    """All batches of a chunk."""
    chosen = _after(recipients, after).subquery()
    place = last.size + func.row_number().over(order_by=chosen.c[0]) - 1
    filled = select(chosen.c[0], (place // run.batch_size).label("further")).subquery()
    number = case((filled.c.further == 0, last.number), else_=filled.c.further + last.newest)
    added = _insert(s.connection(), _into(run, select(filled.c[0], number)))
    s.execute(_FILL_ALL, {**facts, "after": after, "open": last.number, "newest": last.newest})
    return added


def _into(run: Run, people: Select[int, int]) -> Insert:
    return insert(_DELIVERIES).from_select(["subscriber_id", "batch", "run_id"], people.add_columns(literal(run.id)))


def _insert(c: Connection, people: Insert, **given: int) -> int:
    written = c.execute(people, given, execution_options={"preserve_rowcount": True})
    return int(written.rowcount)


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
