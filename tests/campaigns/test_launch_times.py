"""When a campaign leaves: late after a standstill, not too late, and at its wall time whatever becomes of its zone."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from delivery.models import Batch, Run
from tests.campaigns.mailing import ROBIN, SLUG, Mailing


@pytest.fixture
def due(mailing: Mailing) -> Mailing:
    mailing.crowd(6)
    mailing.draft()
    mailing.decide("send", ROBIN)
    return mailing


def test_a_time_missed_while_down_is_kept_late(due: Mailing) -> None:
    due.put(scheduled_for=due.now() - timedelta(hours=23))
    due.launch()
    due.deliver()
    assert due.state() == "sent"
    with due.db.read() as s:
        assert s.scalars(select(Run.not_after)).one() < due.now() + timedelta(hours=1)


def test_a_time_missed_for_too_long_waits_for_a_person(due: Mailing) -> None:
    due.put(scheduled_for=due.now() - timedelta(hours=25))
    due.launch()
    assert (due.state(), due.row().run_id) == ("needs_attention", None)
    assert "longer ago than [delivery] send_within allows" in due.status().attention
    assert f"tipsheet campaign send {SLUG}" in due.status().attention
    assert due.launch() == 0


def test_whom_the_deadline_catches_is_skipped_as_too_late(due: Mailing) -> None:
    due.launch()
    due.sql("UPDATE batches SET not_after = not_before WHERE number > 1")
    due.deliver()
    due.expire()
    found = due.status()
    assert (found.state, found.counts.accepted, found.counts.skipped) == ("partially_sent", 2, 4)
    assert due.why("p6").steps[-1].detail == "too late"


def test_batches_end_an_hour_before_the_offer_does(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft(offer_ends=timedelta(hours=9))
    mailing.decide("send", ROBIN)
    mailing.launch()
    with mailing.db.read() as s:
        left = s.scalars(select(Batch.not_after)).one() - mailing.now()
    assert left <= timedelta(hours=8)


class _Moved(zoneinfo.ZoneInfo):
    """Berlin after a parliament gave up its offset: everything there is UTC now."""

    def __new__(cls, key: str) -> Any:
        return zoneinfo.ZoneInfo.no_cache("UTC" if key == "Europe/Berlin" else key)


def test_a_zone_whose_rules_change_moves_the_instant_and_keeps_the_wall_time(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("schedule", "2099-12-01 09:00", "Europe/Berlin", ROBIN)
    assert str(mailing.row().scheduled_for) == "2099-12-01 08:00:00+00:00"
    monkeypatch.setattr("base.time.ZoneInfo", _Moved)
    mailing.launch()
    row = mailing.row()
    assert (str(row.scheduled_for), row.wall) == ("2099-12-01 09:00:00+00:00", "2099-12-01 09:00")
    assert mailing.state() == "scheduled"


@pytest.mark.parametrize(("shift", "state"), [(timedelta(hours=2), "sending"), (timedelta(hours=-2), "scheduled")])
def test_a_zone_that_moved_decides_whether_it_is_due(shift: timedelta, state: str, mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("approve", ROBIN)
    # What was asked for is an hour ago or an hour ahead; the instant on record says the contrary.
    asked = mailing.now() - shift / 2
    mailing.put(wall=f"{asked:%Y-%m-%d %H:%M:%S}", zone="UTC", scheduled_for=asked + shift)
    mailing.launch()
    assert mailing.state() == state


def test_a_wall_time_with_more_digits_than_are_kept_does_not_move(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("schedule", "2099-12-01 09:00:00.123456", "UTC", ROBIN)
    before = mailing.row().scheduled_for
    mailing.launch()
    assert mailing.row().scheduled_for == before


def test_a_schedule_still_to_come_is_left_alone(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("schedule", "2099-12-01 09:00", "UTC", ROBIN)
    assert mailing.launch() == 0
    assert mailing.row().scheduled_for == datetime.fromisoformat("2099-12-01T09:00+00:00")
