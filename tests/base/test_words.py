from __future__ import annotations

from datetime import timedelta

import pytest

from base.words import counted, lasting


@pytest.mark.parametrize(
    ("many", "said"), [(0, "0 people are"), (1, "1 person is"), (2, "2 people are"), (1_234, "1,234 people are")]
)
def test_one_is_said_as_one(many: int, said: str) -> None:
    assert counted(many, "person is", "people are") == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(), "0 seconds"),
        (timedelta(seconds=16.9), "16 seconds"),
        (timedelta(minutes=1, seconds=1), "1 minute 1 second"),
        (timedelta(hours=6), "6 hours"),
        (timedelta(days=1, hours=11, minutes=18), "1 day 11 hours"),
        (timedelta(days=1, minutes=18), "1 day"),
        (timedelta(days=12), "12 days"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(length: timedelta, said: str) -> None:
    assert lasting(length) == said
