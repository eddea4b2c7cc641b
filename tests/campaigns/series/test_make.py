"""Each date gets its campaign once, ahead of time; it leaves at its time, and never without article or approval."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from base.errors import Refused
from campaigns.drafts import Draft as CampaignDraft
from campaigns.drafts import add_campaign, made_of, replace_campaign
from campaigns.series.make import tick
from campaigns.series.store import end, get_series
from tests.campaigns.series.clinic import ROBIN, Clinic, at


def test_the_month_makes_itself_waits_for_a_nod_and_leaves(clinic: Clinic) -> None:
    clinic.articles("knees", "backs")
    clinic.series("2029-12-10 08:00")
    assert clinic.tick("2029-12-26 22:59") == 0
    assert clinic.tick("2029-12-26 23:00") == 1  # five days ahead begin at midnight in Berlin
    assert clinic.tick("2029-12-26 23:01") == 0
    (made,) = clinic.campaigns()
    assert (made.slug, made.subject, made.added_by) == ("tips-2030-01-01", "About knees", "kim")
    assert made.scheduled_for is None
    assert clinic.approve("2029-12-30 10:00") == "tips-2030-01-01"
    clinic.tick("2030-01-01 07:59")
    assert clinic.launched() == []
    clinic.tick("2030-01-01 08:00")
    assert clinic.launched() == ["tips-2030-01-01 01-01 08:00"]
    clinic.tick("2030-01-31 12:00")
    assert [x.slug for x in clinic.campaigns()] == ["tips-2030-01-01", "tips-2030-02-05"]
    assert clinic.campaigns()[1].subject == "About backs"


def test_without_a_nod_nothing_is_sent(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00")
    for hour in range(0, 24 * 8, 3):
        clinic.tick(at("2029-12-26 00:00") + timedelta(hours=hour))
    assert clinic.launched() == []
    (need,) = clinic.needs("2030-01-02 10:00")
    assert need.days == 0
    assert "nothing was sent at its time (tips-2030-01-01 waits for approval)" in need.sentence
    assert "tipsheet campaign send tips-2030-01-01, or leave it out with: tipsheet series skip tips" in need.sentence
    with pytest.raises(Refused, match="Nothing of tips waits for approval"):
        clinic.approve("2030-01-01 08:01")


def test_a_nod_by_the_campaigns_own_command_is_as_good(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00")
    clinic.tick("2029-12-30 10:00")
    clinic.decide("approve", "tips-2030-01-01", "2029-12-30 11:00", clinic.config, ROBIN)
    clinic.tick("2029-12-30 11:01")
    (made,) = clinic.campaigns()
    assert (made.wall, made.zone, made.scheduled_for) == ("2030-01-01 09:00", "Europe/Berlin", at("2030-01-01 08:00"))


def test_a_nod_that_came_too_late_sends_nothing_by_itself(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00")
    clinic.tick("2029-12-31 10:00")
    clinic.decide("approve", "tips-2030-01-01", "2030-01-01 09:00", clinic.config, ROBIN)  # no service was running
    clinic.tick("2030-01-01 10:00")
    assert clinic.launched() == []
    clinic.decide("send", "tips-2030-01-01", "2030-01-01 11:00", clinic.config, ROBIN)
    clinic.tick("2030-01-01 11:00")
    assert clinic.launched() == ["tips-2030-01-01 01-01 11:00"]
    assert clinic.needs("2030-01-01 12:00") == []


def test_a_series_that_needs_no_nod_sends_by_itself(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-30 10:00")
    clinic.tick("2030-01-01 08:00")
    assert clinic.launched() == ["tips-2030-01-01 01-01 08:00"]
    assert clinic.campaigns()[0].approved_by == "series tips"


def test_where_two_persons_are_asked_for_a_series_waits_for_another_than_its_maker(clinic: Clinic) -> None:
    clinic.config = replace(clinic.config, campaigns=replace(clinic.config.campaigns, second_person=True))
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-30 10:00")
    assert "waits for approval" in clinic.needs("2029-12-30 10:01")[0].sentence
    with pytest.raises(Refused, match="kim made tips-2030-01-01; another person has to approve it"):
        clinic.approve("2029-12-30 11:00", by=replace(ROBIN, actor="kim"))
    clinic.approve("2029-12-30 11:00")
    clinic.tick("2030-01-01 08:00")
    assert clinic.launched() == ["tips-2030-01-01 01-01 08:00"]


def test_without_an_article_nothing_is_made_until_there_is_one(clinic: Clinic) -> None:
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-28 10:00")
    assert clinic.campaigns() == []
    clinic.articles("knees")
    assert clinic.tick("2029-12-29 10:00") == 1
    clinic.tick("2030-01-01 08:00")
    clinic.tick("2030-02-05 08:00")
    assert clinic.launched() == ["tips-2030-01-01 01-01 08:00"]
    assert "at its time (no article is left that tips has not had)" in clinic.needs("2030-02-05 09:00")[0].sentence


def test_an_article_that_comes_after_the_time_waits_for_the_next(clinic: Clinic) -> None:
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2030-01-01 08:00")
    clinic.articles("knees")
    clinic.tick("2030-01-01 08:01")
    assert clinic.campaigns() == []
    clinic.tick("2030-02-05 07:00")
    clinic.tick("2030-02-05 08:00")
    assert clinic.launched() == ["tips-2030-02-05 02-05 08:00"]


def test_two_services_at_once_make_one_campaign(clinic_on_both: Clinic) -> None:
    clinic = clinic_on_both
    clinic.articles("knees", "backs")
    clinic.series("2029-12-10 08:00", approval="not")
    made: list[int] = []
    both = [
        threading.Thread(target=lambda: made.append(tick(clinic.db, clinic.config, at("2029-12-30 10:00"))))
        for _ in range(4)
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(made) == [0, 0, 0, 1]
    (one,) = clinic.campaigns()
    assert (one.slug, one.wall, one.zone) == ("tips-2030-01-01", "2030-01-01 09:00", "Europe/Berlin")
    assert [row.local_date for _, row in clinic.rows()] == [date(2030, 1, 1)]


def test_a_campaign_made_anew_by_hand_is_still_this_months(clinic: Clinic) -> None:
    clinic.articles("knees", "backs")
    clinic.series("2029-12-10 08:00")
    clinic.tick("2029-12-30 10:00")
    with clinic.clock("2029-12-30 11:00"), clinic.db.write() as s:
        other = replace(made_of(s, clinic.campaigns()[0]), article="backs", subject="Backs first")
        replace_campaign(s, other, actor="robin")
    assert clinic.tick("2029-12-30 12:00") == 0
    clinic.approve("2029-12-30 12:00")
    clinic.tick("2030-01-01 08:00")
    assert clinic.launched() == ["tips-2030-01-01 01-01 08:00"]
    assert clinic.campaigns()[0].subject == "Backs first"


def test_a_name_taken_by_hand_is_not_taken_over(clinic: Clinic) -> None:
    clinic.articles("knees", "backs")
    with clinic.db.write() as s:
        draft = CampaignDraft("tips-2030-01-01", "tips", "Mine", "monthly-tips", article="knees")
        add_campaign(s, draft, actor="robin")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-30 10:00")
    mine, made = clinic.campaigns()
    assert (mine.subject, mine.scheduled_for) == ("Mine", None)
    assert (made.slug, made.subject) == ("tips-2030-01-01-2", "About backs")


def test_a_paused_campaign_is_left_alone(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00")
    clinic.tick("2029-12-30 10:00")
    clinic.decide("approve", "tips-2030-01-01", "2029-12-30 11:00", clinic.config, ROBIN)
    clinic.decide("pause", "tips-2030-01-01", "2029-12-30 11:00")
    clinic.tick("2029-12-30 12:00")
    assert clinic.campaigns()[0].scheduled_for is None
    assert "tips-2030-01-01 is paused; go on with" in clinic.needs("2029-12-30 12:00")[0].sentence


def test_an_ended_series_makes_no_more(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00")
    with clinic.db.write() as s:
        end(get_series(s, "tips"), now=at("2029-12-11 08:00"))
        with pytest.raises(Refused, match="was ended before"):
            end(get_series(s, "tips"), now=at("2029-12-11 08:00"))
    assert clinic.tick("2029-12-30 10:00") == 0
    assert (clinic.campaigns(), clinic.needs("2030-01-01 10:00"), clinic.ahead("2029-12-30 10:00")) == ([], [], [])
