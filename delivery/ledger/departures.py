"""Which batch somebody is in where a run has times of its own, and when each of these batches may leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, case, cast, func, literal, or_, select, text, update
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import Refused
from base.time import Hours, at_wall, from_ms, past
from delivery import timing
from delivery.models import Batch, Departure, Run
from delivery.timing import Timing
from subscribers.models import Profile, Subscriber

PER = 1_000_000  # numbers of batches that belong to one departure, or to one tier of it
_SEEN = PER // 2  # the upper half of these: batches of people who agreed that their opening is seen
TIERS = 10
_WEEKS = (1, 2, 4, 8, 13, 26, 52, 104)  # since the last click or opening: who is in which tier

_FILL = """
INSERT INTO batches (run_id, number, state, tries, not_before, not_after, size, first_subscriber, last_subscriber, zone,
                     tracks_opens)
SELECT CAST(:run AS INTEGER), n.batch, 'planned', 0, d.at,
       CASE WHEN d.at + :within > :ends THEN :ends ELSE d.at + :within END,
       n.size, n.first, n.last, CASE WHEN :quiet THEN d.clock END, CAST(:tracks_opens AS BOOLEAN)
FROM (SELECT batch, count(*) AS size, min(subscriber_id) AS first, max(subscriber_id) AS last
      FROM deliveries WHERE run_id = :run AND subscriber_id > :through
       AND (batch % :per > :seen) = CAST(:tracks_opens AS BOOLEAN) GROUP BY batch) AS n
JOIN (SELECT DISTINCT number, at, clock FROM departures WHERE run_id = :run) AS d
  ON d.number = n.batch / :per / :tiers * :tiers
WHERE true
ON CONFLICT (run_id, number) DO UPDATE SET size = batches.size + excluded.size,
    last_subscriber = excluded.last_subscriber
"""
# Evenly: of n batches the first leaves at once, and each other a further nth of the while later.
_SPREAD = """
UPDATE batches SET not_before = not_before + CAST(:over AS BIGINT) * x.place / x.many,
    not_after = CASE WHEN not_after + CAST(:over AS BIGINT) * x.place / x.many > :ends THEN :ends
                     ELSE not_after + CAST(:over AS BIGINT) * x.place / x.many END
FROM (SELECT number, row_number() OVER (PARTITION BY number / :per / :tiers ORDER BY number) - 1 AS place,
             count(*) OVER (PARTITION BY number / :per / :tiers) AS many
      FROM batches WHERE run_id = :run) AS x
