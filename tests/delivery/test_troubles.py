"""What stops an outbox is told so that a person can read it, however many threads meet it however often."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from base.database import Database
from base.errors import Broken
from delivery import troubles
from delivery.outbox import Outbox, Pace
from delivery.providers.files import Files
from delivery.providers.provider import Answer, Verdict
from delivery.troubles import Troubles
from subscribers.keys import Keys
from tests.support.runs import a_run, taken

FULL = Broken("The database cannot write; make room on its disk")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in ("delivery.troubles", "delivery.outbox"):
        monkeypatch.setattr(f"{module}.elapsed", made)
    return made


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "delivery")
    return caplog


def test_trouble_that_lasts_is_told_once_a_minute(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    met = Troubles()
    for _ in range(4 * 150):
        met.met(FULL)
        met.met(Broken("The journal cannot be written"))  # another thread, in turns
        clock.now += 0.25
    assert [line.count("disk") for line in log.messages] == [1, 0] * 3


def test_it_is_over_when_nothing_failed_for_some_seconds_and_something_left(
    clock: Clock, log: pytest.LogCaptureFixture
) -> None:
    met = Troubles()
    met.none(went_on=True)
    met.met(FULL)
    clock.now += troubles.QUIET + 1
    met.none(went_on=False)
    assert len(log.messages) == 1, "nothing left, so nobody knows whether it is over"
    met.none(went_on=True)
    met.none(went_on=True)
    assert log.messages[1:] == ["the outbox goes on"]


def test_while_one_thread_fails_another_that_goes_on_says_nothing(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    met = Troubles()
    for _ in range(4 * 50):
        met.met(FULL)
        met.none(went_on=True)
        clock.now += 0.25
    assert len(log.messages) == 1
    clock.now += troubles.QUIET
    met.none(went_on=True)
    met.met(FULL)
    assert log.messages[1:] == ["the outbox goes on", log.messages[0]]


class Spoiled(Files):
    def prepare(self) -> str:
        raise ZeroDivisionError("quotes p1@example.com")


def test_the_unforeseen_shows_its_way_once_and_then_a_line_a_minute(
    sqlite_db: Database, keys: Keys, tmp_path: Path, clock: Clock, log: pytest.LogCaptureFixture
) -> None:
    a_run(sqlite_db, keys, people=1)
    outbox = Outbox(sqlite_db, Spoiled(tmp_path), keys, Pace(1, timedelta(minutes=5), ()))
    for _ in range(8):
        assert outbox.turn() is False
        clock.now += 10
    first, second = log.records
    assert "met something unforeseen and tries again: ZeroDivisionError at " in first.getMessage()
    assert (bool(first.exc_info), bool(second.exc_info)) == (True, False)
    assert "example.com" not in second.getMessage()


def test_an_answer_that_cannot_be_written_down_is_kept_and_told_once_a_minute(
    sqlite_db: Database,
    keys: Keys,
    tmp_path: Path,
    clock: Clock,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_run(sqlite_db, keys, people=1)
    claimed, left = taken(sqlite_db), iter(range(30))

    def refuse(_: object) -> None:
        if (n := next(left, None)) is not None:
            raise Broken(f"no room for the {n}th time")

    monkeypatch.setattr("delivery.outbox.time.sleep", lambda pause: setattr(clock, "now", clock.now + pause))
    full = Database(sqlite_db.url, refuse)
    outbox = Outbox(full, Files(tmp_path), keys, Pace(1, timedelta(minutes=5), ()))
    outbox._write_down(claimed, Answer(Verdict.ACCEPTED, "202"))
    full.close()
    said = [line.partition(":")[0] for line in log.messages]
    assert said == ["the answer accepted is not on record yet"] * 2 + ["the answer accepted is on record now"]
