"""Each person at the wall time of their own zone: frozen once, in batches that leave when it is their turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from sqlalchemy import select

from base.config import Config
from base.errors import BadInput, Refused
from base.time import to_ms
from campaigns import launch
from campaigns.drafts import get_campaign
from campaigns.launch import look_at_zones
from campaigns.plan import plan
from campaigns.times import ZoneTime, zones
from delivery.models import Batch, Delivery, Run
from subscribers.models import Subscriber
from tests.campaigns.mailing import ROBIN, Mailing

WALL = "2099-12-01 09:00"
HERE = "America/Los_Angeles"


def quiet(config: Config, hours: str, **delivery: object) -> Config:
    campaigns = replace(config.campaigns, quiet=hours)
    return replace(config, campaigns=campaigns, delivery=replace(config.delivery, **delivery))  # type: ignore[arg-type]


def a_local(mailing: Mailing, wall: str = WALL, fallback: str = HERE, **more: Any) -> None:
    mailing.draft()
    mailing.decide("schedule", wall, fallback, ROBIN, local=True, **more)


def launched(mailing: Mailing) -> None:
    """As if the first zone were due; the times of all are still as they were scheduled."""
    mailing.put(scheduled_for=mailing.now() - timedelta(seconds=1))
    mailing.launch()


def turns(mailing: Mailing) -> dict[str, tuple[datetime, datetime]]:
    """By the name of each person, when their batch may leave. Fails where somebody is in two batches or in none."""
    with mailing.db.read() as s:
        query = (
            select(Subscriber.email, Batch.not_before, Batch.not_after)
            .join(Delivery, Delivery.subscriber_id == Subscriber.id)
            .join(Batch, (Batch.run_id == Delivery.run_id) & (Batch.number == Delivery.batch))
            .where(Delivery.subscriber_id.between(Batch.first_subscriber, Batch.last_subscriber))
        )
        rows = s.execute(query).all()
        assert sum(s.scalars(select(Batch.size))) == len(rows) == s.scalars(select(Run.audience)).one()
        assert s.scalar(select(Batch.size).where(Batch.size > mailing.config.delivery.batch_size)) is None
    return {email.partition("@")[0]: (first, last) for email, first, last in rows}


def rows(mailing: Mailing) -> list[ZoneTime]:
    with mailing.db.read() as s:
        return zones(s, get_campaign(s, "december"), mailing.config)


def moved(mailing: Mailing, name: str, zone: str) -> None:
    mailing.sql("UPDATE subscribers SET zone = :zone WHERE email = :email", zone=zone, email=f"{name}@example.com")


@pytest.fixture
def world(mailing_on_both: Mailing, monkeypatch: pytest.MonkeyPatch) -> Mailing:
    """Nine people of six zones, mixed, three of whom have none that anybody knows; chunks of two, batches of two."""
    monkeypatch.setattr(launch, "CHUNK", {"sqlite": 2, "postgresql": 2})
    mailing = mailing_on_both
    for name, zone in (
        ("berlin", "Europe/Berlin"),
        ("auckland", "Pacific/Auckland"),
        ("nowhere", ""),
        ("paris", "Europe/Paris"),
        ("kolkata", "Asia/Kolkata"),
        ("mars", ""),
        ("howe", "Australia/Lord_Howe"),
        ("rome", "Europe/Rome"),
        ("here", HERE),
    ):
        mailing.people(name, zone=zone)
    moved(mailing, "mars", "Mars/Phobos")
    return mailing


@pytest.mark.parametrize(
    ("wall", "berlin", "howe"),
    [
        ("2099-12-01 09:00", "2099-12-01 08:00", "2099-11-30 22:00"),
        ("2099-03-29 02:30", "2099-03-29 01:30", "2099-03-28 15:30"),  # Berlin has no 02:30 that night: it is 03:30
        ("2099-10-25 02:30", "2099-10-25 00:30", "2099-10-24 15:30"),  # Berlin has it twice: the first
        ("2099-10-04 02:10", "2099-10-04 00:10", "2099-10-03 15:40"),  # Lord Howe goes half an hour forward
    ],
)
def test_everybody_is_in_one_batch_that_leaves_at_the_time_on_their_wall(
    wall: str, berlin: str, howe: str, world: Mailing
) -> None:
    """mautic issue 10612: the wrong hour on the day clocks change."""
    a_local(world, wall)
    launched(world)
    found = {name: f"{first:%Y-%m-%d %H:%M}" for name, (first, _) in turns(world).items()}
    assert len(found) == 9
    assert found["berlin"] == found["paris"] == found["rome"] == berlin
    assert found["howe"] == howe
    here = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(HERE)).astimezone(UTC)
    assert found["here"] == found["nowhere"] == found["mars"] == f"{here:%Y-%m-%d %H:%M}"


def test_batches_are_full_however_the_zones_lie(world: Mailing) -> None:
    a_local(world)
    launched(world)
    with world.db.read() as s:
        sizes = Counter(s.scalars(select(Batch.size)))
    assert sizes == {2: 2, 1: 5}  # three in central Europe, three here, and three by themselves


def test_each_batch_has_its_own_end(world: Mailing) -> None:
    a_local(world)
    launched(world)
    assert {last - first for first, last in turns(world).values()} == {timedelta(hours=24)}


def test_a_hundred_zones_in_one_freeze(mailing: Mailing) -> None:
    names = sorted(available_timezones() - {"localtime"})[::6]
    mailing.people(*(f"p{n}" for n in range(len(names))))
    for n, name in enumerate(names):
        moved(mailing, f"p{n}", name)
    a_local(mailing, "2099-10-25 02:30")
    launched(mailing)
    found = turns(mailing)
    assert len(found) == len(names)
    for n, name in enumerate(names):
        wall = datetime(2099, 10, 25, 2, 30, tzinfo=ZoneInfo(name))
        assert found[f"p{n}"][0] == wall.astimezone(UTC)


def test_only_those_whose_time_has_come_are_mailed_and_each_once(world: Mailing) -> None:
    a_local(world)
    launched(world)
    berlin = to_ms(turns(world)["berlin"][0])
    world.sql("UPDATE batches SET not_before = 0 WHERE not_before < :berlin", berlin=berlin)
    world.deliver()
    assert sorted(world.mails()) == ["auckland@example.com", "howe@example.com", "kolkata@example.com"]
    assert world.state() == "sending"
    world.sql("UPDATE batches SET not_before = 0")
    world.deliver()
    assert (len(world.mails()), world.state()) == (9, "sent")


def test_what_is_asked_for_is_what_is_shown_and_what_is_sent(world: Mailing) -> None:
    """buttondown issue 3359: saved in the zone of one, shown in that of another."""
    a_local(world)
    shown = {row.zone: row for row in rows(world)}
    assert {row.local for row in shown.values()} == {WALL}
    assert [row.zone for row in rows(world)][:2] == ["Pacific/Auckland", "Australia/Lord_Howe"]
    assert shown["Mars/Phobos"].clock == shown[""].clock == HERE
    assert sum(row.people for row in shown.values()) == 9
    launched(world)
    assert {first for first, _ in turns(world).values()} == {row.at for row in shown.values()}


def test_why_names_the_time_of_that_person(world: Mailing) -> None:
    a_local(world)
    assert str(world.why("berlin").steps[-1].at) == "2099-12-01 08:00:00+00:00"


def test_it_begins_with_the_first_zone_of_the_list_and_with_a_new_one_that_comes_sooner(mailing: Mailing) -> None:
    mailing.people("ann", zone="Europe/Berlin")
    a_local(mailing)
    assert str(mailing.row().scheduled_for) == "2099-12-01 08:00:00+00:00"
    mailing.people("kai", zone="Pacific/Kiritimati")
    look_at_zones(mailing.db, mailing.config)
    assert str(mailing.row().scheduled_for) == "2099-11-30 19:00:00+00:00"
    assert mailing.launch() == 0


def test_a_time_that_is_over_for_some_is_refused_with_how_many_and_a_later_one(mailing: Mailing) -> None:
    mailing.people("kai", "kim", zone="Pacific/Kiritimati")
    mailing.people("pat", zone="Pacific/Pago_Pago")
    kiritimati = (mailing.now() - timedelta(hours=1)).astimezone(ZoneInfo("Pacific/Kiritimati"))
    with pytest.raises(Refused, match=r"over already for 2 of 3 people, first in Pacific/Kiritimati; the next day"):
        a_local(mailing, f"{kiritimati:%Y-%m-%d %H:%M}")
    later = f"{kiritimati + timedelta(days=1):%Y-%m-%d %H:%M}"
    with pytest.raises(Refused, match=f"nobody's is: '{later}'"):
        mailing.decide("schedule", f"{kiritimati:%Y-%m-%d %H:%M}", HERE, ROBIN, local=True)
    mailing.decide("schedule", later, HERE, ROBIN, local=True)
    assert mailing.state() == "scheduled"


def test_a_year_past_the_calendar_is_refused_in_a_sentence(mailing: Mailing) -> None:
    mailing.people("ann", zone="Pacific/Pago_Pago")
    with pytest.raises(BadInput, match="past the calendar"):
        a_local(mailing, "9999-12-31 23:30")


def test_an_offer_has_to_hold_for_the_last_zone_too(mailing: Mailing) -> None:
    mailing.people("kai", zone="Pacific/Kiritimati")
    mailing.people("pat", zone="Pacific/Pago_Pago")
    tomorrow = mailing.now() + timedelta(days=2)
    mailing.draft(offer_ends=timedelta(days=2))
    with pytest.raises(Refused, match="its offer is over"):
        mailing.decide("schedule", f"{tomorrow:%Y-%m-%d %H:%M}", HERE, ROBIN, local=True)


def test_the_run_is_not_over_before_its_last_zone_is(world: Mailing) -> None:
    a_local(world)
    launched(world)
    with world.db.read() as s:
        run = s.scalars(select(Run)).one()
    assert run.not_after > max(last for _, last in turns(world).values())


def test_batches_leave_evenly_over_a_while_each_zone_by_itself(world: Mailing) -> None:
    world.people("oslo", "bern", zone="Europe/Berlin")
    a_local(world, over=timedelta(hours=6))
    launched(world)
    found = {name: first for name, (first, _) in turns(world).items()}
    berlin = datetime(2099, 12, 1, 8, tzinfo=UTC)
    assert [found[name] - berlin for name in ("berlin", "rome", "bern")] == [n * timedelta(hours=2) for n in range(3)]
    assert {last - first for first, last in turns(world).values()} == {timedelta(hours=24)}
    assert max(found.values()) < max(row.last for row in rows(world))


def test_a_campaign_that_is_sent_now_may_leave_over_a_while_too(mailing: Mailing) -> None:
    mailing.crowd(8)
    mailing.draft()
    mailing.decide("send", ROBIN, over=timedelta(hours=2))
    due = mailing.row().scheduled_for
    mailing.launch()
    waits = [n * timedelta(minutes=30) for n in range(4)]
    assert due is not None
    assert sorted({first - due for first, _ in turns(mailing).values()}) == waits
    mailing.deliver()
    assert len(mailing.mails()) == 2


def test_what_falls_into_quiet_hours_waits_for_their_end_by_each_clock(world: Mailing) -> None:
    world.config = quiet(world.config, "21:00-08:00")
    world.people("oslo", "bern", zone="Europe/Berlin")
    a_local(world, "2099-12-01 20:00", over=timedelta(hours=2))
    launched(world)
    found = {name: first for name, (first, _) in turns(world).items()}
    berlin = [f"{found[name].astimezone(ZoneInfo('Europe/Berlin')):%d %H:%M}" for name in ("berlin", "rome", "bern")]
    assert berlin == ["01 20:00", "01 20:40", "02 08:00"]
    assert found["auckland"].astimezone(ZoneInfo("Pacific/Auckland")).hour == 20
    with world.db.read() as s:
        assert None not in set(s.scalars(select(Batch.zone)))


def test_an_ordinary_campaign_keeps_quiet_by_its_own_zone(mailing: Mailing) -> None:
    here = mailing.now().astimezone(ZoneInfo(HERE))
    end = here + timedelta(hours=2)
    mailing.config = quiet(mailing.config, f"{here - timedelta(hours=2):%H:%M}-{end:%H:%M}")
    mailing.people("ann", zone="Asia/Tokyo")
    mailing.draft()
    assert mailing.sent().state == "sending"
    assert mailing.mails() == {}
    assert turns(mailing)["ann"][0] == end.replace(second=0, microsecond=0).astimezone(UTC)


def test_a_plan_warns_when_quiet_hours_outlast_the_time(mailing: Mailing) -> None:
    mailing.config = quiet(mailing.config, "21:00-08:00", send_within=timedelta(hours=4))
    mailing.people("ann", "bob", zone="Europe/Berlin")
    mailing.people("pat", zone="America/New_York")
    a_local(mailing, "2099-12-01 22:00")
    with mailing.db.read() as s:
        found = plan(s, get_campaign(s, "december"), mailing.config)
    assert [w for w in found.warnings if "quiet hours" in w] == [
        "quiet hours, 21:00-08:00, last until the time of 3 people, or of the last of them, is over: they would be "
        "skipped as too late; choose another time"
    ]
    launched(mailing)
    mailing.sql("UPDATE batches SET not_before = not_before - :n, not_after = not_after - :n", n=100 * 365 * 86_400_000)
    mailing.deliver()
    mailing.expire()
    assert (mailing.mails(), mailing.status().counts.skipped) == ({}, 3)
