"""A campaign of a sender that is new: those who clicked or opened last first, and on as many days as it takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from base.config import WarmUpConfig
from base.errors import Refused
from campaigns.drafts import get_campaign
from campaigns.plan import Plan, plan
from delivery.models import Batch
from subscribers.models import Profile, Subscriber
from tests.campaigns.mailing import ROBIN, Mailing

DAY = timedelta(days=1)


@pytest.fixture
def new(mailing_on_both: Mailing) -> Mailing:
    """Six people, of whom three clicked or opened something, and caps of two, three and ten."""
    mailing = mailing_on_both
    mailing.config = replace(mailing.config, warm_up=WarmUpConfig(caps=(2, 3, 10)))
    mailing.crowd(6)
    engaged(mailing, "p2", opened=400)
    engaged(mailing, "p4", opened=90, clicked=3)
    engaged(mailing, "p5", opened=40)
    return mailing


def engaged(mailing: Mailing, name: str, *, opened: int | None = None, clicked: int | None = None) -> None:
    """So many days ago."""
    now = mailing.now()
    with mailing.db.write() as s:
        person = s.scalars(select(Subscriber.id).where(Subscriber.email == f"{name}@example.com")).one()
        row = s.get_one(Profile, person)
        row.last_opened = now - opened * DAY if opened else None
        row.last_clicked = now - clicked * DAY if clicked else None


def planned(mailing: Mailing) -> Plan:
    with mailing.db.read() as s:
        return plan(s, get_campaign(s, "december"), mailing.config)


def sent(mailing: Mailing) -> list[str]:
    return sorted(address.partition("@")[0] for address in mailing.mails())


def a_day_later(mailing: Mailing) -> None:
    day = round(DAY.total_seconds() * 1000)
    mailing.sql("UPDATE paces SET day_ends_at = day_ends_at - :day", day=day)
    mailing.sql("UPDATE batches SET not_before = not_before - :day, not_after = not_after - :day", day=day)


def test_the_newest_clicks_and_openings_go_first_and_the_rest_on_the_days_after(new: Mailing) -> None:
    new.draft()
    assert new.sent().state == "sending"
    assert sent(new) == ["p4", "p5"]
    a_day_later(new)
    new.deliver()
    assert len(sent(new)) == 5
    assert "p2" in sent(new)  # opened something at least once
    a_day_later(new)
    new.deliver()
    assert (len(sent(new)), new.state()) == (6, "sent")


def test_its_time_is_longer_by_the_days_that_it_needs(new: Mailing) -> None:
    new.draft()
    found = planned(new)
    assert (found.days, found.requests) == (3, 3)
    new.sent()
    with new.db.read() as s:
        left = s.scalars(select(Batch.not_after).where(Batch.state == "planned")).first()
    assert left is not None
    assert 2 * DAY < left - new.now() <= 3 * DAY


def test_an_offer_that_ends_before_the_last_day_stands_against_it(new: Mailing) -> None:
    new.draft(offer_ends=2 * DAY)
    with pytest.raises(Refused, match="its offer is over"):
        new.decide("send", ROBIN)
    assert planned(new).days == 3


def test_what_waits_already_comes_first_in_the_reckoning(new: Mailing) -> None:
    new.draft()
    new.sent()
    new.draft("january")
    with new.db.read() as s:
        assert plan(s, get_campaign(s, "january"), new.config).days == 3  # four of december: 3, and 1 of 10; then six


def test_a_sender_that_is_warm_needs_no_days(new: Mailing) -> None:
    new.config = replace(new.config, warm_up=WarmUpConfig())
    new.draft()
    assert planned(new).days == 1
    assert new.sent().state == "sent"
