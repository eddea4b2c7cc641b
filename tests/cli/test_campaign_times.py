"""`tipsheet campaign schedule --local` and `--over`, as they are typed and answered."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run
from tests.cli.test_campaign_decisions import decide, document
from tests.cli.test_campaign_decisions import drafted as drafted
from tests.cli.test_campaign_decisions import made as made

LOCAL = ("--at", "2099-12-01 09:00", "--local")


def test_everybody_by_their_own_clock_is_told_with_the_first_moment(drafted: Run) -> None:
    ended = decide(drafted, "schedule", *LOCAL)
    assert ended.code == 0
    assert ended.out.startswith("december leaves at 2099-12-01 09:00 in each person's zone, the first mails at 2099-")
    shown = drafted("campaign", "show", "december").out
    assert "2099-12-01 09:00 in each person's zone, else Europe/Berlin" in shown


def test_people_without_a_zone_go_by_the_one_that_is_named(drafted: Run) -> None:
    found = document(drafted, "schedule", *LOCAL, "--fallback-zone", "Asia/Tokyo", "--over", "6h")
    assert (found["state"], found["zone"]) == ("scheduled", "Asia/Tokyo")
    assert "2099-12-01 09:00 in each person's zone, else Asia/Tokyo, over 6 hours" in (
        drafted("campaign", "show", "december").out
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((*LOCAL, "--zone", "Asia/Tokyo"), "name that of people without one by --fallback-zone"),
        ((*LOCAL[:2], "--fallback-zone", "Asia/Tokyo"), "--fallback-zone goes with --local"),
        ((*LOCAL, "--fallback-zone", "Mars/Base"), "is no time zone"),
        ((*LOCAL, "--over", "a while"), "is no length of time"),
        (("--at", "2001-12-01 09:00", "--local"), "is over already for"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_sentence(given: tuple[str, ...], words: str, drafted: Run) -> None:
    ended = decide(drafted, "schedule", *given)
    assert ended.code != 0
    assert words in " ".join(ended.err.split())
