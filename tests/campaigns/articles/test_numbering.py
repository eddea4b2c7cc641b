from __future__ import annotations

import pytest

from campaigns.articles.numbering import counts, number_of, unnumbered


@pytest.mark.parametrize(
    "marks",
    [
        ("1. ", "2. ", "3. "),
        ("1.", "2.", "3."),
        ("1) ", "2) ", "3) "),
        ("(1) ", "(2) ", "(3) "),
        ("1: ", "2: ", "3: "),
        ("1 – ", "2 – ", "3 – "),
        ("01. ", "02. ", "03. "),
        ("#1 ", "#2 ", "#3 "),
        ("#1: ", "#2: ", "#3: "),
        ("Step 1: ", "Step 2: ", "Step 3: "),
        ("Step 1 ", "Step 2 ", "Step 3 "),
        ("Tip #1 – ", "Tip #2 – ", "Tip #3 – "),
        ("1️⃣ ", "2️⃣ ", "3️⃣ "),
        ("I. ", "II. ", "III. "),
        ("i) ", "ii) ", "iii) "),
        ("A. ", "B. ", "C. "),
        ("(a) ", "(b) ", "(c) "),
        ("One: ", "Two: ", "Three: "),
        ("Rule One – ", "Rule Two – ", "Rule Three – "),
        ("First, ", "Second, ", "Third, "),
        ("First: ", "Second: ", "Finally: "),
    ],
)
def test_a_count_is_seen_in_every_style(marks: tuple[str, ...]) -> None:
    texts = [f"{mark}Tight Calves" for mark in marks]

    assert counts([texts[0], "text between", texts[1], "", texts[2]]) == [[0, 2, 4]]
    assert unnumbered(texts) == ("Tight Calves",) * 3


@pytest.mark.parametrize(
    "text",
    [
        "1.5 km",
        "10:30 Yoga",
        "3-5 times",
        "24/7",
        "2024. A year",
        "7-day plan",
        "1,000 steps",
        "5 Ways to Sit",
        "I think so",
    ],
)
def test_other_figures_are_no_numbering(text: str) -> None:
    assert number_of(text) is None


def test_a_number_alone_or_out_of_order_is_no_count() -> None:
    assert counts(["1. One"]) == []
    assert counts(["2. Two", "3. Three"]) == []
    assert counts(["1. One", "3. Three"]) == []
    assert counts(["1. One", "2) Two"]) == []
    assert counts(["1. One", "Finally, two"]) == []


def test_a_new_one_begins_a_new_count() -> None:
    assert counts(["1. a", "2. b", "1. c", "2. d", "3. e"]) == [[0, 1], [2, 3, 4]]


def test_a_count_within_a_count_leaves_the_outer_one_open() -> None:
    assert counts(["1. a", "1) x", "2) y", "2. b"]) == [[0, 3], [1, 2]]
    assert counts(["1. a", "1. x", "2. y", "3. z", "2. b"]) == [[0, 4], [1, 2, 3]]


def test_texts_that_are_not_one_count_keep_their_numbers() -> None:
    assert unnumbered(["1. One", "Two"]) is None
    assert unnumbered(["Feet", "Hips"]) is None
    assert unnumbered([]) is None
