"""Why did, or didn't, this person get it: a verdict and every step, in order of time."""

from __future__ import annotations

from typing import Any

import pytest

from base.errors import BadInput
from base.time import from_ms
from campaigns.why import Why
from delivery.ledger import prove, record
from delivery.models import Outcome, Run
from delivery.outcomes import Flag
from delivery.providers.provider import Answer, Verdict
from subscribers.addresses import address_key
from subscribers.suppression import suppress
from tests.campaigns.mailing import ROBIN, SLUG, Mailing
from tests.support.people import a_list
from tests.support.runs import taken


@pytest.fixture
def launched(mailing: Mailing) -> Mailing:
    """Four in two batches: p1 and p2, p3 and p4; and one who waits for confirmation."""
    mailing.crowd(4)
    mailing.people("waiting", state="pending")
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.launch()
    return mailing


def said(found: Why) -> list[str]:
    return [step.what for step in found.steps]


def answered(mailing: Mailing, verdict: Verdict, words: str = "", **more: Any) -> None:
    claimed = taken(mailing.db)
    with mailing.db.write() as s:
        record(s, claimed.attempt, Answer(verdict, words, **more))


def news(mailing: Mailing, person: int, flag: Flag) -> None:
    now = mailing.now()
    with mailing.db.write() as s:
        s.add(Outcome(run_id=mailing.run_id(), subscriber_id=person, flags=int(flag), first_at=now, last_at=now))


def test_before_the_launch_it_is_what_would_be(mailing: Mailing) -> None:
    mailing.people("ann", tags=["runner"])
    mailing.people("bob")
    mailing.draft(segment="tag has runner")
    ann, bob = mailing.why("ann"), mailing.why("bob")
    assert (ann.verdict, said(ann)) == ("planned", ["consent confirmed", "rule", "rule", "planned"])
    assert ann.steps[2].detail == "tag has runner: true, has runner"
    assert (bob.verdict, said(bob)) == ("excluded", ["consent confirmed", "rule", "rule", "excluded"])
    assert bob.steps[2].detail == "tag has runner: not true, has no tag"
    assert bob.steps[-1].detail == f"not in the segment part-{SLUG}: tag has runner, as of now"
    mailing.decide("schedule", "2099-12-01 09:00", "UTC", ROBIN)
    assert mailing.why("ann").steps[-1].at == mailing.row().scheduled_for


def test_somebody_unknown_is_unknown_and_no_address_is_refused(launched: Mailing) -> None:
    assert launched.why("zoe").verdict == "unknown"
    assert "nobody with this address" in launched.why("zoe").steps[0].detail
    with pytest.raises(BadInput):
        launched.why("no address")


def test_planned_sending_uncertain_accepted_and_delivered(launched: Mailing) -> None:
    assert (launched.why("p1").verdict, "leaves not before" in launched.why("p1").steps[-1].detail) == ("planned", True)
    claimed = taken(launched.db)
    assert launched.why("p1").verdict == "planned"
    assert launched.why("p1").steps[-1].detail == "with the provider at this moment"
    with launched.db.write() as s:
        record(s, claimed.attempt, Answer(Verdict.UNCERTAIN, "no answer: reset"))
    uncertain = launched.why("p1")
    assert (uncertain.verdict, said(uncertain)[-1]) == ("uncertain", "uncertain")
    assert uncertain.steps[-1].detail == (
        "no trustworthy answer came; proof of what became of it, or a person's word, is waited for; "
        f"see: tipsheet campaign uncertain {SLUG}"
    )
    assert all(step.at for step in uncertain.steps)
    assert any("no answer: reset" in step.detail for step in uncertain.steps)
    with launched.db.write() as s:
        prove(s, claimed.attempt, "an event came")
    accepted = launched.why("p1")
    assert said(accepted) == ["consent confirmed", "in the audience", "planned", "attempt 1"]
    assert accepted.verdict == "accepted"
    assert accepted.steps[-1].detail == f"accepted · an event came · id {claimed.attempt}"
    news(launched, 1, Flag.DELIVERED)
    assert launched.why("p1").verdict == "delivered"


@pytest.mark.parametrize(
    ("flag", "verdict"),
    [
        (Flag.DEFERRED, "accepted"),
        (Flag.BOUNCED, "not_delivered"),
        (Flag.DROPPED, "not_delivered"),
        (Flag.BLOCKED, "not_delivered"),
        (Flag.DELIVERED | Flag.COMPLAINED, "delivered"),
    ],
)
def test_what_the_mailbox_said_decides(flag: Flag, verdict: str, launched: Mailing) -> None:
    answered(launched, Verdict.ACCEPTED, "202", message_id="msg-1")
    assert "message msg-1" in launched.why("p1").steps[-1].detail
    news(launched, 1, flag)
    assert launched.why("p1").verdict == verdict


