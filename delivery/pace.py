"""How fast mail leaves, over all processes and machines: so many an hour, so many a day, of everything or of one run.

Each limit is a row that every claim moves in its own transaction, by the database's clock. Whoever has no limit has no
row. What leaves is paid for afterwards: after n mails the next leaves n / rate later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base.database import database_now
from base.time import at_wall, zone
from delivery import warm_up
from delivery.brake_models import Pace

EVERYTHING = 0  # the run_id of the limits that all runs share
_HOUR_MS = 3_600_000
_LATE = timedelta(seconds=1)  # what workers lose by looking now and then is made good up to this
_MOST = 1_000_000_000


def limit_everything(s: Session, *, per_hour: int, per_day: int, day_zone: str) -> None:
    """What the configuration says, from now on and for all processes. 0 is no limit."""
    pace = _set_rate(s, EVERYTHING, per_hour, keep=bool(per_day))
    if pace is None:
        return
    if pace.zone != day_zone or pace.day_ends_at is None:
        pace.day_ends_at = None  # who changes zones begins a day anew, rather than wait for the end of an old one
    elif pace.per_day != per_day:
        pace.remaining += per_day - pace.per_day  # below 0 where more than that left already
    pace.per_day, pace.zone = per_day, day_zone
    s.flush()


def limit_run(s: Session, run_id: int, per_hour: int) -> None:
    """From the commit on; what has left already is paid for at the new rate. 0 is no limit."""
    _set_rate(s, run_id, per_hour, keep=False)


@dataclass(frozen=True)
class Room:
    """What the limits let through at this moment. Its rows are ours until the end of the transaction."""

    people: int  # 0: nothing now
    again_at: datetime | None  # when there is nothing: look again then
    now: datetime
    rows: Sequence[Pace]

    def take(self, people: int) -> None:
        for row in self.rows:
            if row.per_hour:
                row.next_at = max(row.next_at, self.now - _LATE) + _cost(row, people)
            if row.per_day:
                row.remaining -= people

    def no_day_has(self, people: int) -> bool:
        """Are so many more than any day may bring?"""
        return any(0 < row.per_day < people for row in self.rows)

    def tomorrow_for(self, people: int) -> datetime | None:
        """When a new day begins, where this one has no room for all of these."""
        return max(
            (row.day_ends_at for row in self.rows if row.day_ends_at and row.per_day and row.remaining < people),
            default=None,
        )


def room(s: Session, run_id: int) -> Room:
    """How many may leave now. Everybody locks the rows in one order, so nobody waits for each other."""
    rows = s.scalars(_limits(run_id)).all()
    now = database_now(s)  # after the lock: whoever waited for it looks at the time of their turn
    for row in rows:
        if row.per_day and (row.day_ends_at is None or now >= row.day_ends_at):
            if row.run_id == warm_up.LIMIT:
                warm_up.next_day(s, row)
            row.day_ends_at, row.remaining = day_end(now, row.zone), row.per_day
    waits = [wait for row in rows if (wait := _wait(row, now))]
    most = min((_most_at_once(row) for row in rows), default=_MOST)
    return Room(0 if waits else most, max(waits, default=None), now, rows)


def give_back(s: Session, run_id: int, people: int, taken_at: datetime) -> None:
    """These did not leave after all. What was taken on another day is not given to this one."""
    for row in s.scalars(_limits(run_id)).all():
        if row.per_hour:
            row.next_at -= timedelta(milliseconds=_HOUR_MS * people // row.per_hour)
        if row.per_day and row.day_ends_at == day_end(taken_at, row.zone):
            row.remaining = min(row.remaining + people, row.per_day)
    s.flush()


def waits(s: Session, run_id: int) -> tuple[datetime, str] | None:
    """Until when nothing of the run leaves because of a limit, and which; None when none holds it back."""
    now = database_now(s)
    rows = s.scalars(select(Pace).where(Pace.run_id.in_((warm_up.LIMIT, EVERYTHING, run_id)))).all()
    found = [(wait, _words(row, now)) for row in rows if (wait := _wait(row, now))]
    return max(found, default=None)


def catch_up(s: Session, now: datetime) -> None:
    """The clock was set back: nobody pays for longer than for what leaves at once."""
    unpaid = select(Pace).where(Pace.per_hour > 0, Pace.next_at > now).order_by(Pace.run_id).with_for_update()
    for row in s.scalars(unpaid.execution_options(populate_existing=True)).all():
        row.next_at = min(row.next_at, now + _cost(row, max(row.per_hour // 60, 1)))
    s.flush()


def day_end(at: datetime, zone_name: str) -> datetime:
    """The next midnight there."""
    tomorrow = at.astimezone(zone(zone_name)).date() + timedelta(days=1)
    return at_wall(datetime.combine(tomorrow, datetime.min.time()), zone_name)


def _limits(run_id: int) -> Select[Pace]:
    mine = Pace.run_id.in_((warm_up.LIMIT, EVERYTHING, run_id))
    locked = select(Pace).where(mine).order_by(Pace.run_id).with_for_update()
    return locked.execution_options(populate_existing=True)


def _set_rate(s: Session, run_id: int, per_hour: int, *, keep: bool) -> Pace | None:
    """The row with the new rate; None where no limit is left and so no row."""
    now = database_now(s)
    row = s.get(Pace, run_id, with_for_update=True, populate_existing=True)
    if not per_hour and not keep:
        if row:
            s.delete(row)
            s.flush()
        return None
    if row is None:
        row = Pace(run_id=run_id, per_hour=per_hour, next_at=now, per_day=0, zone="", remaining=0)
        s.add(row)
    elif row.per_hour != per_hour:
        unpaid = max(row.next_at - now, timedelta()) * row.per_hour
        row.per_hour, row.next_at = per_hour, now + (unpaid / per_hour if per_hour else timedelta())
    s.flush()
    return row


def _cost(row: Pace, people: int) -> timedelta:
    """Rounded up to the database's milliseconds: never faster."""
    return timedelta(milliseconds=-(-_HOUR_MS * people // row.per_hour))


def _wait(row: Pace, now: datetime) -> datetime | None:
    ends = []
    if row.per_hour and row.next_at > now:
        ends.append(row.next_at)
    if row.per_day and row.remaining < 1 and row.day_ends_at and row.day_ends_at > now:
        ends.append(row.day_ends_at)
    return max(ends, default=None)


def _most_at_once(row: Pace) -> int:
    """A minute's worth: whatever is sent in any hour is the rate, and at most one minute more."""
    by_rate = max(row.per_hour // 60, 1) if row.per_hour else _MOST
    return min(by_rate, row.remaining) if row.per_day else by_rate


def _words(row: Pace, now: datetime) -> str:
    if row.per_day and row.remaining < 1 and row.day_ends_at and row.day_ends_at > now:
        whose = "the warm-up's" if row.run_id == warm_up.LIMIT else "today's"
        return f"{whose} limit of {row.per_day:,} is used up"
    return f"not faster than {row.per_hour:,} an hour"
