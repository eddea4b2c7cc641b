"""When the batches of a run may leave, as reckoning: each in their own zone, over a while, not in quiet hours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import orjson

from base.errors import BadInput
from base.time import Hours, at_wall, from_ms, parse_hours, parse_wall, past, zone


@dataclass(frozen=True)
class Timing:
    """What a run is told of its times at its start. Instants are milliseconds since 1970: it is kept as JSON."""

    at: int  # when it is due; nobody's time where `wall` is given
    zone: str  # whose clock counts; with `wall`, that of people who have none
    within: int  # ms: how late a batch may still leave
    wall: str = ""  # each person at this wall time in their own zone
    over: int = 0  # ms: the batches leave evenly over so long
    quiet: str = ""  # nothing leaves in these hours
    ends: int | None = None  # nothing leaves from then on, whatever else holds
    tiers: int = 1  # more: those who clicked or opened last go first


def write(timing: Timing) -> str:
    return orjson.dumps(asdict(timing)).decode()


def read(text: str) -> Timing:
    return Timing(**orjson.loads(text))


def clock(timing: Timing, zone_name: str) -> str:
    """The zone whose clock counts for somebody with this one on record: none, or one nobody knows, is the run's."""
    try:
        return zone(zone_name).key if timing.wall and zone_name else timing.zone
    except BadInput:
        return timing.zone


def due(timing: Timing, zone_name: str) -> datetime:
    """When it is the turn of people with this zone on record."""
    return at_wall(parse_wall(timing.wall), clock(timing, zone_name)) if timing.wall else from_ms(timing.at)


def leaves(timing: Timing, at: datetime, zone_name: str) -> datetime:
    """When what is due at `at` leaves, by the clock of that zone: quiet hours move it to their end."""
    hours = quiet_hours(timing)
    return past(hours, at, zone_name) if hours else at


def until(timing: Timing, at: datetime) -> datetime:
    """Past it, who was due at `at` is skipped as too late."""
    late = at + timedelta(milliseconds=timing.within)
    return late if timing.ends is None else min(late, from_ms(timing.ends))


def alike(timing: Timing, zone_name: str) -> tuple[object, ...]:
    """Zones for which this is the same share batches: due at one instant, and quiet at the same ones."""
    at = due(timing, zone_name)
    if not timing.quiet:
        return (at,)
    name = clock(timing, zone_name)
    end = at + timedelta(milliseconds=timing.over + timing.within)
    offsets = {each.astimezone(zone(name)).utcoffset() for each in (at, end)}
    # A zone that changes its clock meanwhile stays by itself: when exactly it does is not worth asking.
    return (at, *offsets) if len(offsets) == 1 else (at, name)


def quiet_hours(timing: Timing) -> Hours | None:
    return parse_hours(timing.quiet)
