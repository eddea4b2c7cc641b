from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import BadInput
from subscribers.fields.custom import TYPES, Field, read_value
from subscribers.fields.typed import Dates, day, number, yes_or_no


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("3", "3"),
        ("003.50", "3.5"),
        ("+3.5", "3.5"),
        ("-0.0", "0"),
        ("\u22123", "-3"),
        ("3,5", "3.5"),
        ("0,125", "0.125"),
        ("1234,125", "1234.125"),
        ("1.234", "1.234"),
        ("1.234,50", "1234.5"),
        ("1,234.50", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234,567.8", "1234567.8"),
        ("1 234", "1234"),
        ("1\u00a0234,5", "1234.5"),
        ("1'234.50", "1234.5"),
        ("999999999.999999", "999999999.999999"),
    ],
)
def test_a_number_is_read_in_every_form_that_means_one_thing(typed: str, kept: str) -> None:
    assert number(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["1,234", "-12,345", "1.23.4", "1,234,5", "1.234.50", "12 34", "1e3", "3px", "$5", "-", "٣", "nan", "1_0", "--3"],
)
def test_a_number_that_could_be_two_or_none_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="no number, or could be two"):
        number(typed)


@pytest.mark.parametrize("typed", ["1234567890", "0.1234567"])
def test_a_number_too_long_to_be_the_same_everywhere_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="too long"):
        number(typed)


@pytest.mark.parametrize(
    ("typed", "dates", "kept"),
    [
        ("2026-11-23", "iso", "2026-11-23"),
        ("2026-11-23 23:59:00", "iso", "2026-11-23"),
        ("2026-11-23T01:00:00+05:00", "us", "2026-11-23"),
        ("1/2/2026", "us", "2026-01-02"),
        ("1/2/2026", "eu", "2026-02-01"),
        ("01.02.2026", "eu", "2026-02-01"),
    ],
)
def test_a_date_is_read_as_told(typed: str, dates: Dates, kept: str) -> None:
    assert day(typed, dates) == kept


@pytest.mark.parametrize(
    ("typed", "dates"),
    [
        ("1/2/2026", "iso"),
        ("01.02.2026", "us"),
        ("2026-02-30", "iso"),
        ("13/1/2026", "us"),
        ("1/2/26", "us"),
        ("x", "eu"),
    ],
)
def test_a_date_in_another_form_or_of_no_day_is_refused(typed: str, dates: Dates) -> None:
    with pytest.raises(BadInput):
        day(typed, dates)


def test_yes_and_no_have_many_words() -> None:
    assert {yes_or_no(word) for word in ("yes", "Y", "TRUE", "1", "ja", "sí")} == {"yes"}
    assert {yes_or_no(word) for word in ("no", "N", "False", "0", "nein", "non")} == {"no"}
    with pytest.raises(BadInput, match="neither yes nor no"):
        yes_or_no("perhaps")


def test_a_choice_is_found_in_any_case_unless_two_are_meant() -> None:
    sizes = Field("size", "choice", ("Small", "Large", "XL", "xl"))
    assert read_value(sizes, " small ") == "Small"
    assert read_value(sizes, "xl") == "xl"
    with pytest.raises(BadInput, match="size: 'Xl' is none of the choices; they are Small, Large, XL, xl"):
        read_value(sizes, "Xl")


def test_nothing_is_nothing_whatever_the_type() -> None:
    assert {read_value(Field("x", each, ("a",)), " \t") for each in TYPES} == {""}


@given(
    st.sampled_from([Field("x", each, ("a", "B", "1")) for each in TYPES]),
    st.text(max_size=12) | st.text("0123456789.,'- /", max_size=12) | st.sampled_from(["yes", "B", "b", "0", "1"]),
    st.sampled_from(["iso", "us", "eu"]),
)
def test_what_was_read_once_stays_the_same(field: Field, typed: str, dates: Dates) -> None:
    with suppress(BadInput):
        kept = read_value(field, typed, dates)
        assert read_value(field, kept) == kept
