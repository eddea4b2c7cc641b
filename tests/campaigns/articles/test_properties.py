"""What holds for any text, however odd: every word once and in order, plain text only, no error but ours."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.errors import BadInput
from campaigns.articles.blocks import Block, words, words_of
from campaigns.articles.encoding import read_text
from campaigns.articles.excerpt import excerpt
from campaigns.articles.source import ReadArticle, read_bytes

# Lines such as articles have, so that the rules meet each other in every order.
LINES = st.sampled_from(
    [
        "",
        "Common Reasons for Sore Knees",
        "COMMON REASONS",
        "Common reasons for sore knees",
        "Why does it hurt?",
        "1. Too Much Too Soon",
        "1. Stand up straight.",
        "2. Tired Hips",
        "3) Worn Shoes",
        "Step 1: Warm Up",
        "Step 2: Run",
        "I. The Hop Test",
        "II. The Heel Raise",
        "First, sit down.",
        "Second, stand up.",
        "1️⃣ Walk",
        "2️⃣ Run",
        "- Pain at night.",
        "- Swelling",
        "✔ We look for the reason",
        "• Stiff backs",
        "👉 Try it",
        "  and a line that is set in",
        "> Somebody said so.",
        "Monthly Offer: Free Gait Check",
        "Special Offer",
        "This month everyone gets a look. Reserve at https://example.com/a.",
        "Call 555-0100 to choose a time.",
        "Book Now",
        "A paragraph that says something at length, for example that knees like motion. It has two sentences.",
        "What you will need:",
        "Read Also – How to Run",
        "By Robin Larkfield",
        "---",
        "***",
        "<b>bold</b> & {{ 7*7 }}",
    ]
)
WORDS = st.text(alphabet="abcdefgh ÄÖü&.,", min_size=3).filter(lambda text: text[0].isalpha())
ARTICLES = st.lists(st.one_of(LINES, LINES, st.text(max_size=60)), max_size=30).map("\n".join)


def read(text: str, *, markdown: bool = False) -> ReadArticle | None:
    article = read_or_refuse(text.encode(), markdown=markdown)
    return None if isinstance(article, str) else article


def read_or_refuse(data: bytes, *, markdown: bool) -> ReadArticle | str:
    try:
        return read_bytes(data, name="a.txt", markdown=markdown)
    except BadInput as refusal:
        return refusal.sentence


def is_proposed(article: ReadArticle) -> bool:
    return any("no title" in warning for warning in article.warnings)


@given(ARTICLES)
@example("First: a\nSecond: b\n\nMore words here.")
def test_every_word_of_a_plain_text_is_there_once_and_in_order(text: str) -> None:
    article = read(text)
    if article:
        of_title = [] if is_proposed(article) else words(article.title)
        assert of_title + words_of(article.blocks) == words(read_text(text.encode(), "a.txt")[0])


@given(st.lists(st.tuples(st.sampled_from(["", "## ", "- ", "1. ", "> ", "### "]), WORDS), min_size=1, max_size=12))
def test_every_word_of_a_markdown_text_is_there_once_and_in_order(parts: list[tuple[str, str]]) -> None:
    written = "\n\n".join(mark + text for mark, text in parts)

    article = read_bytes(written.encode(), name="a.md", markdown=True, title="Given")

    marked = [word for mark, text in parts for word in words(text)]
    assert [word for word in words_of(article.blocks) if not word.isdigit()] == marked


@given(ARTICLES, st.booleans())
def test_blocks_hold_single_lines_without_hidden_characters(text: str, markdown: bool) -> None:
    article = read(text, markdown=markdown)
    for block in article.blocks if article else ():
        assert Block.from_dict(block.to_dict()) == block
        assert block.text or block.items or block.url
        for line in (*block.lines(), block.alt):
            assert line == " ".join(line.split())
            assert [char for char in line if unicodedata.category(char) == "Cc"] == []


@given(ARTICLES, st.booleans(), st.integers(min_value=1, max_value=80))
def test_a_lead_keeps_its_budget_and_ends_at_an_end(text: str, markdown: bool, budget: int) -> None:
    article = read(text, markdown=markdown)
    if article:
        shown = excerpt(article, budget)
        assert len(shown.lead.split()) <= budget
        assert shown.minutes >= 1
        assert all(point.title and len(point.items) > 1 and all(point.items) for point in shown.key_points)


@given(ARTICLES, st.booleans())
def test_offers_take_their_words_from_the_article(text: str, markdown: bool) -> None:
    article = read(text, markdown=markdown)
    if article:
        said = set(words_of(article.blocks)) | set(words(article.title))
        for offer in article.offers:
            assert offer.title
            assert set(words(f"{offer.title} {offer.body} {offer.cta}")) <= said


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused_in_one_sentence(data: bytes, markdown: bool) -> None:
    article = read_or_refuse(data, markdown=markdown)

    assert "\n" not in article if isinstance(article, str) else article.blocks


PIECES = ["a", "a.", "a. ", "1. ", "....", ". . ", "-", "- ", "– x ", "((((", "1 555 ", "555-", "+1 ", "<a ", "e.g. "]
PIECES += ["…x", "A ", "5.", "?)", "\u200d", "I. ", "First, ", "[a](", "> "]


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_row_of_anything_is_read_in_one_go(piece: str) -> None:
    """Nothing here measures time: a rule that grows with the square of a text would not come back at all."""
    article = read(piece * (100_000 // len(piece)) + " words")

    assert article is None or excerpt(article).minutes >= 1
