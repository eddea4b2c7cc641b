"""Circles in memory are looked for seldom, and what is loaded is never looked through again."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from base.collector import collect_seldom


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_is_loaded_stays_and_the_next_look_is_far_away() -> None:
    _, second, third = gc.get_threshold()
    collect_seldom()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == (200_000, second, third)


def test_circles_that_are_made_later_are_found_all_the_same() -> None:
    collect_seldom()
    gc.collect()
    circle: list[object] = []
    circle.append(circle)
    del circle
    assert gc.collect() >= 1
