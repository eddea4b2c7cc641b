"""Whole scraped texts against structures that were written by hand: a twin of the hard real case, eight variants,
and the real articles of a folder named by TIPSHEET_TEST_ARTICLES."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from campaigns.articles.blocks import words, words_of
from campaigns.articles.numbering import number_of
from campaigns.articles.sentences import ends_as_sentence, sentences
from campaigns.articles.source import ReadArticle, read_article
from tests.campaigns.articles.outline import outline

DATA = Path(__file__).parent / "data"
OWN = sorted(DATA.glob("*.txt"))
REAL = sorted(Path(os.environ.get("TIPSHEET_TEST_ARTICLES", DATA)).glob("*.txt"))


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


def test_the_variants_cover_what_scraped_articles_differ_in() -> None:
    variants = "all_caps bullets crlf no_offer numbering offer_last one_line_paragraphs questions"

    assert {path.stem for path in OWN} == {"knees", *variants.split()}
    assert (DATA / "crlf.txt").read_bytes().count(b"\r\n") > 10
