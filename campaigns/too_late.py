"""How many of a campaign would be skipped as too late, by the limits that hold now: so many at the least.

People are let go zone after zone, as fast as the limits have it. What else waits to leave is not counted, nor does a
spread keep anybody back: both could only make more of them late.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, repeat

from sqlalchemy.orm import Session

from base.config import Config
from base.database import database_now
from base.time import Hours, parse_hours, past
from base.words import counted, lasting
from campaigns import content
from campaigns.duration import Duration
from campaigns.models import Campaign
from campaigns.preflight import BEFORE_OFFER_END
from campaigns.times import ZoneTime
from delivery import pace, warm_up

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def warnings(s: Session, campaign: Campaign, config: Config, rows: Sequence[ZoneTime], takes: Duration) -> list[str]:
    """For the plan: one sentence, or none."""
    late = too_late(s, campaign, config, rows)
    if not late:
        return []
    people, length = sum(row.people for row in rows), timedelta(seconds=takes.seconds)
    given = math.ceil(max(row.last_until - max(row.at, database_now(s)) for row in rows) / _MINUTE) * _MINUTE
    besides = ", quiet hours not counted" if config.campaigns.quiet else ""
    return [
        f"about {late:,} of {counted(people, 'person', 'people')} would be skipped as too late: it takes at least "
        f"{lasting(length)} ({takes.because}{besides}) and has {lasting(given)}{_remedy(s, campaign, rows)}"
    ]


def too_late(s: Session, campaign: Campaign, config: Config, rows: Sequence[ZoneTime]) -> int:
    """Of the people of these rows; without those for whom quiet hours alone are too long, or whose time is over."""
    now, per_day = database_now(s), config.pace.per_day
    line = _Line(
        free=now,
        per_hour=min((rate for rate in (campaign.per_hour, config.pace.per_hour) if rate), default=math.inf),
        rooms=(min(room, per_day or math.inf) for room in chain(warm_up.rooms(s, config), repeat(math.inf))),
        day_zone=config.pace.day_zone or config.campaigns.zone,
        # By more than one clock it is quiet for some while others leave: that would take more than a line to reckon.
        quiet=None if campaign.local else parse_hours(config.campaigns.quiet),
        midnight=now,
    )
    return round(sum(line.leaves_behind(row) for row in rows if not row.too_late and row.last_until > now))


def _remedy(s: Session, campaign: Campaign, rows: Sequence[ZoneTime]) -> str:
    offer_end = content.offer_end(s, campaign)
    if offer_end and max(row.last_until for row in rows) >= offer_end - BEFORE_OFFER_END:
        return ", then its offer is over; raise the pace"
    return ", by [delivery] send_within; raise that, or the pace"


@dataclass
class _Line:
    """Whoever waits to leave, one after the other."""

    free: datetime  # when the next may leave
    per_hour: float
    rooms: Iterator[float]  # how many each day has
    day_zone: str
    quiet: Hours | None
    midnight: datetime  # until when the day's room holds
    room: float = 0

    def leaves_behind(self, row: ZoneTime) -> float:
        """How many of these people have not left when the time of the last of them is over."""
        left: float = row.people
        self.free = max(self.free, row.first)
        while left > 0 and self._waits(row) < row.last_until:
            until = min(self.free + _HOUR, self.midnight, row.last_until)
            some = min(left, self.room, self.per_hour * ((until - self.free) / _HOUR))
            left, self.room = left - some, self.room - some
            self.free += some / self.per_hour * _HOUR
        return left

    def _waits(self, row: ZoneTime) -> datetime:
        """Until it is not quiet there, and a day has room."""
        while True:
            if self.quiet:
                self.free = past(self.quiet, self.free, row.clock)
            if self.free >= self.midnight:
                self.midnight, self.room = pace.day_end(self.free, self.day_zone), next(self.rooms)
            if self.room > 0:
                return self.free
            self.free = self.midnight
