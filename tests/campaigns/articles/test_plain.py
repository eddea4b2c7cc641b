"""Rules about single lines and their neighbours; whole texts are in test_scraped.py."""

from __future__ import annotations

from campaigns.articles.blocks import Block
from campaigns.articles.plain import read_plain

BODY = "A paragraph that says something at length, and then says a little more of it."


def read(*lines: str, title: str = "Given") -> list[str]:
    return [_short(block) for block in read_plain("\n".join(lines), title=title).blocks]


def _short(block: Block) -> str:
    if block.kind == "heading":
        return f"h{block.level} {block.text}"
    return f"list {len(block.items)}" if block.kind == "list" else f"{block.kind[0]} {block.text}"


def test_a_heading_needs_text_under_it() -> None:
    assert read("Sore Knees", BODY) == ["h2 Sore Knees", f"p {BODY}"]
    assert read(BODY, "Sore Knees") == [f"p {BODY}", "p Sore Knees"]


def test_a_short_line_that_nobody_ended_heads_only_what_says_more_than_it_does() -> None:
    assert read("Why walking helps", BODY)[0] == "h2 Why walking helps"
    assert read(BODY, "Every Tuesday at six", "Meet at the mill.")[1] == "p Every Tuesday at six"


def test_a_section_may_open_with_a_heading_of_its_own() -> None:
    assert read("Sore Knees", "Why It Hurts", BODY)[:2] == ["h2 Sore Knees", "h2 Why It Hurts"]


def test_of_a_long_row_of_heading_like_lines_only_the_last_is_one() -> None:
    assert read("Other Articles", "Sore Backs", "Sore Feet", "Sore Hips", "Next Part", BODY)[:5] == [
        "p Other Articles", "p Sore Backs", "p Sore Feet", "p Sore Hips", "h2 Next Part"
    ]  # fmt: skip


def test_a_name_and_what_the_person_does_are_no_heading() -> None:
    assert read(BODY, "Robin Larkfield", "Physiotherapist")[1:] == ["p Robin Larkfield", "p Physiotherapist"]


def test_numbered_lines_with_text_between_them_are_headings_and_without_a_list() -> None:
    assert read("1. Feet", BODY, "2. Hips", BODY)[::2] == ["h2 1. Feet", "h2 2. Hips"]
    assert read("1. Feet", "2. Hips", BODY)[0] == "list 2"


def test_numbered_sentences_are_never_headings() -> None:
    assert read("1. Look at your feet.", BODY, "2. Look at your hips.", BODY)[0] == "p 1. Look at your feet."


def test_numbered_paragraphs_of_an_essay_stay_paragraphs() -> None:
    long = "and so on, " * 20 + "to the end."

    assert read(f"First, {long}", f"Second, {long}", f"Finally, {long}") == [
        f"p First, {long}", f"p Second, {long}", f"p Finally, {long}"
    ]  # fmt: skip


def test_bulleted_lines_with_text_between_them_are_headings() -> None:
    assert read("Why It Hurts", "• Feet", BODY, "• Hips", BODY)[1::2] == ["h3 Feet", "h3 Hips"]


def test_one_dash_makes_no_list_and_keeps_its_dash() -> None:
    assert read(BODY, "– Robin Larkfield, who should know")[1] == "p – Robin Larkfield, who should know"
    assert read("Bring these:", "- shoes")[1] == "list 1"


def test_another_mark_begins_another_list() -> None:
    assert read("- a", "- b", "✔ c", "✔ d") == ["list 2", "list 2"]


def test_blank_lines_do_not_end_a_list() -> None:
    assert read("- a", "", "- b", "", "", "- c") == ["list 3"]


def test_an_emoji_may_open_a_heading() -> None:
    assert read("🎉 Something New Here", BODY)[0] == "h2 🎉 Something New Here"


def test_quoted_lines_are_one_quote() -> None:
    assert read("> Said one,", "> and two.", BODY)[0] == "q Said one, and two."


def test_lines_that_open_alike_are_entries() -> None:
    assert read("Monday: Open Late", "Tuesday: Open Late", BODY)[0] == "h2 Monday: Open Late"
    assert read("Read Also – Sore Backs", "Read Also – Sore Feet", BODY)[:2] == [
        "p Read Also – Sore Backs", "p Read Also – Sore Feet"
    ]  # fmt: skip


def test_wrapped_lines_are_one_paragraph_again() -> None:
    assert read(
        "A mail program breaks its lines at some seventy characters, wherever that",
        "is, and a reader wants the paragraph back. Nobody should have to see where",
        "the margin was. That holds for letters, too. Even where a line happens to",
        "end with a sentence, the next one belongs to it if it would not have fit.",
        "",
        "The last line is short.",
        "  Set in or not.",
    )[0].endswith("have fit.")


def test_a_heading_above_a_numbered_group_is_not_taken_for_the_title() -> None:
    group = ["1. Feet", BODY, "2. Hips", BODY]

    assert read_plain("\n".join(["Causes", *group]), title="").title == "Causes"
    assert read_plain("\n".join(["Causes", *group, "Cures", BODY]), title="").title == ""


def test_parts_that_every_article_has_and_offers_are_no_titles() -> None:
    for line in ("Introduction", "Conclusion:", "Monthly Offer: Gait Check"):
        assert read_plain(f"{line}\n{BODY}", title="").title == ""
