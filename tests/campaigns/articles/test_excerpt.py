from __future__ import annotations

import pytest

from campaigns.articles.blocks import Block, block_of
from campaigns.articles.excerpt import KeyPoint, excerpt, linked_as_in
from campaigns.articles.runs import Run
from campaigns.articles.source import read_bytes


def paragraph(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def heading(text: str, level: int = 2) -> Block:
    return Block(kind="heading", level=level, text=text)


def bullets(*items: str) -> Block:
    return Block(kind="list", items=items)


def test_a_lead_takes_the_sentences_that_fit() -> None:
    blocks = [paragraph("One two three. Four five six. Seven eight nine."), paragraph("Ten.")]

    assert excerpt(blocks, 6).lead == "One two three. Four five six."
    assert excerpt(blocks, 8).lead == "One two three. Four five six."
    assert excerpt(blocks, 10).lead == "One two three. Four five six. Seven eight nine.\n\nTen."


def test_a_lead_stops_at_the_first_heading() -> None:
    assert excerpt([paragraph("One two."), heading("Why"), paragraph("Three four.")]).lead == "One two."


def test_a_lead_begins_below_headings_bylines_and_pictures() -> None:
    blocks = [
        heading("Introduction"),
        paragraph("By Robin Larkfield"),
        Block(kind="image", url="https://example.com/a.png", alt="A knee"),
        paragraph("One two."),
    ]

    assert excerpt(blocks).lead == "One two."


def test_a_lead_does_not_end_with_words_that_lead_on() -> None:
    assert excerpt([paragraph("Knees matter. Here is why:"), bullets("a", "b")]).lead == "Knees matter."


def test_a_sentence_over_the_budget_ends_at_a_clause() -> None:
    long = paragraph("When the hip gives up at kilometre ten, the knee has to do the work of two joints alone.")

    assert excerpt([long], 12).lead == "When the hip gives up at kilometre ten…"
    assert excerpt([long], 6).lead == "When the hip gives up at…"
    assert excerpt([long], 40).lead == long.text


def test_a_lead_is_never_the_offer() -> None:
    blocks = [heading("Monthly Offer: Gait Check"), paragraph("Come in."), heading("Why"), paragraph("Knees matter.")]

    assert excerpt(blocks).lead == "Knees matter."


def test_an_article_without_paragraphs_has_what_lead_it_can() -> None:
    assert excerpt([bullets("one", "two")]).lead == ""
    assert excerpt([Block(kind="quote", text="Said she.")]).lead == "Said she."
    assert excerpt([]).minutes == 1


def test_the_reading_time_counts_every_word_at_230_a_minute() -> None:
    assert excerpt([paragraph("word " * 100)]).minutes == 1
    assert excerpt([paragraph("word " * 230), bullets("word " * 230), heading("word " * 230)]).minutes == 3


@pytest.mark.parametrize(
    ("section", "title"),
    [
        ("Common Causes of Back Pain", "2 Common Causes of Back Pain"),
        ("Exercises:", "2 Exercises"),
        ("Ways to Sit Less", "2 Ways to Sit Less"),
        ("2 Ways to Sit Less", "2 Ways to Sit Less"),
        ("Two Ways to Sit Less", "Two Ways to Sit Less"),
        ("The Causes of Back Pain", "The Causes of Back Pain"),
        ("Avoid Mistakes", "Avoid Mistakes"),
        ("How to Prevent Back Pain", "How to Prevent Back Pain"),
        ("What Helps?", "What Helps?"),
        ("Strengthen Your Hips", "Strengthen Your Hips"),
        ("COMMON CAUSES", "2 COMMON CAUSES"),
    ],
)
def test_a_group_counts_its_points_where_english_allows_it(section: str, title: str) -> None:
    blocks = [heading(section), heading("1. First One", 3), paragraph("Text."), heading("2. Second One:", 3)]

    assert excerpt(blocks).key_points == (KeyPoint(title, ("First One", "Second One")),)


def test_headings_under_a_section_are_points_without_numbers() -> None:
    blocks = [heading("Why"), heading("Feet", 3), paragraph("Text."), heading("Hips", 3), heading("Next")]

    assert excerpt(blocks).key_points == (KeyPoint("Why", ("Feet", "Hips")),)


def test_two_counts_on_one_level_are_named_by_the_headings_above_them() -> None:
    levels = [heading(t) for t in ("Causes", "1. Feet", "2. Hips", "Cures", "1. Rest", "2. Run", "Conclusion")]

    assert excerpt(levels).key_points == (
        KeyPoint("2 Causes", ("Feet", "Hips")),
        KeyPoint("Cures", ("Rest", "Run")),
    )


def test_lists_stand_in_where_no_group_is() -> None:
    blocks = [heading("Signs to Watch"), bullets("Pain", "Swelling"), bullets("alone"), bullets("w " * 30, "b")]

    assert excerpt(blocks).key_points == (KeyPoint("2 Signs to Watch", ("Pain", "Swelling")),)


def test_sections_stand_in_where_no_list_is() -> None:
    blocks = [heading(text) for text in ("Introduction", "Feet", "Hips", "Knees", "Conclusion")]

    assert excerpt(blocks).key_points == (KeyPoint("In this article", ("Feet", "Hips", "Knees")),)
    assert excerpt(blocks[:3]).key_points == ()


def test_an_offer_gives_no_points() -> None:
    blocks = [heading("Monthly Offer: Gait Check"), bullets("Film", "Talk"), heading("Why"), paragraph("Text.")]

    assert excerpt(blocks).key_points == ()


NOTES = Run("our notes", "https://example.com/notes")
OPENING = block_of("paragraph", (Run("Read "), NOTES, Run(" first. They say how, and "), NOTES, Run(" again.")))


@pytest.mark.parametrize(
    ("paragraph", "line"),
    [
        ("Read our notes first.", (Run("Read "), NOTES, Run(" first."))),
        ("Read our notes…", (Run("Read "), NOTES, Run("…"))),
        ("Read our…", (Run("Read our"), Run("…"))),
        (OPENING.text, OPENING.runs()[0]),
        ("Our notes are long.", (Run("Our notes are long."),)),
    ],
)
def test_the_lead_keeps_the_links_of_what_it_shows(paragraph: str, line: tuple[Run, ...]) -> None:
    assert linked_as_in((heading("Why"), Block("paragraph", "Read"), OPENING), paragraph) == line


def test_a_table_makes_no_key_points_and_so_its_head_never_is_one() -> None:
    table = "|When|What|\n|-|-|\n|Now|Walk|\n|Later|Rest|\n"
    read = read_bytes(f"# Sore Knees\n\nText is here.\n\n{table}".encode(), name="a.md", markdown=True)
    assert read.blocks[1].items == ("When – What", "Now – Walk", "Later – Rest")
    assert excerpt(read).key_points == ()
    listed = read_bytes(f"# Sore Knees\n\n{table}\n\nSo:\n\n- Walk\n- Rest\n".encode(), name="a.md", markdown=True)
    assert [point.items for point in excerpt(listed).key_points] == [("Walk", "Rest")]
