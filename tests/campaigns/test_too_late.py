"""Who would be skipped as too late at the pace that holds: warned of beforehand, and never where all would leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from base.config import Config, PaceConfig, WarmUpConfig
from base.time import at_wall
from campaigns.drafts import get_campaign
from campaigns.plan import plan
from campaigns.times import ZoneTime
from campaigns.too_late import too_late
from tests.campaigns.mailing import SLUG, Mailing

HERE = "America/Los_Angeles"
NINE = at_wall(datetime(2099, 6, 1, 9), HERE)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def due(people: int, at: datetime = NINE, within: timedelta = DAY, over: timedelta = timedelta()) -> ZoneTime:
    """The people of one zone whose time is this."""
    ends = at + over
    return ZoneTime("", HERE, "", at, at, ends, at + within, ends + within, people, 0)


def late(mailing: Mailing, *rows: ZoneTime, quiet: str = "", caps: tuple[int, ...] = (), **paces: Any) -> int:
    config = replace(mailing.config, pace=PaceConfig(**paces), warm_up=WarmUpConfig(caps))
    config = replace(config, campaigns=replace(config.campaigns, quiet=quiet))
    with mailing.db.read() as s:
        return too_late(s, get_campaign(s, SLUG), config, rows)


@pytest.fixture
def drafted(mailing: Mailing) -> Mailing:
    mailing.draft()
    return mailing


@pytest.mark.parametrize(
    ("row", "limits", "expected"),
    [
        (due(353), {}, 0),
        (due(240), {"per_hour": 10}, 0),
        (due(353), {"per_hour": 10}, 113),
        (due(353, over=6 * HOUR), {"per_hour": 10}, 53),  # the last of them have until six hours later
        (due(353), {"per_day": 200}, 0),  # from midnight on there are as many again
        (due(353, within=4 * HOUR), {"per_day": 200}, 153),
        (due(353), {"per_day": 30}, 293),
        (due(353), {"per_hour": 20, "per_day": 150}, 53),
        (due(353), {"per_hour": 20}, 0),
        (due(353), {"per_hour": 20, "quiet": "21:00-08:00"}, 93),  # 12 hours that day, and one the next morning
        (due(353, within=3 * DAY), {"caps": (50, 100, 500)}, 0),
        (due(353, within=3 * DAY), {"caps": (50, 100, 500), "per_day": 30}, 233),  # of four days
        (due(353, within=3 * DAY), {"caps": (50, 100, 500), "per_hour": 10}, 0),
    ],
)
def test_whoever_the_limits_keep_until_their_time_is_over_is_late(
    row: ZoneTime, limits: dict[str, Any], expected: int, drafted: Mailing
) -> None:
    assert late(drafted, row, **limits) == expected


def test_the_slower_of_the_campaigns_own_pace_and_that_of_everything_counts(drafted: Mailing) -> None:
    drafted.put(per_hour=10)
    assert late(drafted, due(353)) == late(drafted, due(353), per_hour=100) == 113
    assert late(drafted, due(353), per_hour=5) == 233


def test_each_zone_has_its_own_time_and_waits_for_those_before_it(drafted: Mailing) -> None:
    drafted.put(local=True)
    later = NINE + 9 * HOUR
    assert late(drafted, due(200), due(130, later), per_hour=10) == 0
    assert late(drafted, due(300), due(60, later), per_hour=10) == 60
    assert late(drafted, due(300), due(91, later), per_hour=10, quiet="21:00-08:00") == 61


def test_of_a_time_that_began_already_what_is_left_counts(drafted: Mailing) -> None:
    began = drafted.now() - 20 * HOUR
    assert late(drafted, due(353, began), per_hour=60) == pytest.approx(113, abs=1)
    assert late(drafted, due(353, began - DAY), per_hour=60) == 0  # over: that is told as such


def warned(mailing: Mailing, config: Config) -> list[str]:
    with mailing.db.read() as s:
        found = plan(s, get_campaign(s, SLUG), config)
    return [words for words in found.warnings if "too late" in words]


def test_a_plan_says_how_many_how_long_it_takes_and_what_to_raise(mailing: Mailing) -> None:
    mailing.crowd(30)
    mailing.draft()
    config = replace(mailing.config, pace=PaceConfig(per_hour=1))
    assert warned(mailing, config) == [
        "about 6 of 30 people would be skipped as too late: it takes at least 1 day 6 hours (not faster than 1 an "
        "hour) and has 1 day, by [delivery] send_within; raise that, or the pace"
    ]
    longer = replace(config.delivery, send_within=30 * HOUR)
    assert warned(mailing, replace(config, delivery=longer)) == []


def test_quiet_hours_come_on_top_of_how_long_it_takes(mailing: Mailing) -> None:
    mailing.crowd(20)
    mailing.draft()
    mailing.put(scheduled_for=NINE)
    config = replace(mailing.config, pace=PaceConfig(per_hour=1))
    (words,) = warned(mailing, replace(config, campaigns=replace(config.campaigns, quiet="21:00-08:00")))
    assert words.startswith("about 7 of 20 people")
    assert "20 hours (not faster than 1 an hour, quiet hours not counted) and has 1 day" in words


def test_where_the_offer_ends_first_more_time_is_no_way_out(mailing: Mailing) -> None:
    mailing.crowd(6)
    mailing.draft(offer_ends=4 * HOUR)
    (words,) = warned(mailing, replace(mailing.config, pace=PaceConfig(per_hour=1)))
    assert words.startswith("about 3 of 6 people")
    assert words.endswith("then its offer is over; raise the pace")


def test_the_days_that_a_warm_up_adds_are_not_enough_where_fewer_may_leave_a_day(mailing: Mailing) -> None:
    mailing.crowd(9)
    mailing.draft()
    paced = replace(mailing.config, pace=PaceConfig(per_day=2, day_zone="UTC"))
    (words,) = warned(mailing, replace(paced, warm_up=WarmUpConfig((3, 4, 10))))
    assert "it takes at least 4 days (not more than 2 a day) and has 3 days" in words
    assert words.startswith("about 1 of 9 people")
