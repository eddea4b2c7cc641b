"""Instants, wall times and lengths of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from base.errors import BadInput
from base.time import at_wall, from_ms, parse_duration, parse_wall, to_ms


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("60s", timedelta(seconds=60)),
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("2d", timedelta(days=2)),
        ("250ms", timedelta(milliseconds=250)),
        ("1.5s", timedelta(seconds=1.5)),
    ],
)
def test_a_length_of_time_is_read_with_its_unit(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "5", "m", "5 parsecs", "5m!", "-5m"])
def test_what_is_no_length_of_time_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match="60s, 5m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("wall", "zone", "instant"),
    [
        ("2026-12-01 09:00", "America/Los_Angeles", "2026-12-01 17:00"),
        # Clocks go forward over 02:30: it moves on by the hour that is left out.
        ("2027-03-14 02:30", "America/Los_Angeles", "2027-03-14 10:30"),
        # Clocks go back: 01:30 comes twice, the first is meant.
        ("2026-11-01 01:30", "America/Los_Angeles", "2026-11-01 08:30"),
        ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29 01:30"),
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25 00:30"),
        ("2026-04-05 02:45", "Australia/Lord_Howe", "2026-04-05 16:15"),
    ],
)
def test_a_wall_time_means_one_instant(wall: str, zone: str, instant: str) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    if zone == "Australia/Lord_Howe":
        expected -= timedelta(days=1)
    assert at_wall(parse_wall(wall), zone) == expected


@pytest.mark.parametrize("text", ["tomorrow", "2026-02-30 09:00", "2026-12-01 09:00+01:00", ""])
def test_what_is_no_wall_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_wall(text)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="time zone"):
        at_wall(datetime(2026, 1, 1), name)


def test_milliseconds_are_kept_exactly() -> None:
    at = datetime(2026, 12, 1, 9, 30, 15, 123000, tzinfo=UTC)
    assert from_ms(to_ms(at)) == at
