"""What people decide, in every situation: what is done, and what is refused in a sentence that helps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from base.errors import BadInput, Refused
from campaigns.decisions import By
from delivery import messages
from delivery.ledger import record
from delivery.models import Attempt
from delivery.providers.provider import Answer, Verdict
from tests.campaigns.mailing import ROBIN, SLUG, Mailing, settings
from tests.support.runs import taken

KIM = By("kim")
FAR = "2099-12-01 09:00"
UNKNOWN = Answer(Verdict.UNCERTAIN, "no answer")


@pytest.fixture
def drafted(mailing: Mailing) -> Mailing:
    mailing.crowd(4)
    mailing.draft()
    return mailing


@pytest.fixture
def uncertain(drafted: Mailing) -> Mailing:
    """Launched, and the first of its two batches has had no answer."""
    drafted.decide("send", ROBIN)
    drafted.launch()
    attempt = taken(drafted.db).attempt
    with drafted.db.write() as s:
        record(s, attempt, UNKNOWN)
    return drafted


def refusal(mailing: Mailing, what: str, *given: Any, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        mailing.decide(what, *given, **more)
    return refused.value.sentence


def test_approval_records_who_what_and_how_many(drafted: Mailing) -> None:
    drafted.people("waiting", state="pending")
    drafted.decide("approve", KIM)
    row = drafted.row()
    assert row.approved_plan is not None
    assert (row.approved_by, row.approved_plan["recipients"], row.approved_plan["excluded"]) == (
        "kim",
        4,
        {"pending": 1},
    )
    with drafted.db.read() as s:
        assert messages.load(s, row.message_id or 0).hash == row.message_hash
    assert drafted.state() == "approved"


def test_approval_is_refused_with_every_problem_at_once(mailing: Mailing) -> None:
    mailing.draft(offer_ends=timedelta(minutes=30))
    sentence = refusal(mailing, "approve", ROBIN)
    assert "nobody would get it" in sentence
    assert "its offer is over" in sentence
    assert mailing.state() == "draft"


def test_approving_again_freezes_anew_and_records_the_new_plan(drafted: Mailing) -> None:
    drafted.decide("approve", ROBIN)
    before = drafted.row()
    drafted.sql("UPDATE articles SET title = 'Kinder hips'")
    drafted.people("more")
    drafted.decide("approve", KIM)
    row = drafted.row()
    assert row.approved_plan is not None
    assert (row.approved_by, row.approved_plan["recipients"]) == ("kim", 5)
    assert row.message_id != before.message_id
    with drafted.db.read() as s:
        assert "Kinder hips" in messages.load(s, row.message_id or 0).html


def test_a_second_person_has_to_approve_where_that_is_asked_for(drafted: Mailing) -> None:
    drafted.config = settings(drafted.folder, second_person=True)
    assert "another person has to approve it" in refusal(drafted, "approve", ROBIN)
    for sentence in (refusal(drafted, "send", ROBIN), refusal(drafted, "schedule", FAR, "UTC", KIM)):
        assert f"another person than robin does that with: tipsheet campaign approve {SLUG}" in sentence
    assert (drafted.state(), drafted.row().scheduled_for) == ("draft", None)
    drafted.decide("approve", KIM)
    drafted.decide("send", ROBIN)
    assert drafted.state() == "scheduled"


@pytest.mark.parametrize(
    ("wall", "zone", "instant"),
    [
        ("2099-12-01 09:00", "America/Los_Angeles", datetime(2099, 12, 1, 17, tzinfo=UTC)),
        ("2099-12-01 09:00", "Asia/Kolkata", datetime(2099, 12, 1, 3, 30, tzinfo=UTC)),
        ("2027-03-14 02:30", "America/Los_Angeles", datetime(2027, 3, 14, 10, 30, tzinfo=UTC)),  # does not exist
        ("2027-11-07 01:30", "America/Los_Angeles", datetime(2027, 11, 7, 8, 30, tzinfo=UTC)),  # twice: the first
    ],
)
def test_a_schedule_keeps_wall_time_and_zone(wall: str, zone: str, instant: datetime, drafted: Mailing) -> None:
    drafted.decide("schedule", wall, zone, ROBIN)
    row = drafted.row()
    assert (row.scheduled_for, row.wall, row.zone) == (instant, wall, zone)
    assert drafted.state() == "scheduled"


def test_a_time_that_is_over_or_cannot_be_is_refused(drafted: Mailing) -> None:
    assert "is over; give a time to come" in refusal(drafted, "schedule", "2020-01-01 09:00", "UTC", ROBIN)
    for wall, zone, words in [
        ("tomorrow", "UTC", "no date and time"),
        (FAR, "Mars/Base", "no time zone"),
        ("9999-12-31 23:00", "America/Los_Angeles", "past the calendar"),
    ]:
        with pytest.raises(BadInput, match=words):
            drafted.decide("schedule", wall, zone, ROBIN)
    assert drafted.state() == "draft"


def test_an_offer_that_ends_before_the_time_refuses_the_schedule(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft(offer_ends=timedelta(days=9))
    assert "its offer is over" in refusal(mailing, "schedule", FAR, "UTC", ROBIN)
    assert mailing.row().scheduled_for is None


def test_sending_what_was_approved_is_refused_where_the_launch_would_refuse_it(drafted: Mailing) -> None:
    drafted.decide("approve", ROBIN)
    drafted.people("more")
    assert f"tipsheet campaign approve {SLUG}" in refusal(drafted, "send", ROBIN)
    assert (drafted.state(), drafted.row().scheduled_for) == ("approved", None)


def test_attention_is_cleared_by_a_decision_that_mends_its_cause(drafted: Mailing) -> None:
    drafted.decide("send", ROBIN)
    drafted.put(scheduled_for=drafted.now() - timedelta(days=2))
    drafted.launch()
    assert drafted.state() == "needs_attention"
    assert "cannot go on: it was due at" in refusal(drafted, "resume")
    drafted.decide("approve", ROBIN)
    assert drafted.state() == "needs_attention"
    drafted.decide("send", ROBIN)
    assert drafted.state() == "scheduled"
    drafted.launch()
    assert drafted.state() == "sending"


def test_attention_for_drift_goes_with_a_new_approval(drafted: Mailing) -> None:
    drafted.decide("schedule", FAR, "UTC", ROBIN)
    drafted.people("more")
    drafted.put(wall=None, zone=None, scheduled_for=drafted.now())
    drafted.launch()
    assert "5 people and 4 were approved" in drafted.status().attention
    assert "5 people and 4 were approved" in refusal(drafted, "send", ROBIN)
    drafted.decide("approve", ROBIN)
    assert (drafted.state(), drafted.status().attention) == ("scheduled", "")


def test_events_can_be_given_up_after_the_approval(drafted: Mailing) -> None:
    drafted.decide("approve", ROBIN)
    drafted.decide("send", By("robin", without_events=True))
    plan = drafted.row().approved_plan
    assert plan is not None
    assert (plan["without_events"], plan["recipients"]) == (True, 4)


def test_a_paused_schedule_waits_and_resumes(drafted: Mailing) -> None:
    drafted.decide("send", ROBIN)
    drafted.decide("pause")
    assert drafted.launch() == 0
    assert drafted.state() == "paused"
    drafted.decide("resume")
    drafted.launch()
    assert drafted.state() == "sending"


def test_a_pause_in_the_middle_lets_nothing_more_leave(drafted: Mailing) -> None:
    drafted.decide("send", ROBIN)
    drafted.launch()
    drafted.decide("pause")
    drafted.deliver()
    assert (drafted.state(), drafted.mails()) == ("paused", {})
    drafted.decide("resume")
    drafted.deliver()
    assert (drafted.state(), len(drafted.mails())) == ("sent", 4)


def test_cancelled_before_the_launch_nothing_ever_leaves(drafted: Mailing) -> None:
    drafted.decide("send", ROBIN)
    drafted.decide("cancel")
    assert drafted.launch() == 0
    assert (drafted.state(), drafted.row().run_id) == ("cancelled", None)
    for what, given in [("send", (ROBIN,)), ("approve", (ROBIN,)), ("schedule", (FAR, "UTC", ROBIN))]:
        assert "is cancelled and cannot be" in refusal(drafted, what, *given)


def test_cancelled_in_the_middle_who_was_mailed_stays_so_and_nobody_else_is(uncertain: Mailing) -> None:
    uncertain.decide("cancel")
    uncertain.deliver()
    found = uncertain.status()
    assert (found.state, found.counts.uncertain, found.counts.skipped) == ("cancelled", 2, 2)
    assert uncertain.mails() == {}


def test_what_comes_back_unsent_after_a_cancellation_never_leaves(uncertain: Mailing) -> None:
    uncertain.decide("cancel")
    uncertain.decide("resolve", sent=False, because="the log shows none", by=ROBIN)
    uncertain.deliver()
    assert uncertain.mails() == {}
    uncertain.expire()
    assert (uncertain.status().counts.skipped, uncertain.why("p1").verdict) == (4, "skipped")
    assert uncertain.why("p1").steps[-1].detail == "cancelled"


def test_a_campaign_that_hangs_at_nobody_can_be_cancelled(drafted: Mailing) -> None:
    drafted.put(attention="nobody would get it")
    drafted.decide("cancel")
    assert drafted.state() == "cancelled"
    assert drafted.status().attention == ""


def test_counts_that_do_not_add_up_do_not_keep_a_person_from_stopping_it(uncertain: Mailing) -> None:
    uncertain.sql("UPDATE runs SET audience = audience + 1")
    uncertain.decide("pause")
    assert uncertain.row().paused_at is not None
    uncertain.decide("cancel")
    assert uncertain.row().cancelled_at is not None


def test_what_makes_no_sense_is_refused(drafted: Mailing) -> None:
    assert refusal(drafted, "pause") == f"{SLUG} is draft; there is nothing to pause"
    assert "nothing to resume" in refusal(drafted, "resume")
    assert "Nothing of december is uncertain" in refusal(drafted, "resolve", sent=True, because="x", by=ROBIN)
    drafted.decide("approve", ROBIN)
    assert "is approved; there is nothing to resume" in refusal(drafted, "resume")
    drafted.sent()
    for what in ("pause", "resume", "cancel"):
        assert f"is sent; there is nothing to {what}" in refusal(drafted, what)
    assert "is sent and cannot be sent again" in refusal(drafted, "send", ROBIN)


@pytest.mark.parametrize(("sent", "mailed"), [(True, 2), (False, 4)])
def test_a_person_decides_what_became_of_the_uncertain_and_says_why(
    sent: bool, mailed: int, uncertain: Mailing
) -> None:
    assert "Say why" in refusal(uncertain, "resolve", sent=sent, because=" ", by=ROBIN)
    uncertain.decide("resolve", sent=sent, because="seen in the log", by=KIM)
    uncertain.deliver()
    assert (uncertain.state(), len(uncertain.mails())) == ("sent", mailed)
    with uncertain.db.read() as s:
        words = s.scalars(select(Attempt.evidence).order_by(Attempt.started_at)).first()
    assert words == f"kim decided that it {'was' if sent else 'was not'} sent: seen in the log"
