"""The machine's clock is set back by an hour in the middle of sending, and later put right again."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.journeys.office import Office, office_and_grid, stop, until
from tests.journeys.test_kill import FAST, LONG, PEOPLE, everybody_once
from tests.localgrid.support import Running
from tests.support.other_clock import OtherClock
from tests.support.runs import a_run, count

SLOWLY = {"kind": "delay", "args": {"ms": [50, 150], "at": "after"}}
BUSY = {"kind": "status", "args": {"status": 429, "reset_after": 1}, "times": 1}
HOUR = 3600


def test_a_clock_that_is_set_back_by_an_hour_and_put_right_stops_nothing(tmp_path: Path, sqlite_url: str) -> None:
    clock = OtherClock(tmp_path / "clock")
    with office_and_grid(tmp_path, sqlite_url, **FAST) as (made, grid):
        run = a_run(made.db, made.keys, PEOPLE, batch_size=4)
        killed_in_flight(made, grid, clock)
        grid.faults(BUSY, SLOWLY)
        service = made.run(**clock.env)
        wait_for(grid, PEOPLE // 4)
        clock.set(-HOUR)
        wait_for(grid, PEOPLE // 2)
        clock.set(0)
        until(lambda: count(made.db, run).accepted == PEOPLE)
        until(lambda: count(made.db, run).delivered == PEOPLE)  # so the clock's jobs go on, too
        assert stop(service) == 0
        everybody_once(made.db, grid.mailbox())
        assert "was set back by 3600 s" in made.said()
        assert "Traceback" not in made.said(), made.said()


def killed_in_flight(made: Office, grid: Running, clock: OtherClock) -> None:
    """What was taken, and nobody heard of it before the clock changed."""
    grid.faults({"kind": "delay", "args": {"ms": LONG, "at": "after"}})
    service = made.run(**clock.env)
    wait_for(grid, 4)
    stop(service, signal.SIGKILL)


def wait_for(grid: Running, people: int) -> None:
    until(lambda: len(grid.mailbox()) >= people)
