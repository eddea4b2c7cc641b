"""From due to frozen: once, whole and in its time, whatever dies, races or changes on the way."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from base.database import Database
from campaigns import launch
from campaigns.drafts import get_campaign
from campaigns.launch import envelope, launch_due
from campaigns.models import Exclusion
from delivery.models import Batch, Delivery, Run
from subscribers.models import List
from tests.campaigns.mailing import ROBIN, Mailing, settings


def audience(mailing: Mailing) -> list[int]:
    with mailing.db.read() as s:
        mine = select(Delivery.subscriber_id).where(Delivery.run_id == mailing.run_id())
        return list(s.scalars(mine.order_by(Delivery.subscriber_id)))


def left_out(mailing: Mailing) -> dict[int, str]:
    with mailing.db.read() as s:
        return dict(s.execute(select(Exclusion.subscriber_id, Exclusion.reason)).all())


def batches(mailing: Mailing) -> list[int]:
    with mailing.db.read() as s:
        return list(s.scalars(select(Batch.size).order_by(Batch.number)))


@pytest.fixture
def due(mailing_on_both: Mailing) -> Mailing:
    """Seven people, of whom the fourth waits for confirmation, and a campaign that is due."""
    mailing = mailing_on_both
    mailing.people("p1", "p2", "p3")
    mailing.people("p4", state="pending")
    mailing.people("p5", "p6", "p7")
    mailing.draft()
    mailing.decide("send", ROBIN)
    return mailing


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "CHUNK", {"sqlite": 2, "postgresql": 2})


def step(mailing: Mailing) -> bool:
    return launch._step(mailing.db, mailing.config, mailing.row().id)


def test_a_launch_freezes_the_audience_in_full_requests(due: Mailing, small_chunks: None) -> None:
    assert due.launch() == 1
    assert audience(due) == [1, 2, 3, 5, 6, 7]
    assert left_out(due) == {4: "pending"}
    assert batches(due) == [2, 2, 2]
    assert due.state() == "sending"
    assert due.launch() == 0


def test_a_launch_that_died_between_chunks_goes_on_without_loss_or_repetition(due: Mailing, small_chunks: None) -> None:
    """A restart while the recipients are being written drops the tail: Ghost 30230."""
    steps = 0
    while step(due):  # as if the service had been killed after each
        steps += 1
        assert due.state() == "launching"
        due.deliver()
        assert due.mails() == {}
    assert steps == 5
    assert audience(due) == [1, 2, 3, 5, 6, 7]
    due.deliver()
    assert (due.state(), len(due.mails())) == ("sent", 6)


def test_who_joins_while_it_is_being_frozen_is_in_or_named_by_why(due: Mailing, small_chunks: None) -> None:
    for _ in range(3):
        step(due)
    due.people("p4")  # confirms, but the freeze is past
    due.people("p8")
    due.launch()
    assert audience(due) == [1, 2, 3, 5, 6, 7, 8]
    assert due.why("p4").verdict == "excluded"


def test_two_services_that_launch_at_once_make_one_audience(due: Mailing, small_chunks: None) -> None:
    """Two schedulers overlap, and there are two rows for one contact: mautic 9880 and 13070."""
    trouble: list[BaseException] = []

    def serve() -> None:
        other = Database(due.db.url)
        try:
            launch_due(other, due.config)
        except BaseException as cause:
            trouble.append(cause)
        finally:
            other.close()

    services = [threading.Thread(target=serve) for _ in range(2)]
    for service in services:
        service.start()
    for service in services:
        service.join()
    due.launch()  # whichever came second may have left the end to the next tick
    assert trouble == []
    with due.db.read() as s:
        assert len(s.scalars(select(Run.id)).all()) == 1
    assert (audience(due), left_out(due), due.state()) == ([1, 2, 3, 5, 6, 7], {4: "pending"}, "sending")


@pytest.mark.parametrize("decided", ["pause", "cancel"])
def test_what_is_decided_between_the_look_and_the_launch_wins(decided: str, due: Mailing) -> None:
    due.decide(decided)
    assert step(due) is False
    assert due.row().run_id is None


def test_a_new_time_given_between_the_look_and_the_launch_wins(due: Mailing) -> None:
    due.decide("schedule", "2099-12-01 09:00", "UTC", ROBIN)
    assert step(due) is False
    assert due.state() == "scheduled"


def test_a_pause_in_the_middle_of_a_freeze_holds_and_resumes(due: Mailing, small_chunks: None) -> None:
    step(due)
    step(due)
    due.decide("pause")
    assert (step(due), due.launch(), due.state()) == (False, 0, "paused")
    due.decide("resume")
    due.launch()
    due.deliver()
    assert (due.state(), len(due.mails())) == ("sent", 6)


def test_a_cancellation_in_the_middle_of_a_freeze_reaches_nobody(due: Mailing, small_chunks: None) -> None:
    step(due)
    step(due)
    due.decide("cancel")
    assert (step(due), due.launch()) == (False, 0)
    due.deliver()
    found = due.status()
    assert (found.state, found.counts.audience, found.counts.skipped, due.mails()) == ("cancelled", 2, 2, {})
    assert due.why("p1").verdict == "skipped"
    assert due.why("p7").steps[-1].detail == "the campaign was cancelled before it had an audience"


def test_a_second_recipient_row_cannot_come_about(due: Mailing) -> None:
    due.launch()
    due.people("p1", "P1", first_name="Again")
    due.launch()
    assert audience(due) == [1, 2, 3, 5, 6, 7]


def test_an_audience_that_emptied_or_drifted_is_not_mailed(mailing: Mailing) -> None:
    mailing.crowd(5)
    mailing.draft()
    mailing.decide("send", ROBIN)
    for n in range(1, 6):
        mailing.opts_out(f"p{n}")
    mailing.launch()
    assert mailing.state() == "needs_attention"
    assert "nobody would get it" in mailing.status().attention
    assert "it would go to 0 people and 5 were approved" in mailing.status().attention


def test_an_offer_that_ran_out_since_approval_is_not_advertised(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft(offer_ends=timedelta(hours=9))
    mailing.decide("send", ROBIN)
    mailing.sql(
        "UPDATE offers SET valid_until = valid_until - :ms", ms=round(timedelta(hours=8).total_seconds() * 1000)
    )
    mailing.launch()
    assert "its offer is over" in mailing.status().attention


def test_real_mail_is_refused_with_the_shipped_configuration(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft()
    mailing.decide("send", ROBIN)
    mailing.config = settings(mailing.folder, provider="sendgrid")
    mailing.launch()
    assert mailing.state() == "needs_attention"
    for words in ("public_url", "[brand] name", "from_email", "webhook_key"):
        assert words in mailing.status().attention


def test_one_campaign_that_cannot_leave_keeps_no_other(mailing: Mailing) -> None:
    mailing.people("ann")
    for slug in ("first", "second"):
        mailing.draft(slug)
        mailing.decide("send", ROBIN, slug=slug)
    mailing.put("first", scheduled_for=mailing.now() - timedelta(days=3))
    mailing.launch()
    assert [mailing.state(slug) for slug in ("first", "second")] == ["needs_attention", "sending"]


def test_nothing_that_leaves_tells_what_a_campaign_is_about(mailing: Mailing) -> None:
    mailing.draft("back-pain")
    with mailing.db.read() as s:
        campaign, lst = get_campaign(s, "back-pain"), s.scalars(select(List)).one()
        around = envelope(mailing.config, lst, campaign.public_id)
    assert "back-pain" not in str(around)
    assert "tips" not in around.list_header
    fields = around.feedback_id.split(":")
    assert len(fields) == 4
    assert 5 <= len(fields[3]) <= 15
