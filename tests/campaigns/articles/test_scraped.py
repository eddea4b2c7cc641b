"""Whole scraped texts against structures that were written by hand: a twin of the hard real case, eight variants,
and the real articles of a folder named by TIPSHEET_TEST_ARTICLES."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

import campaigns
from campaigns.articles.blocks import words, words_of
from campaigns.articles.excerpt import excerpt
from campaigns.articles.numbering import number_of
from campaigns.articles.sentences import ends_as_sentence, sentences
from campaigns.articles.source import ReadArticle, read_article
from tests.campaigns.articles.outline import outline

DATA = Path(__file__).parent / "data"
OWN = sorted(DATA.glob("*.txt"))
REAL = sorted(Path(os.environ.get("TIPSHEET_TEST_ARTICLES", DATA)).glob("*.txt"))
# The real article that the twin was made after: everything that is asserted of one holds for the other.
TWINS = [path for path in sorted({*OWN, *REAL}) if path.stem in ("knees", "back-pain-during-workouts")]


def read(path: Path) -> ReadArticle:
    return read_article(str(path), io.BytesIO())


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_a_scraped_text_has_the_structure_written_down_for_it(path: Path) -> None:
    assert outline(read(path)) == path.with_suffix(".expected").read_text("utf-8")


@pytest.mark.parametrize("path", sorted({*OWN, *REAL}), ids=lambda path: path.stem)
def test_every_word_is_there_once_and_in_order(path: Path) -> None:
    article = read(path)
    of_title = [] if any("no title" in warning for warning in article.warnings) else words(article.title)

    assert of_title + words_of(article.blocks) == words(path.read_text("utf-8"))


@pytest.mark.parametrize("path", sorted({*OWN, *REAL}), ids=lambda path: path.stem)
def test_no_heading_is_made_of_a_sentence(path: Path) -> None:
    written = [block.text for block in read(path).blocks if block.kind == "heading"]
    headings = [number.rest if (number := number_of(text)) else text for text in written]

    assert headings
    assert [text for text in headings if ends_as_sentence(text) and not text.endswith("?")] == []
    assert [text for text in headings if len(sentences(text)) > 1] == []


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_the_hard_case_keeps_its_groups_under_their_sections(path: Path) -> None:
    article = read(path)
    levels = [block.level for block in article.blocks if block.kind == "heading"]
    points = excerpt(article).key_points

    assert levels == [2, 3, 3, 3, 3, 3, 2, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2]
    assert [len(block.items) for block in article.blocks if block.kind == "list"] == [5, 6]
    assert [len(point.items) for point in points] == [5, 6]
    assert [point.title[:2] for point in points] == ["5 ", "6 "]


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_the_hard_case_keeps_its_offer_and_finds_the_phone_far_from_it(path: Path) -> None:
    article = read(path)
    source = path.read_text("utf-8")

    assert [f"Monthly Offer: {offer.title}" in source.splitlines() for offer in article.offers] == [True]
    assert f"call {article.phone} to " in source
    assert article.offers[0].phone == article.phone
    assert article.phone not in article.offers[0].body
    assert article.offers[0].body.count("\n\n") == 2
    assert article.offers[0].url == ""
    assert f"{article.offers[0].cta}!" in source.splitlines()


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_the_hard_case_has_no_title_and_is_given_one_with_a_warning(path: Path) -> None:
    article = read(path)

    assert article.title == next(block.text for block in article.blocks if block.kind == "heading")
    assert [warning.rpartition("set a better one")[2] for warning in article.warnings] == [" with --title."]


def test_the_example_article_has_all_that_a_mail_needs() -> None:
    example = read(Path(campaigns.__path__[0]) / "examples" / "article.txt")

    assert outline(example).splitlines()[:5] == [
        "title: How to Garden All Weekend and Still Get Up on Monday",
        "phone: 555-0100",
        "offer: Free Movement Check | 555-0100 | https://example.com/movement-check"
        " | Book Your Free Movement Check Today | 3 paragraphs",
        "key points: 5 Common Reasons for Gardener’s Back | Starting Too Big | Staying Bent for Too Long"
        " | Lifting Far From the Body | Using the Wrong Tools | Forgetting to Drink",
        "key points: 4 Simple Ways to Keep Digging | Warm Up Like an Athlete | Change the Job Every Twenty Minutes"
        " | Bring the Load to You | Kneel on One Knee",
    ]
    assert example.warnings == ()


def test_the_variants_cover_what_scraped_articles_differ_in() -> None:
    variants = "all_caps bullets crlf no_offer numbering offer_last one_line_paragraphs questions"

    assert {path.stem for path in OWN} == {"knees", *variants.split()}
    assert (DATA / "crlf.txt").read_bytes().count(b"\r\n") > 10
