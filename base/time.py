"""Instants and wall times. Instants are UTC and travel as aware datetimes; the database keeps milliseconds."""

from __future__ import annotations

import re
import time as system
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from base.errors import BadInput

_IN_USE: dict[str, ZoneInfo] = {}  # ZoneInfo by itself keeps eight, and reads any other from the disk each time
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_HOURS = re.compile(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Hours:
    """A part of every day by the clock on the wall, perhaps over midnight. Its end is not in it."""

    start: time
    end: time

    def __contains__(self, wall: time) -> bool:
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


def now() -> datetime:
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds of a clock that nobody can set, and that goes on while the machine sleeps."""
    return system.clock_gettime(system.CLOCK_BOOTTIME) if hasattr(system, "CLOCK_BOOTTIME") else system.monotonic()


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970 in UTC."""
    return round(instant.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def parse_duration(text: str) -> timedelta:
    """`90s`, `5m`, `1h30m`, `2d`: a length of time. Raises BadInput."""
    parts = _DURATION.findall(text.strip())
    if not parts or _DURATION.sub("", text).strip():
        raise BadInput(f"{text!r} is no length of time; write it like 60s, 5m, 1h30m or 2d")
    return timedelta(seconds=sum(float(n) * _UNITS[unit] for n, unit in parts))


def parse_hours(text: str) -> Hours | None:
    """`21:00-08:00`, or nothing at all. Raises BadInput."""
    if not text.strip():
        return None
    try:
        start, end = (time.fromisoformat(each) for each in _HOURS.fullmatch(text.strip()).groups())  # type: ignore[union-attr]
    except (AttributeError, ValueError) as cause:
        raise BadInput(f"{text!r} are no hours of the day; write them like 21:00-08:00") from cause
    if start == end:
        raise BadInput(f"{text!r} is the whole day; write hours like 21:00-08:00")
    return Hours(start, end)


def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises BadInput."""
    try:
        found = _IN_USE[name] = ZoneInfo(name)
        return found
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise BadInput(f"{name!r} is no time zone; use a name such as Europe/Berlin or America/Los_Angeles") from cause


def parse_wall(text: str) -> datetime:
    """`2026-12-01 09:00`: a wall time, without a zone. Raises BadInput."""
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError as cause:
        raise BadInput(f"{text!r} is no date and time; write it like '2026-12-01 09:00'") from cause
    if wall.tzinfo is not None:
        raise BadInput(f"{text!r} carries an offset; give the wall time and the zone apart (--zone)")
    return wall


def at_wall(wall: datetime, zone_name: str) -> datetime:
    """The instant of a wall time. One that does not exist moves forward; one that repeats means the first."""
    local = wall.replace(tzinfo=zone(zone_name), fold=0)
    # With fold=0 a time inside the gap takes the offset from before it, which lands after the gap: forward.
    return local.astimezone(UTC)


def past(hours: Hours, at: datetime, zone_name: str) -> datetime:
    """The first instant from `at` on that is not within these hours of that zone."""
    local = at.astimezone(zone(zone_name))
    if local.time() not in hours:
        return at
    over_midnight = hours.start > hours.end and local.time() >= hours.start
    end = datetime.combine(local.date() + timedelta(days=over_midnight), hours.end)
    first = at_wall(end, zone_name)
    # Where the clock was set back meanwhile, the first such time may be over: then it is the second.
    return first if first > at else end.replace(tzinfo=zone(zone_name), fold=1).astimezone(UTC)
