"""When somebody's turn is, in every zone there is and over two years of clock changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from base.time import Hours, past
from delivery import timing
from delivery.timing import Timing

ZONES = sorted(available_timezones() - {"localtime"})
HOUR = timedelta(hours=1)
DAY_MS = 86_400_000


def told(wall: str, **more: object) -> Timing:
    facts = {"at": 0, "zone": "America/Los_Angeles", "within": DAY_MS, "wall": wall, **more}
    return Timing(**facts)  # type: ignore[arg-type]


def changes(name: str) -> Iterator[datetime]:
    """The instants of 2026 and 2027 at which this zone's clock is changed, to the minute."""
    zone, at = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
    while at < datetime(2028, 1, 1, tzinfo=UTC):
        after = at + timedelta(days=1)
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = at, after
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high.replace(second=0, microsecond=0)
        at = after


@pytest.mark.parametrize("part", range(8))
def test_each_zone_is_due_at_the_wall_time_or_by_the_rule_around_every_change(part: int) -> None:
    """Ours is what mautic issue 10612 gets wrong: the wrong hour on the day clocks change."""
    for name in ZONES[part::8]:
        zone = ZoneInfo(name)
        for change in changes(name):
            before, after = ((change + n * HOUR).astimezone(zone).utcoffset() for n in (-1, 1))
            assert before is not None
            assert after is not None
            for minutes in range(-180, 181, 15):
                wall = (change + before).replace(tzinfo=None) + timedelta(minutes=minutes)
                due = timing.due(told(f"{wall:%Y-%m-%d %H:%M}"), name)
                shown = due.astimezone(zone).replace(tzinfo=None)
                skipped = (change + before).replace(tzinfo=None) <= wall < (change + after).replace(tzinfo=None)
                assert shown == (wall + (after - before) if skipped else wall), (name, wall)
                if not skipped:
                    earlier = due - abs(after - before)
                    assert earlier.astimezone(zone).replace(tzinfo=None) != wall, (name, wall, "it means the first")


def test_on_any_other_day_everybody_is_due_when_their_clock_shows_it() -> None:
    for name in ZONES:
        for n in range(0, 730, 29):
            wall = datetime(2026, 1, 1, 12, 15) + timedelta(days=n)
            due = timing.due(told(f"{wall:%Y-%m-%d %H:%M}"), name)
            assert due.astimezone(ZoneInfo(name)).replace(tzinfo=None) == wall


@pytest.mark.parametrize("nowhere", ["", "Mars/Phobos", "../etc/passwd", "\0"])
def test_whoever_has_no_zone_that_anybody_knows_goes_by_the_fallback(nowhere: str) -> None:
    assert timing.clock(told("2027-06-01 09:00", zone="Asia/Tokyo"), nowhere) == "Asia/Tokyo"
    assert timing.due(told("2027-06-01 09:00", zone="Asia/Tokyo"), nowhere) == datetime(2027, 6, 1, tzinfo=UTC)


def test_zones_share_batches_only_where_they_are_due_and_quiet_together() -> None:
    def same(one: str, other: str, wall: str, **more: object) -> bool:
        return timing.alike(told(wall, **more), one) == timing.alike(told(wall, **more), other)

    assert same("Europe/Berlin", "Europe/Paris", "2027-06-01 09:00")
    assert same("Europe/Berlin", "Europe/Paris", "2027-03-28 01:30", quiet="21:00-08:00") is False  # the clock changes
    assert same("Europe/Berlin", "Africa/Lagos", "2027-03-27 09:00")
    assert same("Europe/Berlin", "Africa/Lagos", "2027-03-27 09:00", quiet="21:00-08:00") is False
    assert same("Europe/Berlin", "Europe/London", "2027-06-01 09:00") is False


@pytest.mark.parametrize("text", ["21:00-08:00", "12:00-14:00", "00:00-06:30", "22:15-00:00", "23:00-02:30"])
def test_quiet_hours_are_kept_and_left_at_the_first_moment_in_every_zone(text: str) -> None:
    start, end = (time.fromisoformat(each) for each in text.split("-"))
    hours = Hours(start, end)
    for name in ZONES[:: 3 if text.startswith("21") else 11]:
        zone = ZoneInfo(name)
        for change in [*changes(name), datetime(2027, 7, 1, tzinfo=UTC)]:
            for n in range(-30, 31):
                at = change + n * timedelta(minutes=50)
                left = past(hours, at, name)
                assert left.astimezone(zone).time() not in hours
                if at.astimezone(zone).time() not in hours:
                    assert left == at
                else:
                    assert at < left <= at + timedelta(hours=26)
