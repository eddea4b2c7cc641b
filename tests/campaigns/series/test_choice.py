"""Which article and which offer a date gets."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from campaigns.drafts import Draft, add_campaign
from campaigns.series.choice import next_articles, valid_offer
from tests.campaigns.series.clinic import ROBIN, Clinic, at

NOON = "2030-01-01 11:00"  # in Berlin


def offer_at(clinic: Clinic, instant: str) -> str | None:
    with clinic.db.read() as s:
        found = valid_offer(s, at(instant))
    return found.slug if found else None


@pytest.mark.parametrize(
    ("start", "end", "zone", "valid"),
    [
        (None, None, "Europe/Berlin", True),
        ("2030-01-01", "2030-01-01", "Europe/Berlin", True),
        ("2030-01-02", None, "Europe/Berlin", False),
        (None, "2029-12-31", "Europe/Berlin", False),
        ("2030-01-01 00:01", None, "Europe/Berlin", False),
        (None, "2030-01-01 23:59", "Europe/Berlin", False),
        (None, "2030-01-02 00:00", "Europe/Berlin", True),
        # It is 00:00 on the 2nd in Auckland, and 03:00 on the 1st in Los Angeles.
        ("2030-01-01", "2030-01-01", "Pacific/Auckland", False),
        ("2030-01-02", "2030-01-02", "Pacific/Auckland", True),
        ("2030-01-01", "2030-01-01", "America/Los_Angeles", True),
        ("2030-01-01 03:00", None, "America/Los_Angeles", False),
    ],
)
def test_an_offer_has_to_hold_all_of_that_day_in_its_own_zone(
    start: str | None, end: str | None, zone: str, valid: bool, clinic_on_both: Clinic
) -> None:
    clinic_on_both.offer("check", start, end, zone)
    assert offer_at(clinic_on_both, NOON) == ("check" if valid else None)


def test_an_offer_that_ends_within_the_hour_is_not_chosen_as_launch_would_refuse_it(clinic: Clinic) -> None:
    clinic.offer("check", None, "2030-01-01")
    assert offer_at(clinic, "2030-01-01 21:59") == "check"
    assert offer_at(clinic, "2030-01-01 22:00") is None


def test_of_several_offers_the_one_that_ends_first_is_chosen(clinic: Clinic) -> None:
    clinic.offer("always")
    clinic.offer("long", None, "2030-03-31")
    clinic.offer("short", None, "2030-01-31")
    clinic.offer("same", None, "2030-01-31")
    clinic.offer("over", None, "2029-12-31")
    assert offer_at(clinic, NOON) == "short"
    assert offer_at(clinic, "2030-02-05 08:00") == "long"
    assert offer_at(clinic, "2030-05-05 08:00") == "always"


def left(clinic: Clinic) -> list[str]:
    with clinic.db.read() as s:
        return [piece.slug for piece in next_articles(s, 1)]


def test_articles_go_by_the_day_they_were_published_else_added(clinic_on_both: Clinic) -> None:
    clinic = clinic_on_both
    clinic.articles("a", "b", "c")
    with clinic.db.write() as s:
        s.execute(text("UPDATE article_origins SET published = '2019-05-01' WHERE article_id = 2"))
    assert left(clinic) == ["b", "a", "c"]


def test_an_article_is_held_by_a_draft_and_free_again_when_that_is_cancelled_before_it_left(clinic: Clinic) -> None:
    clinic.articles("a", "b")
    for list_slug, article in (("tips", "a"), ("news", "b")):
        with clinic.db.write() as s:
            if list_slug == "news":
                clinic.another_list(s, list_slug)
            draft = Draft(f"by-hand-{article}", list_slug, "Hello", "monthly-tips", article=article)
            add_campaign(s, draft, actor="robin")
    assert left(clinic) == ["b"]
    clinic.decide("cancel", "by-hand-a", "2030-01-01 10:00")
    assert left(clinic) == ["a", "b"]


def test_the_draft_to_cancel_is_one_that_would_set_its_article_free(clinic: Clinic) -> None:
    def advice() -> str:
        return clinic.ahead("2030-01-01 09:00")[0].lacks.removeprefix("no article is left that tips has not had; ")

    clinic.articles("a", "b")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-30 08:00")
    clinic.tick("2030-01-01 08:00")  # a was mailed
    for slug, article in (("again", "a"), ("held", "b")):
        with clinic.db.write() as s:
            add_campaign(s, Draft(slug, "tips", "Hello", "monthly-tips", article=article), actor="robin")
    assert advice() == "add one with: tipsheet article add, or cancel the draft held, which holds one"
    with clinic.db.write() as s:
        add_campaign(s, Draft("too", "tips", "Hello", "monthly-tips", article="b"), actor="robin")
    assert advice() == "add one with: tipsheet article add"  # cancelling one of two is no use
    clinic.decide("cancel", "held", "2030-01-01 10:00")
    assert advice().endswith("or cancel the draft too, which holds one")


def test_an_article_that_was_mailed_in_part_was_mailed(clinic: Clinic) -> None:
    clinic.articles("a", "b")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-30 08:00")
    clinic.tick("2030-01-01 08:00")
    clinic.decide("cancel", "tips-2030-01-01", "2030-01-01 08:01")
    assert left(clinic) == ["b"]


def test_a_title_that_looks_like_code_stays_text(clinic: Clinic) -> None:
    clinic.articles("{{ brand.name }} knees")
    clinic.series("2029-12-10 08:00", approval="not")
    clinic.tick("2029-12-30 08:00")
    (made,) = clinic.campaigns()
    assert made.subject == "{{ article.title }}"
    assert clinic.subject_sent(made.slug) == "About {{ brand.name }} knees"


def test_a_subject_of_its_own_may_name_the_article(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.series("2029-12-10 08:00", subject="This month: {{ article.title }}")
    clinic.tick("2029-12-30 08:00")
    clinic.approve("2029-12-30 08:01", by=ROBIN)
    assert clinic.subject_sent("tips-2030-01-01") == "This month: About knees"


def test_without_the_offer_it_wants_a_series_makes_nothing(clinic: Clinic) -> None:
    clinic.articles("knees")
    clinic.offer("late", "2030-01-02")
    clinic.series("2029-12-10 08:00", offer="required", approval="not")
    clinic.tick("2029-12-30 08:00")
    assert clinic.campaigns() == []
    (need,) = clinic.needs("2029-12-30 08:00")
    assert need.lacks == "no offer is valid the whole of that day; add one with: tipsheet offer add"
    clinic.offer("now", "2030-01-01")
    clinic.tick("2029-12-30 09:00")
    (made,) = clinic.campaigns()
    assert made.offer_id == 2