WHERE batches.run_id = :run AND batches.number = x.number
"""
_NEVER = 1 << 53  # ms: later than the calendar goes


def meet(s: Session, run: Run, told: Timing, recipients: Select[int]) -> None:
    """A departure for each zone among these people that the run has not met yet, and for people without one."""
    known = s.scalars(select(Departure).where(Departure.run_id == run.id)).all()
    met = {timing.alike(told, each.zone): (each.number, each.clock) for each in known}
    zones = set(s.scalars(recipients.with_only_columns(Subscriber.zone).distinct())) if told.wall else set()
    for zone in sorted({"", *zones} - {each.zone for each in known}):
        fresh = (len(met) * told.tiers, timing.clock(told, zone))
        number, clock = met.setdefault(timing.alike(told, zone), fresh)
        s.add(Departure(run_id=run.id, zone=zone, number=number, at=timing.due(told, zone), clock=clock))
    s.flush()


def in_turn(run: Run, told: Timing, recipients: Select[int], tracks_opens: bool) -> Select[int, int]:
    """The recipients, each with the number of their batch: full batches, none with people of two departures."""
    if run.audience >= PER // 4 * run.batch_size:
        raise Refused("[delivery] batch_size is too small for so many people; set it to 1000 and add the campaign anew")
    group = _departure(run, told) + (_tier(told) if told.tiers > 1 else 0)
    chosen = recipients.add_columns(group.label("departure")).subquery()
    filled = (
        select((Batch.number // PER).label("departure"), func.sum(Batch.size).label("people"))
        .where(Batch.run_id == run.id, Batch.tracks_opens.is_(tracks_opens))
        .group_by(text("1"))
        .subquery()
    )
    before = func.coalesce(cast(filled.c.people, Integer), 0)
    place = before + func.row_number().over(partition_by=chosen.c.departure, order_by=chosen.c[0]) - 1
    number = chosen.c.departure * PER + (_SEEN if tracks_opens else 0) + place // run.batch_size + 1
    beside = chosen.outerjoin(filled, filled.c.departure == chosen.c.departure)
    return select(chosen.c[0], number).select_from(beside)


def fill(s: Session, run: Run, told: Timing, through: int, tracks_opens: bool) -> None:
    """The batches of the deliveries that were just added: those of people above `through`, of this kind."""
    facts = {"within": told.within, "ends": _NEVER if told.ends is None else told.ends, "quiet": bool(told.quiet)}
    facts |= {"run": run.id, "through": through, "per": PER, "tiers": told.tiers}
    facts |= {"tracks_opens": tracks_opens, "seen": _SEEN}
    s.execute(text(_FILL), facts)


def part_times(s: Session, run: Run, told: Timing) -> None:
    """The audience is whole: spread its batches over the while, and move what falls into quiet hours to their end."""
    if told.over:
        ends = _NEVER if told.ends is None else told.ends
        s.execute(text(_SPREAD), {"run": run.id, "over": told.over, "ends": ends, "per": PER, "tiers": told.tiers})
    if hours := timing.quiet_hours(told):
        mine = select(Departure.number, Departure.at, Departure.clock).where(Departure.run_id == run.id).distinct()
        for number, at, clock in s.execute(mine).all():
            for start, end in _stretches(hours, at, at + timedelta(milliseconds=told.over), clock):
                first, last = number * PER, (number + told.tiers) * PER
                due = Batch.number > first, Batch.number <= last, Batch.not_before >= start, Batch.not_before < end
                s.execute(update(Batch).where(Batch.run_id == run.id, *due).values(not_before=end))


def keeps_quiet(s: Session, due: Row[Any]) -> bool:
    """Has it become quiet since the batch was due? Then all that is due by this clock waits for the end of that."""
    hours = timing.quiet_hours(timing.read(due.timing))
    if hours is None or due.zone is None:
        return False
    now = database_now(s)
    end = past(hours, now, due.zone)
    same = Batch.run_id == due.run_id, Batch.state == "planned", Batch.zone == due.zone, Batch.not_before < end
    # On PostgreSQL two workers may be here at once: each moves what the other has not in hand.
    free = select(Batch.number).where(*same).with_for_update(skip_locked=True)
    if end > now:
        s.execute(update(Batch).where(Batch.run_id == due.run_id, Batch.number.in_(free)).values(not_before=end))
    return end > now


def _stretches(hours: Hours, first: datetime, last: datetime, clock: str) -> Iterator[tuple[datetime, datetime]]:
    """The quiet hours that something due between `first` and `last` may fall into."""
    day = first.date() - timedelta(days=2)  # an offset from UTC, and the night before
    while day <= last.date() + timedelta(days=1):
        start = at_wall(datetime.combine(day, hours.start), clock)
        if (end := past(hours, start, clock)) > first and start <= last:
            yield start, end
        day += timedelta(days=1)


def _departure(run: Run, told: Timing) -> ColumnElement[int]:
    """Of a subscriber's row. Whose zone changed since the departures were looked up goes with those who have none."""
    mine = select(Departure.number).where(Departure.run_id == run.id)
    nowhere = mine.where(Departure.zone == "").scalar_subquery()
    if not told.wall:
        return nowhere
    return func.coalesce(mine.where(Departure.zone == Subscriber.zone).correlate(Subscriber).scalar_subquery(), nowhere)


def _tier(told: Timing) -> ColumnElement[int]:
    """Of a subscriber's row: 0 for who clicked or opened within the last week, and so on."""
    at = from_ms(told.at)
    tiers = [
        (or_(Profile.last_clicked > at - timedelta(weeks=n), Profile.last_opened > at - timedelta(weeks=n)), place)
        for place, n in enumerate(_WEEKS)
    ]
    newest = select(case(*tiers, else_=len(_WEEKS))).where(Profile.subscriber_id == Subscriber.id)
    return func.coalesce(newest.correlate(Subscriber).scalar_subquery(), literal(TIERS - 1))
