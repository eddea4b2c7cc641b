"""The text part: written from the same cards, laid out for reading."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.mail import TEMPLATES, mail
from tests.support.sample import ARTICLE, BRAND, LINKS, LIST, NOBODY, OFFER, sample_names

WIDEST = 78


def test_it_says_what_the_html_says_in_the_same_order() -> None:
    text = " ".join(mail()[1].split())
    said = [BRAND.name.upper(), "Hello Ada,", ARTICLE.title, "6-minute read", *ARTICLE.lead]
    for group in ARTICLE.key_points:
        said += [group.title, *(f"{n}. {item}" for n, item in enumerate(group.items, 1))]
    said += [ARTICLE.url, OFFER.title, *OFFER.paragraphs, OFFER.cta_label, OFFER.cta_url, OFFER.phone]
    said += [f"Valid until {OFFER.valid_until}", OFFER.terms, LIST.name, LINKS["unsubscribe"], BRAND.address]
    places = [text.index(part, 0) if n < 2 else text.find(part) for n, part in enumerate(said)]
    assert -1 not in places


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_line_that_we_lay_out_is_wider_than_a_terminal(template: str) -> None:
    long = "A title that somebody wrote without ever thinking of the poor line that has to carry it to the end"
    changed = sample_names(
        article=replace(ARTICLE, title=long, lead=(long * 3,)), offer=replace(OFFER, title=long, terms=long * 2)
    )
    for text in (mail(template=template)[1], mail(changed, template=template)[1]):
        assert [line for line in text.splitlines() if len(line) > WIDEST and "https://" not in line] == []


def test_a_long_point_is_indented_under_its_own_words() -> None:
    point = "Step down slowly from a low stair, three times eight, and hold the rail with one hand only if you must"
    group = replace(ARTICLE.key_points[0], items=(point,))
    text = mail(sample_names(article=replace(ARTICLE, key_points=(group,))))[1]
    first, second = (line for line in text.splitlines() if line.strip() and line.strip() in f"1. {point}")
    assert first.startswith("  1. Step")
    assert second.startswith("     ")


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("absent", ["article", "offer"])
def test_what_a_mail_lacks_leaves_no_trace(absent: str, template: str) -> None:
    text = mail(sample_names(**{absent: None}), template=template)[1]
    assert "None" not in text
    assert "\n\n\n" not in text
    assert (ARTICLE.url in text) is (absent == "offer")
    assert ("THIS MONTH’S OFFER" in text) is (absent == "article")


@pytest.mark.parametrize("template", TEMPLATES)
def test_sparse_cards_leave_no_empty_labels(template: str) -> None:
    text = mail(
        sample_names(
            brand=replace(BRAND, phone="", privacy_url=""),
            article=replace(ARTICLE, url="", minutes=0, key_points=()),
            offer=replace(OFFER, cta_url="", phone="", valid_until="", terms=""),
        ),
        template=template,
    )[1]
    assert not {"Read the whole article:", "Valid until", "Privacy:", "Phone", "call us"} & set(text.splitlines())
    assert "\n\n\n" not in text
    assert "0-minute" not in text


def test_nothing_is_escaped_and_nobody_is_left_nameless() -> None:
    text = mail(sample_names(offer=replace(OFFER, title='Knees & hips: "free" <check>')), subscriber=NOBODY)[1]
    assert 'Knees & hips: "free" <check>' in text
    assert "Hello there," in text
    assert text.endswith("\n")
