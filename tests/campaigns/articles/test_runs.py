"""Runs say the same words as the text that they are taken from, and links lose no word and gain no space."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.articles.runs import Run, joined, said, tidied, until

URL = "https://example.com/a"
RUNS = st.lists(st.builds(Run, st.text(" ab\n\u00a0\u200b", max_size=4), st.sampled_from(["", URL, "/b"])), max_size=8)


@given(RUNS)
def test_tidied_runs_say_the_words_with_one_space_between_them(runs: list[Run]) -> None:
    line = tidied(runs)
    assert said(line) == " ".join("".join(run.text for run in runs).replace("\u200b", "").split())
    assert all(run.text and run.text == run.text.strip() for run in line if run.href)
    assert tidied(line) == line


def test_spaces_stand_beside_a_link_and_words_within_it_stay_together() -> None:
    line = tidied([Run("See"), Run(" our \n", URL), Run("notes ", URL), Run(", \u00ad"), Run(" ", "/b"), Run("please")])
    assert line == (Run("See "), Run("our notes", URL), Run(" , please"))


def test_lines_are_joined_where_they_say_something() -> None:
    assert joined([(Run("a", URL),), (), (Run("b"),)], " – ") == (Run("a", URL), Run(" – b"))


def test_a_link_that_is_cut_is_none_any_more() -> None:
    line = (Run("See "), Run("our notes", URL), Run("."))
    assert until(line, 13) == line[:2]
    assert until(line, 7) == (Run("See our"),)


@pytest.mark.parametrize(
    ("run", "aside"),
    [
        (Run("no link"), ""),
        (Run("our notes", URL), f" <{URL}>"),
        (Run(URL, URL), ""),
        (Run("https://example.com", "https://example.com/"), ""),
        (Run("write to us", "mailto:desk@example.com"), " <desk@example.com>"),
        (Run("desk@example.com", "mailto:desk@example.com"), ""),
        (Run("(408) 555-0142", "tel:+14085550142"), ""),
        (Run("call us", "tel:+14085550142"), " <+14085550142>"),
    ],
)
def test_a_text_part_says_where_a_link_leads_unless_its_words_do(run: Run, aside: str) -> None:
    assert run.aside == aside