def test_refused_is_said_with_the_providers_words_and_touches_nobody_else(launched: Mailing) -> None:
    answered(launched, Verdict.REFUSED, "1 bad address", status=400, refused={1: "Does not contain a valid address."})
    refused, other = launched.why("p1"), launched.why("p2")
    assert (refused.verdict, refused.steps[-1].detail) == ("refused", "Does not contain a valid address.")
    launched.deliver()
    assert said(launched.why("p1")) == said(refused)  # the next attempt was not theirs
    assert (other.verdict, launched.why("p2").verdict) == ("planned", "accepted")


def test_skipped_says_what_happened_between_freeze_and_claim(launched: Mailing) -> None:
    launched.opts_out("p1")
    launched.deliver()
    found = launched.why("p1")
    assert (found.verdict, found.steps[-1].detail) == ("skipped", "opted out")
    assert said(found) == [
        *("consent confirmed", "in the audience", "planned", "consent withdrawn", "attempt 1", "skipped"),
    ]


def test_who_is_skipped_with_their_batch_is_told_when(launched: Mailing) -> None:
    launched.decide("cancel")
    cancelled = launched.why("p1").steps[-1]
    with launched.db.read() as s:
        ended = s.get_one(Run, launched.run_id()).not_after
    assert (cancelled.what, cancelled.detail, cancelled.at) == ("skipped", "cancelled", ended)


def test_whose_time_is_over_is_told_when_it_was(launched: Mailing) -> None:
    launched.sql("UPDATE batches SET not_after = 1")
    launched.expire()
    late = next(step for step in launched.why("p1").steps if step.what == "skipped")
    assert (late.detail, late.at) == ("too late", from_ms(1))


def test_an_opt_out_after_delivery_stands_after_it(launched: Mailing) -> None:
    launched.deliver()
    launched.opts_out("p1")
    found = launched.why("p1")
    assert (found.verdict, said(found)[-1]) == ("accepted", "consent withdrawn")


def test_the_excluded_keep_their_reason_whatever_happens_later(mailing: Mailing) -> None:
    mailing.people("ann", tags=["runner"])
    mailing.people("bob", "gone", "spoilt")
    mailing.people("waiting", tags=["runner"], state="pending")
    mailing.opts_out("gone")
    mailing.draft(segment="tag has runner")
    mailing.decide("send", ROBIN)
    with mailing.db.write() as s:
        suppress(s, address_key(mailing.keys, "spoilt@example.com"), "complaint", source="test")
    mailing.launch()
    mailing.people("bob", tags=["runner"])
    mailing.people("waiting")
    reasons = {
        "bob": f"not in the segment part-{SLUG}: tag has runner",
        "gone": "opted out",
        "spoilt": "suppressed: complaint",
        "waiting": "pending",
    }
    for name, reason in reasons.items():
        found = mailing.why(name)
        assert found.verdict == "excluded"
        assert reason in [step.detail for step in found.steps]
        assert all(step.at for step in found.steps)


def test_who_joined_after_the_freeze_is_told_so(launched: Mailing) -> None:
    launched.people("late")
    found = launched.why("late")
    assert (found.verdict, said(found)) == ("excluded", ["excluded", "consent confirmed"])
    assert found.steps[0].detail == "not on the list Tips when the audience was frozen"


def test_who_is_on_another_list_is_told_so(launched: Mailing) -> None:
    with launched.db.write() as s:
        a_list(s, "weekly")
    launched.people("else", list_slug="weekly")
    assert launched.why("else").verdict == "excluded"
    launched.draft("next")
    assert launched.why("else", "next").steps[-1].detail == "not on the list Tips, as of now"


def test_nobody_gets_what_was_cancelled_before_it_had_an_audience(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.decide("cancel")
    found = mailing.why("ann")
    assert (found.verdict, found.steps[-1].what) == ("excluded", "excluded")
    assert "cancelled before it had an audience" in found.steps[-1].detail


def test_who_was_reached_twice_is_told_of_both_attempts(launched: Mailing) -> None:
    claimed = taken(launched.db)
    with launched.db.write() as s:
        record(s, claimed.attempt, Answer(Verdict.UNCERTAIN, "no answer"))
    launched.decide("resolve", sent=False, because="the log shows none", by=ROBIN)
    launched.deliver()
    with launched.db.write() as s:
        record(s, claimed.attempt, Answer(Verdict.ACCEPTED, "202", 202))
    found = launched.why("p1")
    assert said(found)[-3:] == ["attempt 1", "attempt 2", "a second time"]
    assert claimed.attempt in found.steps[-1].detail
