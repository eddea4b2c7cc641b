"""What goes wrong around a series: services that were down, clocks and zones that change, names and things that go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from campaigns.models import Series
from campaigns.series.occurrences import instant
from tests.campaigns.series.clinic import ROBIN, Clinic, at


@pytest.fixture
def by_itself(clinic: Clinic) -> Clinic:
    clinic.articles("knees", "backs", "hips")
    clinic.series("2029-12-10 08:00", approval="not")
    return clinic


def test_a_repeat_never_depends_on_the_one_before(by_itself: Clinic) -> None:
    """Incident 13: elsewhere a monthly repeat stops for ever once its deadline was not moved along."""
    clinic = by_itself
    clinic.tick("2029-12-30 08:00")
    clinic.tick("2030-01-03 08:00")  # two days late: January waits for a person …
    january = clinic.campaigns()[0]
    assert january.launched_at is None
    assert "longer ago than [delivery] send_within allows" in str(january.attention)
    clinic.tick("2030-02-03 08:00")
    clinic.tick("2030-02-05 08:00")  # … and February goes, with a deadline of its own
    assert clinic.launched() == ["tips-2030-02-05 02-05 08:00"]
    with clinic.db.read() as s:
        ends = s.execute(text("SELECT not_after FROM runs")).scalar_one()
    assert ends == at("2030-02-06 08:00").timestamp() * 1000


@pytest.mark.parametrize("held", ["pause", "cancel"])
def test_one_that_was_stopped_by_hand_does_not_stop_the_next(held: str, by_itself: Clinic) -> None:
    by_itself.tick("2029-12-30 08:00")
    by_itself.decide(held, "tips-2030-01-01", "2029-12-30 09:00")
    by_itself.tick("2030-01-01 08:00")
    by_itself.tick("2030-02-04 08:00")
    by_itself.tick("2030-02-05 08:00")
    assert by_itself.launched() == ["tips-2030-02-05 02-05 08:00"]


def test_down_at_its_time_it_leaves_late_within_its_deadline(by_itself: Clinic) -> None:
    by_itself.tick("2029-12-30 08:00")
    by_itself.tick("2030-01-02 07:59")
    assert by_itself.launched() == ["tips-2030-01-01 01-02 07:59"]


def test_down_for_all_the_days_ahead_it_is_made_and_leaves_late_within_its_deadline(by_itself: Clinic) -> None:
    by_itself.tick("2029-12-20 08:00")
    assert by_itself.tick("2030-01-01 20:00") == 1
    assert by_itself.launched() == ["tips-2030-01-01 01-01 20:00"]
    (made,) = by_itself.campaigns()
    assert (made.wall, made.scheduled_for) == ("2030-01-01 09:00", at("2030-01-01 08:00"))


def test_down_for_longer_nothing_is_made_staff_are_told_and_the_next_month_goes(by_itself: Clinic) -> None:
    by_itself.tick("2029-12-20 08:00")
    assert by_itself.tick("2030-01-02 08:00") == 0
    (need,) = by_itself.needs("2030-01-02 08:01")
    assert (need.series, str(need.date), need.days) == ("tips", "2030-01-01", 0)
    assert "no service was running, and [delivery] send_within is over" in need.sentence
    by_itself.tick("2030-02-04 08:00")
    by_itself.tick("2030-02-05 08:00")
    assert by_itself.launched() == ["tips-2030-02-05 02-05 08:00"]
    assert by_itself.needs("2030-02-05 08:01") == []  # January is history now


def test_down_for_half_a_year_each_month_is_on_record_and_only_one_goes(by_itself: Clinic) -> None:
    by_itself.tick("2029-12-20 08:00")
    by_itself.tick("2030-06-04 08:00")
    assert by_itself.launched() == ["tips-2030-06-04 06-04 08:00"]
    assert [str(row.local_date) for _, row in by_itself.rows() if row.missed_at] == [
        *("2030-01-01", "2030-02-05", "2030-03-05", "2030-04-02", "2030-05-07"),
    ]


def test_while_it_waits_for_a_nod_a_day_that_the_service_was_down_sends_nothing(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00")
    clinic.tick("2029-12-20 08:00")
    clinic.tick("2030-01-01 09:00")
    assert clinic.launched() == []
    clinic.decide("send", "tips-2030-01-01", "2030-01-01 10:00", clinic.config, ROBIN)
    clinic.tick("2030-01-01 10:00")
    assert clinic.launched() == ["tips-2030-01-01 01-01 10:00"]


@pytest.mark.parametrize(
    ("zone", "words", "day", "due"),
    [
        # 2030: the clocks of Berlin go forward on 31 March and back on 27 October; of Los Angeles 10 March, 3 November.
        ("Europe/Berlin", "31st 02:30", "2030-03-31", "2030-03-31 01:30"),  # does not exist: 03:30
        ("Europe/Berlin", "31st 09:00", "2030-03-31", "2030-03-31 07:00"),
        ("Europe/Berlin", "last sunday 02:30", "2030-10-27", "2030-10-27 00:30"),  # twice: the first
        ("Europe/Berlin", "last sunday 09:00", "2030-10-27", "2030-10-27 08:00"),
        ("America/Los_Angeles", "second sunday 02:30", "2030-03-10", "2030-03-10 10:30"),
        ("America/Los_Angeles", "first sunday 01:30", "2030-11-03", "2030-11-03 08:30"),
        # Saturday 23:30 does not exist in Nuuk: it is Sunday 00:30 there, and still Saturday's mail.
        ("America/Nuuk", "last saturday 23:30", "2030-03-30", "2030-03-31 01:30"),
        ("Africa/Cairo", "last friday 00:30", "2030-04-26", "2030-04-25 22:30"),
    ],
)
def test_on_the_days_clocks_change_it_leaves_once_at_its_wall_time(
    zone: str, words: str, day: str, due: str, clinic: Clinic
) -> None:
    clinic.articles("knees", "backs")
    begin = at(due) - timedelta(days=6)
    clinic.series(begin, when=words, zone=zone, approval="not")
    clinic.tick(begin + timedelta(days=5))
    for minutes in range(-90, 180, 30):
        clinic.tick(at(due) + timedelta(minutes=minutes))
    made = [x for x in clinic.campaigns() if x.launched_at]
    assert [(x.slug, x.scheduled_for) for x in made] == [(f"tips-{day}", at(due))]


def test_a_zone_whose_rules_changed_after_scheduling_keeps_its_wall_time(by_itself: Clinic) -> None:
    by_itself.tick("2029-12-30 08:00")
    with by_itself.db.write() as s:  # as if it had been computed by the rules of before
        s.execute(text("UPDATE campaigns SET scheduled_for = scheduled_for - 3600000"))
    by_itself.tick("2030-01-01 07:00")
    assert by_itself.launched() == []
    by_itself.tick("2030-01-01 08:00")
    assert by_itself.launched() == ["tips-2030-01-01 01-01 08:00"]


@pytest.mark.parametrize(
    ("words", "days"), [("31st 09:00", "01-31 02-28 03-31"), ("last day 09:00", "01-31 02-28 03-31")]
)
def test_the_end_of_a_short_month(words: str, days: str, clinic: Clinic) -> None:
    clinic.articles("knees", "backs", "hips")
    clinic.series("2030-01-10 08:00", when=words, zone="UTC", approval="not")
    for day in days.split():
        clinic.tick(f"2030-{day} 09:00")
    assert clinic.launched() == [f"tips-2030-{day} {day} 09:00" for day in days.split()]


def test_renamed_lists_and_segments_are_followed_and_cannot_be_deleted(by_itself: Clinic) -> None:
    with by_itself.db.write() as s:
        s.execute(text("UPDATE lists SET slug = 'advice', name = 'Advice'"))
    by_itself.tick("2029-12-30 08:00")
    by_itself.tick("2030-01-01 08:00")
    assert by_itself.launched() == ["tips-2030-01-01 01-01 08:00"]
    with pytest.raises(IntegrityError), by_itself.db.write() as s:
        s.execute(text("DELETE FROM lists"))


def test_a_template_that_is_gone_stops_its_campaign_and_says_so(by_itself: Clinic) -> None:
    with by_itself.db.write() as s:
        s.execute(text("UPDATE series SET template = 'gone'"))
    by_itself.tick("2029-12-30 08:00")
    (need,) = by_itself.needs("2029-12-30 08:00")
    assert "There is no template gone" in need.sentence
    with by_itself.db.write() as s:
        s.execute(text("UPDATE campaigns SET template = 'monthly-tips'"))
    by_itself.tick("2029-12-31 08:00")
    assert by_itself.needs("2029-12-31 08:00") == []
    by_itself.tick("2030-01-01 08:00")
    assert by_itself.launched() == ["tips-2030-01-01 01-01 08:00"]


def test_a_list_without_people_is_trouble_and_not_silence(by_itself: Clinic) -> None:
    with by_itself.db.write() as s:
        s.execute(text("DELETE FROM subscriptions"))
    by_itself.tick("2029-12-30 08:00")
    (need,) = by_itself.needs("2029-12-30 08:00")
    assert "nobody would get it" in need.sentence


def test_an_instant_follows_the_zones_rules_of_the_day_it_is_asked_about() -> None:
    series = Series(words="the first Tuesday of the month at 09:00", zone="Europe/Berlin")
    assert instant(series, at("2030-01-01 00:00").date()) == at("2030-01-01 08:00")
    assert instant(series, at("2030-07-02 00:00").date()) == at("2030-07-02 07:00")
