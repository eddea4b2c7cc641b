from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.errors import BadInput
from campaigns.slugs import LONGEST, check_slug, slug_from


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Why does my back hurt?", "why-does-my-back-hurt"),
        ("  5 Ways -- to stretch  ", "5-ways-to-stretch"),
        ("Don't sit still", "dont-sit-still"),
        ("Don’t sit still", "dont-sit-still"),
        ("Rücken & Füße", "rucken-fusse"),
        ("½ price", "1-2-price"),
    ],
)
def test_a_title_becomes_a_slug(title: str, slug: str) -> None:
    assert slug_from(title) == slug


def test_a_long_title_is_cut_between_words() -> None:
    slug = slug_from("stretching " * 20)
    assert len(slug) <= LONGEST
    assert slug.endswith("-stretching")
    assert len(slug_from("a" * 500)) == LONGEST


@pytest.mark.parametrize("title", ["", "???", "膝の痛み", "\U0001f9b5"])
def test_a_title_without_letters_asks_for_a_slug(title: str) -> None:
    with pytest.raises(BadInput, match="choose one with --slug"):
        slug_from(title)


@example("𝑨")
@given(st.text(max_size=100))
def test_whatever_is_made_from_a_title_is_a_slug(title: str) -> None:
    try:
        slug = slug_from(title)
    except BadInput:
        return
    assert check_slug(slug) == slug


@pytest.mark.parametrize("slug", ["", "A", "a b", "a--b", "-a", "a-", "a_b", "ä", "a" * (LONGEST + 1), "a\n"])
def test_what_is_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(BadInput, match="cannot be a slug"):
        check_slug(slug)
