"""The plan: counts that add up, everything that stands against a send at once, and what changed since approval."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.drafts import get_campaign
from campaigns.plan import Plan, content_mark, drift, plan, trouble
from delivery.models import Attempt
from delivery.slots import Message, Place, Slot
from subscribers.lists import archive
from tests.campaigns.mailing import ROBIN, SLUG, Mailing, settings


def planned(mailing: Mailing, **how: Any) -> Plan:
    with mailing.db.read() as s:
        return plan(s, get_campaign(s, SLUG), mailing.config, **how)


def stands(mailing: Mailing) -> str:
    with mailing.db.read() as s:
        return trouble(s, get_campaign(s, SLUG), mailing.config)


def test_a_plan_says_who_when_and_in_how_many_requests(mailing: Mailing) -> None:
    mailing.crowd(5)
    mailing.people("waiting", state="pending")
    mailing.opts_out("p1")
    mailing.draft()
    due = datetime(2099, 12, 1, 9, tzinfo=UTC)
    mailing.put(scheduled_for=due)
    found = planned(mailing)
    assert (found.recipients, found.requests, found.problems) == (4, 2, ())
    assert found.excluded == {"opted out": 1, "pending": 1}
    assert (found.first_at, found.last_at) == (due, due + timedelta(hours=24))
    assert (found.changes, mailing.row().approved_at) == ({}, None)


def test_a_plan_says_of_how_many_opening_will_be_seen_and_counts_their_requests(mailing_on_both: Mailing) -> None:
    mailing = mailing_on_both
    mailing.crowd(6)
    mailing.agrees("p1", "p2", "p6")
    mailing.opts_out("p6")
    mailing.draft()
    found = planned(mailing)
    assert (found.recipients, found.seen, found.requests) == (5, 2, 3)
    mailing.sent()
    with mailing.db.read() as s:
        assert sorted(s.scalars(select(Attempt.tracks_opens))) == [False, False, True]


def test_an_unknown_name_is_a_problem_that_names_template_line_and_variable(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft(subject="{% if false %}{{ subscriber.frist_name }}{% endif %}Tips")
    (sentence,) = planned(mailing).problems
    assert "the subject of monthly-tips, line 1: subscriber.frist_name" in sentence


def test_nothing_is_sent_to_an_archived_list(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("approve", ROBIN)
    with mailing.db.write() as s:
        archive(s, "tips")
    assert "is archived; bring it back first" in planned(mailing).problems[0]
    assert "is archived" in stands(mailing)


def test_problems_come_all_at_once(mailing: Mailing) -> None:
    mailing.draft(template="nope", offer_ends=timedelta(minutes=30))
    words = "; ".join(planned(mailing).problems)
    for each in ("no template nope", "nobody would get it", "its offer is over"):
        assert each in words


def test_a_field_that_somebody_may_lack_is_a_warning(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft(subject="Hello {{ subscriber.first_name }}")
    assert any("subscriber.first_name" in words for words in planned(mailing).warnings)


def test_the_offers_end_comes_before_the_deadline(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft(offer_ends=timedelta(hours=5))
    assert planned(mailing).last_at - mailing.now() <= timedelta(hours=4)


def test_what_changed_since_approval_is_shown_and_nothing_else(mailing: Mailing) -> None:
    mailing.crowd(10)
    mailing.draft()
    mailing.decide("approve", ROBIN)
    assert planned(mailing).changes == {}
    mailing.people("late")
    mailing.sql("UPDATE articles SET title = 'Kinder hips'")
    changes = planned(mailing).changes
    assert changes["recipients"] == {"approved": 10, "now": 11}
    assert "what was approved is what will be sent" in changes["content"]
    assert planned(mailing).problems == ()


def test_a_template_that_broke_after_approval_stops_nothing(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("approve", ROBIN)
    mailing.put(template="nope")
    found = planned(mailing)
    assert found.problems == ()
    assert "content" in found.changes


@pytest.mark.parametrize(
    ("approved", "now", "too_much"),
    [(10, 12, False), (10, 13, True), (10, 8, False), (10, 7, True), (1, 2, True), (1000, 1200, False)],
)
def test_drift_is_more_than_a_fifth_either_way(approved: int, now: int, too_much: bool) -> None:
    assert drift(approved, now) is too_much


def test_drift_stands_against_what_was_approved(mailing: Mailing) -> None:
    mailing.crowd(4)
    mailing.draft()
    mailing.decide("approve", ROBIN)
    mailing.people("one-more")
    assert "it would go to 5 people and 4 were approved" in stands(mailing)
    assert stands(mailing) in planned(mailing).problems
    assert f"tipsheet campaign approve {SLUG}" in stands(mailing)


def test_a_time_that_is_over_stands_against_it_and_names_the_time_that_was_asked_for(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("schedule", "2099-12-01 09:00", "Europe/Berlin", ROBIN)
    assert stands(mailing) == ""
    mailing.put(scheduled_for=mailing.now() - timedelta(hours=25))
    assert "it was due at 2099-12-01 09:00 Europe/Berlin, longer ago" in stands(mailing)
    mailing.config = settings(mailing.folder, send_within=timedelta(hours=26))
    assert stands(mailing) == ""


def test_a_new_postal_address_asks_for_a_new_approval_before_real_mail(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("approve", ROBIN)
    real = settings(mailing.folder, provider="sendgrid")
    mailing.config = replace(real, brand=replace(real.brand, address="1 Mill Row, Springfield"))
    assert "approve it again if the address has changed" in stands(mailing)


def test_the_mark_of_a_mail_sees_words_that_only_some_get() -> None:
    def message(branch: str, token: str) -> Message:
        slot = Slot(token, "subscriber.first_name", Place.TEXT, branches=(branch, ""))
        return Message("Tips", f"<p>{token}</p>", token, (slot,))

    assert content_mark(message("Hello", "t1")) == content_mark(message("Hello", "t2"))
    assert content_mark(message("Hello", "t1")) != content_mark(message("Hi", "t1"))
