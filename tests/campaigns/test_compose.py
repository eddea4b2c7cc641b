"""The cards, and the few words that are derived from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.articles.excerpt import Excerpt, KeyPoint
from campaigns.compose import (
    PREHEADER_LONGEST,
    PREHEADER_SHORTEST,
    ArticleCard,
    CampaignCard,
    OfferCard,
    article_card,
    last_day,
    names,
    paragraphs,
    phone_href,
    preheader,
    shortened,
)
from tests.support.sample import ARTICLE, BRAND, CAMPAIGN, LIST, OFFER


def test_a_template_gets_each_card_under_its_name() -> None:
    given_names = names(BRAND, LIST, CAMPAIGN, ARTICLE, OFFER)
    assert set(given_names) == {"brand", "theme", "list", "campaign", "article", "offer"}
    assert given_names["article"] is ARTICLE
    assert given_names["campaign"].preheader.startswith("Going up is work.")


def test_names_exist_for_what_a_campaign_does_not_have() -> None:
    given_names = names(BRAND, LIST, CAMPAIGN, None, OFFER)
    assert given_names["article"] is None
    assert given_names["campaign"].preheader.startswith("Bring your knees")


def test_a_given_preheader_is_kept_as_written() -> None:
    assert preheader(replace(CAMPAIGN, preheader="  Two habits\nto drop "), ARTICLE, OFFER) == "Two habits to drop"


@pytest.mark.parametrize("repeated", [CAMPAIGN.subject, CAMPAIGN.subject.upper() + "!"])
def test_a_preheader_that_repeats_the_subject_gives_way_to_the_lead(repeated: str) -> None:
    assert preheader(replace(CAMPAIGN, preheader=repeated), ARTICLE, OFFER).startswith("Going up is work.")


def test_a_lead_that_opens_with_the_subject_is_passed_over() -> None:
    article = ArticleCard("T", ("Knees on the stairs", "They carry more than they look, every single day."))
    said = preheader(CampaignCard("Knees on the stairs"), article, None)
    assert said == "They carry more than they look, every single day."


def test_a_short_lead_is_filled_up_with_what_follows() -> None:
    said = preheader(CAMPAIGN, ArticleCard("T", ("Knees talk.",)), OFFER)
    assert said.startswith("Knees talk. Bring your knees and your questions.")
    assert PREHEADER_SHORTEST <= len(said) <= PREHEADER_LONGEST


def test_a_mail_that_says_nothing_has_no_preheader() -> None:
    assert preheader(CAMPAIGN, None, None) == ""


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=20), min_size=30, max_size=60))
def test_a_long_text_is_cut_at_a_word_between_the_bounds(words: list[str]) -> None:
    cut = shortened(" ".join(words))
    assert PREHEADER_SHORTEST <= len(cut) <= PREHEADER_LONGEST or len(" ".join(words)) <= PREHEADER_LONGEST
    assert cut.rstrip("…").split() == words[: len(cut.rstrip("…").split())]


def test_a_text_is_cut_after_a_sentence_where_that_fills_enough() -> None:
    text = "The first sentence is long enough to stand alone here. The second one runs on and on, " + "far " * 20
    assert shortened(text) == "The first sentence is long enough to stand alone here."


def test_one_endless_word_is_cut_and_still_fits() -> None:
    assert len(shortened("x" * 500)) <= PREHEADER_LONGEST


@pytest.mark.parametrize(
    ("phone", "href"),
    [
        ("(408) 555-0142", "tel:4085550142"),
        ("408 555 0142", "tel:4085550142"),
        ("+1 408-555-0142", "tel:+14085550142"),
        ("+44 (0)20 7946 0958", "tel:+442079460958"),
        ("(020) 7946 0958", "tel:02079460958"),
        ("408-555-0142 ext. 7", "tel:4085550142"),
        ("408-555-0142 x7", "tel:4085550142"),
        ("", ""),
        ("ask at the desk", ""),
    ],
)
def test_a_phone_number_becomes_a_link_of_digits(phone: str, href: str) -> None:
    assert phone_href(phone) == href
    assert OfferCard("T", phone=phone).phone_href == replace(BRAND, phone=phone).phone_href == href


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (datetime(2027, 1, 1, 8, 0, tzinfo=UTC), "31 December 2026"),  # midnight there
        (datetime(2027, 1, 1, 7, 59, 59, tzinfo=UTC), "31 December 2026"),
        (datetime(2026, 12, 31, 22, 30, tzinfo=UTC), "31 December 2026, 14:30"),
    ],
)
def test_the_last_day_is_said_as_people_in_the_offers_zone_say_it(until: datetime, words: str) -> None:
    assert last_day(until, "America/Los_Angeles") == words


def test_a_lead_is_split_at_empty_lines_only() -> None:
    assert paragraphs("One\nline.\n \n\nTwo.\n") == ("One line.", "Two.")


def test_an_excerpt_becomes_the_articles_card() -> None:
    points = (KeyPoint("Causes", ("One", "Two")),)
    card = article_card("Title", "https://example.com/a", Excerpt("First.\n\nSecond.", points, 4))
    assert (card.lead, card.key_points, card.minutes) == (("First.", "Second."), points, 4)
