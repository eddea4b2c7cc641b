"""What is foreseen, what staff are asked for and when, and what they decide about a date."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from base.errors import Refused
from tests.campaigns.series.clinic import Clinic, at


def contents(clinic: Clinic, now: str, slug: str = "tips") -> list[str]:
    return [f"{x.date:%m-%d} {x.article.slug if x.article else '-'} {x.state}" for x in clinic.ahead(now, slug=slug)]


def test_five_dates_are_shown_with_what_each_will_contain(clinic_on_both: Clinic) -> None:
    clinic = clinic_on_both
    clinic.articles("a", "b", "c")
    clinic.offer("check", None, "2030-02-28")
    clinic.series("2029-12-10 08:00", offer="required")
    first, second, third, *rest = clinic.ahead("2029-12-10 08:00")
    assert [x.article.slug if x.article else "" for x in (first, second, third, *rest)] == ["a", "b", "c", "c", "c"]
    assert [bool(x.offer) for x in (first, second, third, *rest)] == [True, True, False, False, False]
    assert third.lacks.startswith("no offer is valid the whole of that day")


def test_what_is_made_is_shown_as_it_is(clinic: Clinic) -> None:
    clinic.articles("a", "b")
    clinic.series("2029-12-10 08:00")
    clinic.tick("2029-12-30 08:00")
    assert contents(clinic, "2029-12-30 09:00")[:2] == ["01-01 a draft", "02-05 b to be made"]
    clinic.approve("2029-12-30 10:00")
    clinic.skip("2029-12-30 10:00", "2030-02-05")
    assert contents(clinic, "2029-12-30 11:00") == [
        "01-01 a scheduled",
        "02-05 - skipped",
        "03-05 b to be made",
        "04-02 - to be made",
        "05-07 - to be made",
    ]


def test_series_on_one_list_share_its_articles_in_the_order_in_which_they_are_made(clinic: Clinic) -> None:
    clinic.articles("a", "b", "c", "d")
    clinic.series("2029-12-10 08:00")
    clinic.series("2029-12-10 08:00", slug="more", when="third tuesday 09:00")
    clinic.series("2029-12-10 08:00", slug="early", when="31st 09:00", days_ahead=40)
    assert contents(clinic, "2029-12-10 09:00", "early")[:3] == [
        "12-31 a to be made",
        "01-31 c to be made",
        "02-28 - to be made",
    ]
    assert contents(clinic, "2029-12-10 09:00")[:2] == ["01-01 d to be made", "02-05 - to be made"]
    assert contents(clinic, "2029-12-10 09:00", "more")[0] == "12-18 b to be made"


def test_what_is_foreseen_is_what_comes(clinic: Clinic) -> None:
    clinic.articles("a", "b", "c", "d", "e", "f", "g")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.series("2029-12-10 08:00", slug="more", when="every 2 weeks on monday 09:00", days_ahead=1)
    foreseen = {
        (x.date, slug): x.article.slug
        for slug in ("tips", "more")
        for x in clinic.ahead("2029-12-10 09:00", 4, slug)
        if x.article and x.at < at("2030-02-06 00:00")
    }
    for days in range(58):
        clinic.tick(at("2029-12-10 08:00") + timedelta(days=days))
    assert len(foreseen) == 6
    assert {x.slug: clinic.article_of(x.slug) for x in clinic.campaigns()} == {
        f"{slug}-{day}": article for (day, slug), article in foreseen.items()
    }


def test_staff_are_told_seven_three_and_one_days_ahead_and_when_it_is_over(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    clinic.series("2029-12-10 08:00")
    told = []
    with caplog.at_level(logging.WARNING, logger="campaigns.series.make"):
        for day in range(20, 32):
            for hour in (1, 9, 15):
                caplog.clear()
                clinic.tick(f"2029-12-{day} {hour:02}:00")
                told += [f"12-{day} {hour}"] * len(caplog.records)
                days = [need.days for need in clinic.needs(f"2029-12-{day} {hour:02}:00")]
                assert days == ([7] if 25 <= day < 29 else [3] if 29 <= day < 31 else [1] if day == 31 else [])
        caplog.clear()
        clinic.tick("2030-01-01 08:00")
        clinic.tick("2030-01-01 08:01")
    assert told == ["12-25 1", "12-29 1", "12-31 1"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert [need.days for need in clinic.needs("2030-01-01 08:01")] == [0]


def test_what_all_dates_of_a_week_lack_is_one_piece_of_news_of_the_first(clinic: Clinic) -> None:
    clinic.articles("a")
    clinic.series("2029-12-30 08:00", when="every day 09:00")
    found = [(f"{need.date:%m-%d}", need.days, need.sentence) for need in clinic.needs("2029-12-30 09:00")]
    assert found == [
        (
            "01-01",
            3,
            "The series tips on Tuesday 1 January 2030 09:00 Europe/Berlin, and on 5 later dates: no article is left "
            "that tips has not had; add one with: tipsheet article add",
        )
    ]
    clinic.articles("b", "c", "d", "e", "f")
    (need,) = clinic.needs("2029-12-30 09:00")
    assert (f"{need.date:%m-%d}", "later" in need.sentence) == ("01-06", False)


def test_that_a_campaign_waits_is_told_when_it_is_made_and_over_when_it_is_approved(clinic: Clinic) -> None:
    clinic.articles("a")
    clinic.series("2029-12-10 08:00")
    clinic.tick("2029-12-25 08:00")
    assert clinic.needs("2029-12-25 08:00") == []
    clinic.tick("2029-12-27 08:00")
    (need,) = clinic.needs("2029-12-27 08:00")
    assert need.sentence == (
        "The series tips on Tuesday 1 January 2030 09:00 Europe/Berlin: tips-2030-01-01 waits for approval; look at it "
        "with: tipsheet campaign preview tips-2030-01-01, and approve it with: tipsheet series approve tips"
    )
    clinic.approve("2029-12-28 08:00")
    assert clinic.needs("2029-12-28 08:00") == []


def test_a_date_that_is_left_out_sends_nothing_and_frees_its_article(clinic: Clinic) -> None:
    clinic.articles("a")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-30 08:00")
    assert str(clinic.skip("2029-12-30 09:00")) == "2030-01-01"
    clinic.tick("2030-01-01 08:00")
    assert clinic.launched() == []
    assert clinic.needs("2030-01-01 08:00") == []
    clinic.tick("2030-02-05 07:00")
    clinic.tick("2030-02-05 08:00")
    assert clinic.launched() == ["tips-2030-02-05 02-05 08:00"]


def test_leaving_out_takes_the_next_that_is_still_to_go(clinic: Clinic) -> None:
    clinic.series("2029-12-10 08:00")
    assert str(clinic.skip("2029-12-10 09:00", "2030-02-05")) == "2030-02-05"
    assert [str(clinic.skip("2029-12-10 09:00")) for _ in range(2)] == ["2030-01-01", "2030-03-05"]
    with pytest.raises(Refused, match="told before to leave out Tuesday 5 February 2030"):
        clinic.skip("2029-12-10 09:00", "2030-02-05")
    with pytest.raises(
        Refused, match="Wednesday 2 January 2030 is no date of tips; its next are 2030-01-01, 2030-02-05"
    ):
        clinic.skip("2029-12-10 09:00", "2030-01-02")


def test_what_has_begun_to_leave_is_not_left_out(clinic: Clinic) -> None:
    clinic.articles("a")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-30 08:00")
    clinic.tick("2030-01-01 08:00")
    with pytest.raises(Refused, match="has begun to leave; stop what is left of it with: tipsheet campaign cancel"):
        clinic.skip("2030-01-01 08:01", "2030-01-01")


def test_a_missed_date_is_settled_by_leaving_it_out(clinic: Clinic) -> None:
    clinic.series("2029-12-10 08:00")
    clinic.tick("2029-12-30 08:00")
    clinic.tick("2030-01-01 08:00")
    assert len(clinic.needs("2030-01-01 08:01")) == 1
    clinic.skip("2030-01-01 08:02", "2030-01-01")
    assert clinic.needs("2030-01-01 08:03") == []


def test_approving_makes_what_the_service_has_not_made_yet(clinic: Clinic) -> None:
    clinic.articles("a")
    clinic.series("2029-12-10 08:00")
    with pytest.raises(Refused, match="Nothing of tips waits for approval; see: tipsheet series next tips"):
        clinic.approve("2029-12-20 08:00")
    assert clinic.approve("2029-12-30 08:00") == "tips-2030-01-01"
    with pytest.raises(Refused, match="Nothing of tips waits"):
        clinic.approve("2029-12-30 08:01")


def test_a_series_added_on_its_day_begins_with_what_is_still_to_come(clinic: Clinic) -> None:
    clinic.series("2030-01-01 07:59", slug="before")
    clinic.series("2030-01-01 08:00", slug="after")
    assert str(clinic.ahead("2030-01-01 07:59", slug="before")[0].date) == "2030-01-01"
    assert str(clinic.ahead("2030-01-01 08:00", slug="after")[0].date) == "2030-02-05"
    clinic.tick("2030-01-01 08:01")
    assert [slug for slug, _ in clinic.rows()] == ["before"]
