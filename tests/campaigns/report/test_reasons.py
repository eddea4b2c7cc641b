"""What mail servers say becomes a few reasons, and nobody's address is in any."""

from __future__ import annotations

import pytest

from campaigns.report.rates import BOUNCED
from campaigns.report.reasons import Back, grouped, in_short, without_people


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("550 5.1.1 <ann@example.com>: user unknown · 5.1.1", "no such mailbox"),
        ("554 5.7.9 message is not accepted for policy reasons", "refused by a rule or as spam"),
        ("550 5.7.26 unauthenticated", "the sender was not authenticated"),
        ("452 4.2.2 over quota", "the mailbox is full"),
        ("Bounced Address", "Bounced Address"),
        ("error dialing remote address: dial tcp 10.44.57.40→203.0.113.9:25: i/o time-out", None),
        ("mailbox of ann@example.com is gone, id 8812345 · ", "mailbox of … is gone, id …"),
        ("", "no reason was given"),
    ],
)
def test_a_code_says_more_than_words_and_words_are_kept_where_there_is_none(words: str, short: str | None) -> None:
    found = in_short(words)
    assert found == (short or found)
    assert "@" not in found
    assert 0 < len(found) <= 80


def test_no_address_survives_however_it_is_written() -> None:
    for told in (
        "<ann.o'neil+x@mail.example.com>",
        "to=ann@example.com,",
        "(ann@example.com)",
        'mailto:"ann"@example.com',
    ):
        assert "example" not in without_people(f"no {told} here")


def test_groups_count_a_person_once_the_most_frequent_first_and_the_worst_kind_first() -> None:
    told = {
        ("blocked", "452 4.2.2 full"): {1, 2, 3},
        ("bounced", "550 5.1.1 a@example.com"): {4},
        ("bounced", "550 5.1.1 b@example.com"): {4, 5},
        ("bounced", "550 5.1.2 no host"): {6},
    }
    assert grouped(told) == (
        Back(BOUNCED, "no such mailbox", 2),
        Back(BOUNCED, "no such domain", 1),
        Back("turned away", "the mailbox is full", 3),
    )
