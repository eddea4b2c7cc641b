"""One word for every situation; never "sent" while anybody is unaccounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.state import PROOF_COMES_WITHIN, Progress, attention, state
from delivery.ledger import accept, lose, record
from delivery.ledger.counts import Counts
from delivery.models import Attempt
from delivery.providers.provider import Answer, Verdict
from tests.campaigns.mailing import ROBIN, SLUG, Mailing
from tests.support.runs import taken, time_passes

YES = Answer(Verdict.ACCEPTED, "202", 202)
NO_ANSWER = Answer(Verdict.UNCERTAIN, "no answer")
HELD = Answer(Verdict.HELD, "SendGrid answered 401: the key is not valid", 401)

NOBODY = Counts(*[0] * 15)
CALM = Progress(frozen=True, counts=NOBODY, held=None, twice=(), late=0, undecided=False)
APPROVED = {"approved_at": 1, "scheduled_for": 1}


def word(decided: dict[str, Any], far: Progress | None = None, **counts: int) -> str:
    """The state of a campaign of which these columns are set and this much is known."""
    return state(Campaign(slug=SLUG, **decided), far and replace(far, counts=replace(NOBODY, **counts)))


@pytest.mark.parametrize(
    ("expected", "decided"),
    [
        ("draft", {}),
        ("approved", {"approved_at": 1}),
        ("scheduled", APPROVED),
        ("paused", APPROVED | {"paused_at": 1}),
        ("needs_attention", APPROVED | {"attention": "its offer is over"}),
        ("needs_attention", APPROVED | {"attention": "its offer is over", "paused_at": 1}),
        ("cancelled", APPROVED | {"attention": "its offer is over", "cancelled_at": 1}),
        ("cancelled", {"cancelled_at": 1}),
    ],
)
def test_before_the_launch_it_is_what_people_decided(expected: str, decided: dict[str, Any]) -> None:
    assert word(decided) == expected


@pytest.mark.parametrize(
    ("expected", "counts"),
    [
        ("sent", {"accepted": 3}),
        ("sent", {"accepted": 2, "skipped": 1}),
        ("partially_sent", {"accepted": 2, "refused": 1}),
        ("failed", {"refused": 3}),
        ("failed", {"skipped": 3}),
        ("sending", {"accepted": 2, "planned": 1}),
        ("sending", {"accepted": 2, "sending": 1}),
        ("sending", {"accepted": 2, "uncertain": 1}),
        ("sending", {"planned": 3}),
    ],
)
def test_after_the_launch_it_is_how_far_it_got(expected: str, counts: dict[str, int]) -> None:
    assert word(APPROVED, CALM, **counts) == expected


def test_what_was_too_late_makes_it_partial_and_what_opted_out_does_not() -> None:
    assert word(APPROVED, replace(CALM, late=1), accepted=2, skipped=1) == "partially_sent"
    assert word(APPROVED, CALM, accepted=2, skipped=1) == "sent"


def test_before_the_audience_is_whole_it_is_launching() -> None:
    assert word(APPROVED, replace(CALM, frozen=False), planned=2) == "launching"
    assert word(APPROVED, replace(CALM, frozen=False)) == "launching"


def test_a_pause_shows_until_there_is_nothing_left_to_pause() -> None:
    paused = APPROVED | {"paused_at": 1}
    assert word(paused, CALM, accepted=2, planned=1) == "paused"
    assert word(paused, CALM, accepted=2, uncertain=1) == "paused"
    assert word(paused, CALM, accepted=3) == "sent"


def test_cancelled_stays_cancelled_whatever_comes() -> None:
    for counts in ({"accepted": 3}, {"uncertain": 3}, {"sending": 1}):
        assert word(APPROVED | {"cancelled_at": 1}, replace(CALM, held="401"), **counts) == "cancelled"


def test_names_are_shown_up_to_three() -> None:
    people = ("a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com")
    words = attention(Campaign(slug=SLUG), replace(CALM, twice=people))
    assert words.startswith("a@example.com, b@example.com, c@example.com and 2 more got it twice")
    assert attention(Campaign(slug=SLUG), CALM) == attention(Campaign(slug=SLUG), None) == ""


@pytest.fixture
def launched(mailing: Mailing) -> Mailing:
    """Six people in three batches, frozen."""
    mailing.crowd(6)
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.launch()
    return mailing


def answered(mailing: Mailing, answer: Answer) -> str:
    attempt = taken(mailing.db).attempt
    with mailing.db.write() as s:
        record(s, attempt, answer)
    return attempt


def test_a_provider_that_refuses_the_sender_needs_attention_with_its_words(launched: Mailing) -> None:
    answered(launched, HELD)
    assert launched.state() == "needs_attention"
    assert launched.status().attention.startswith("SendGrid answered 401: the key is not valid; when that is mended")
    launched.decide("resume")
    launched.deliver()
    assert launched.state() == "sent"


def test_whoever_got_it_twice_is_named(launched: Mailing) -> None:
    first = answered(launched, NO_ANSWER)
    with launched.db.write() as s:
        lose(s, s.get_one(Attempt, first), "the log shows none")
    launched.deliver()
    assert launched.state() == "sent"
    with launched.db.write() as s:
        accept(s, s.get_one(Attempt, first))
    assert launched.state() == "needs_attention"
    assert "p1@example.com, p2@example.com got it twice" in launched.status().attention


def test_uncertain_to_the_end_it_is_for_a_person_to_decide(launched: Mailing) -> None:
    launched.sql("UPDATE runs SET events_expected = 1")
    answered(launched, NO_ANSWER)
    for _ in range(2):
        answered(launched, YES)
    assert launched.state() == "sending"  # an event may still prove it
    time_passes(launched.db, PROOF_COMES_WITHIN + timedelta(seconds=1))
    assert launched.state() == "needs_attention"
    assert f"2 mails; find out what became of them and say so with: tipsheet campaign resolve {SLUG}" in (
        launched.status().attention
    )
    launched.decide("resolve", sent=True, because="seen in the log", by=ROBIN)
    assert launched.state() == "sent"


def test_where_no_event_can_come_it_is_so_at_once(launched: Mailing) -> None:
    answered(launched, NO_ANSWER)
    assert launched.state() == "sending"  # there are others to send
    for _ in range(2):
        answered(launched, YES)
    assert launched.state() == "needs_attention"


def test_a_breaker_that_stays_open_is_told_of_while_people_are_still_planned(launched: Mailing) -> None:
    answered(launched, NO_ANSWER)
    answered(launched, NO_ANSWER)
    assert (launched.state(), launched.status().counts.planned) == ("sending", 2)
    time_passes(launched.db, PROOF_COMES_WITHIN + timedelta(seconds=1))
    assert launched.state() == "needs_attention"
    launched.sql("UPDATE runs SET doubts = 1")  # a probe was taken, yet no batch gets through
    assert launched.state() == "needs_attention"


def test_a_breaker_says_why_nothing_leaves_and_that_it_goes_on_by_itself(launched: Mailing) -> None:
    launched.sql("UPDATE runs SET events_expected = 1")
    assert launched.status().waits == ""
    answered(launched, NO_ANSWER)
    assert launched.status().waits == ""  # one batch at a time
    answered(launched, NO_ANSWER)
    assert launched.status().waits.startswith("stopped after requests without an answer; the provider is tried again")
    launched.sql("UPDATE runs SET doubts = 0")  # a person let it go on
    assert launched.status().waits == ""


def test_a_provider_that_answers_no_other_campaign_either_is_named_as_well(launched: Mailing) -> None:
    launched.sql("UPDATE runs SET events_expected = 1")
    for _ in range(2):
        answered(launched, NO_ANSWER)
    launched.draft("january")
    launched.decide("send", ROBIN, slug="january")
    launched.launch()
    assert launched.status("january").counts.planned == 6
    assert launched.status("january").waits.startswith("stopped after requests without an answer")


def test_so_many_uncertain_requests_wait_for_news_of_one(launched: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    launched.sql("UPDATE runs SET events_expected = 1")
    monkeypatch.setattr("delivery.ledger.due.MOST_DOUBTS", 2)
    for _ in range(2):
        answered(launched, NO_ANSWER)
    launched.sql("UPDATE runs SET doubts = 1")  # a probe was taken
    words = "stopped after 2 requests without an answer; goes on when it is known what became of one"
    assert launched.status().waits == words
