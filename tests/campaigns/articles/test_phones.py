from __future__ import annotations

import pytest

from campaigns.articles.phones import phones


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("or call 555 555 0100 to book", "555 555 0100"),
        ("call (555) 555-0100.", "(555) 555-0100"),
        ("555.555.0100", "555.555.0100"),
        ("1-800-555-0100", "1-800-555-0100"),
        ("+1 555-555-0100", "+1 555-555-0100"),
        ("Tel: +44 20 7946 0000", "+44 20 7946 0000"),
        ("phone 020 7946 0000", "020 7946 0000"),
        ("text us at 555-0100 today", "555-0100"),
        ("555-0100 (call or text)", "555-0100"),
        ("reach us on 5555550100", "5555550100"),
        ("☎ 555-0100", "555-0100"),
        ("questions? ask the desk on 555-0100", "555-0100"),
    ],
)
def test_a_number_is_found_as_it_is_written(text: str, number: str) -> None:
    assert phones(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "from 2019-2023 and on 2026-03-01",
        "call before 01.02.2024",
        "3 x 12 repetitions, 10-15 a day",
        "call now: $555 0100 saved",
        "it costs 100 2000 times less",
        "call https://example.com/555-0100",
        "fax: 555-555-0100",
        "we call it 24/7, 365 days",
        "order 5555550100",
        "12345678901234567890",
    ],
)
def test_other_numbers_are_not_phones(text: str) -> None:
    assert phones(text) == []


def test_a_number_to_call_comes_before_one_that_only_stands_there() -> None:
    assert phones("Desk: 555-555-0111.\n" + "Words. " * 20 + "Call 555-0100! Call 555-0100!") == [
        "555-0100",
        "555-555-0111",
    ]
