from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import BadInput
from subscribers.fields.values import LONGEST, clean, clean_locale, clean_zone


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" Ann ", "Ann"),
        ("Ann\r\nBcc: bob@example.com", "Ann Bcc: bob@example.com"),
        ("a\tb\u2028c\u2029d\x85e\x0bf", "a b c d e f"),
        ("a\x00b\x1bc\x9bd", "abcd"),
        ("\u202eevil\u202c\u2066x\u2069\u200f", "evilx"),
        ("Zoe\u0308", "Zoë"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{ 7*7 }}", "{{ 7*7 }}"),
        ("שלום 😀", "שלום 😀"),
        ("👩\u200d⚕️", "👩\u200d⚕️"),
        ("a\ud800b", "ab"),
    ],
)
def test_a_value_is_one_line_of_what_can_be_seen(text: str, kept: str) -> None:
    assert clean(text) == kept


@settings(max_examples=200, deadline=None, database=None)
@given(st.text(alphabet=st.characters(codec=None)))
def test_cleaning_is_done_once_and_its_result_can_be_stored(text: str) -> None:
    kept = clean(text)
    assert clean(kept) == kept
    assert len(kept) <= LONGEST
    assert kept.encode() is not None
    assert len(kept.splitlines()) <= 1


def test_a_long_value_is_capped() -> None:
    assert clean("é" * 10_000) == "é" * LONGEST


@pytest.mark.parametrize(("text", "kept"), [("", ""), (" Europe/Berlin ", "Europe/Berlin"), ("UTC", "UTC")])
def test_a_zone_is_one_that_exists(text: str, kept: str) -> None:
    assert clean_zone(text) == kept


@pytest.mark.parametrize("text", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "x" * 600])
def test_a_zone_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="time zone"):
        clean_zone(text)


@pytest.mark.parametrize(("text", "kept"), [("", ""), ("de", "de"), ("pt_BR", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW")])
def test_a_locale_is_a_language_tag(text: str, kept: str) -> None:
    assert clean_locale(text) == kept


@pytest.mark.parametrize("text", ["german!", "d", "de-", "x" * 50])
def test_what_is_no_locale_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no locale"):
        clean_locale(text)
