"""What people change about a campaign that leaves: its pace, and that the refused are tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from base.config import FrequencyConfig
from base.database import Database, database_now
from base.errors import Refused
from campaigns import under_way
from campaigns.alerts.needs import needs
from campaigns.drafts import get_campaign
from delivery import pace, rests
from delivery.ledger import record
from delivery.providers.provider import Answer, Verdict
from delivery.thresholds import hold_what_is_bad
from subscribers.keys import Keys
from tests.campaigns.mailing import ROBIN, SLUG, Mailing
from tests.support.runs import taken, time_passes


@pytest.fixture
def mailing(db: Database, keys: Keys, tmp_path: Path) -> Mailing:
    made = Mailing(db, keys, tmp_path)
    made.crowd(4)
    made.draft()
    return made


def launched(mailing: Mailing, slug: str = SLUG) -> None:
    mailing.decide("send", ROBIN, slug=slug)
    mailing.launch()


def slowed(mailing: Mailing, per_hour: int) -> int:
    with mailing.db.write() as s:
        return under_way.set_pace(s, get_campaign(s, SLUG, lock=True), per_hour)


def retried(mailing: Mailing, because: str = "", slug: str = SLUG) -> int:
    with mailing.db.write() as s:
        campaign = get_campaign(s, slug, lock=True)
        return under_way.retry_refused(s, campaign, mailing.config, by="kim", because=because).people


def refused(mailing: Mailing) -> None:
    """One of the first two, and the rest is taken."""
    claimed = taken(mailing.db)
    one = claimed.members[0].subscriber_id
    with mailing.db.write() as s:
        record(s, claimed.attempt, Answer(Verdict.REFUSED, "no", 400, refused={one: "no such mailbox"}))
    mailing.deliver()


def alerts(mailing: Mailing) -> dict[str, str]:
    with mailing.db.read() as s:
        return {need.cause.split(":", 2)[-1]: need.words for need in needs(s, database_now(s), "here")}


def test_a_pace_set_before_the_launch_holds_from_its_first_mail(mailing: Mailing) -> None:
    assert slowed(mailing, 60) == 0
    launched(mailing)
    mailing.deliver()
    found = mailing.status()
    assert (found.counts.accepted, found.counts.planned, found.state) == (1, 3, "sending")
    assert found.waits.startswith("not faster than 60 an hour; goes on at ")


def test_a_pace_may_be_changed_and_taken_away_while_it_leaves(mailing: Mailing) -> None:
    launched(mailing)
    slowed(mailing, 60)
    mailing.deliver()
    assert slowed(mailing, 0) == 60
    mailing.deliver()
    assert (mailing.status().counts.accepted, mailing.status().waits) == (4, "")


def test_what_is_over_has_no_pace(mailing: Mailing) -> None:
    mailing.sent()
    with pytest.raises(Refused, match="december is sent; there is nothing to slow down"):
        slowed(mailing, 60)


def test_the_days_limit_is_told_and_the_rest_goes_tomorrow(mailing: Mailing) -> None:
    """A new account allows 100 a day; a batch of 1,000 is refused for ever: Ghost 25403."""
    with mailing.db.write() as s:
        pace.limit_everything(s, per_hour=0, per_day=3, day_zone="UTC")
    mailing.config = replace(mailing.config, delivery=replace(mailing.config.delivery, send_within=timedelta(days=3)))
    launched(mailing)
    mailing.deliver()
    assert mailing.status().waits.startswith("today's limit of 3 is used up; goes on at ")
    time_passes(mailing.db, timedelta(hours=24))
    mailing.deliver()
    assert mailing.state() == "sent"


def test_credits_that_are_used_up_need_a_person_but_no_campaign_does(mailing: Mailing) -> None:
    launched(mailing)
    with mailing.db.write() as s:
        rests.exhaust(s, f"files:{mailing.config.delivery.files_path}", "Maximum credits exceeded")
    mailing.deliver()
    assert (mailing.state(), mailing.status().counts.planned) == ("sending", 4)
    assert mailing.status().waits.startswith("the provider takes nothing: Maximum credits exceeded; it is asked again")
    assert list(alerts(mailing)) == ["credits"]
    mailing.sql("DELETE FROM rests")
    assert alerts(mailing) == {}


def test_a_brake_of_bounces_says_what_happened_and_how_it_goes_on(mailing: Mailing) -> None:
    launched(mailing)
    claimed = taken(mailing.db)
    with mailing.db.write() as s:
        record(s, claimed.attempt, Answer(Verdict.ACCEPTED))
    mailing.sql(
        "INSERT INTO outcomes (run_id, subscriber_id, flags, first_at, last_at) "
        "SELECT run_id, subscriber_id, 32, 1, 1 FROM deliveries WHERE batch = 1"
    )
    hold_what_is_bad(mailing.db, replace(mailing.config.brakes, after=2))
    assert mailing.state() == "needs_attention"
    words = alerts(mailing)["held"]
    assert "100.0 % of 2 bounced for good, more than [brakes] bounces allows" in words
    assert words.endswith(f"tipsheet campaign resume {SLUG}")
    mailing.decide("resume")
    hold_what_is_bad(mailing.db, replace(mailing.config.brakes, after=2))
    mailing.deliver()
    assert mailing.state() == "sent"


def test_retrying_the_refused_sends_to_them_alone_and_is_then_all_sent(mailing: Mailing) -> None:
    launched(mailing)
    refused(mailing)
    assert mailing.state() == "partially_sent"
    assert retried(mailing, "they made room") == 1
    mailing.deliver()
    assert (mailing.state(), mailing.status().counts.accepted) == ("sent", 4)
    why = mailing.why("p1")
    assert why.verdict == "accepted"
    assert [step.what for step in why.steps].count("refused") == 1
    assert "kim: they made room" in [step.detail for step in why.steps]


def test_where_nobody_was_refused_nobody_is_tried_again(mailing: Mailing) -> None:
    with pytest.raises(Refused, match="Nobody was refused"):
        retried(mailing)
    mailing.sent()
    with pytest.raises(Refused, match="Nobody was refused"):
        retried(mailing)


def test_a_cancelled_campaign_tries_nobody_again(mailing: Mailing) -> None:
    launched(mailing)
    claimed = taken(mailing.db)
    no = {member.subscriber_id: "no" for member in claimed.members[:1]}
    with mailing.db.write() as s:
        record(s, claimed.attempt, Answer(Verdict.REFUSED, "no", 400, refused=no))
    mailing.decide("cancel")
    with pytest.raises(Refused, match="december is cancelled"):
        retried(mailing)


def test_nobody_is_tried_again_for_an_offer_that_is_over(mailing: Mailing) -> None:
    """A mail goes out with an expired coupon: edX 3462."""
    mailing.draft("offered", offer_ends=timedelta(hours=5))
    launched(mailing, "offered")
    refused(mailing)
    mailing.sql("UPDATE offers SET valid_until = :now", now=round((mailing.now().timestamp() + 60) * 1000))
    with pytest.raises(Refused, match="Its offer is over"):
        retried(mailing, slug="offered")


def test_the_cap_leaves_people_out_of_plan_and_audience_by_name(mailing: Mailing) -> None:
    mailing.config = replace(mailing.config, frequency=FrequencyConfig(most=1, within=timedelta(days=7)))
    mailing.sent()
    mailing.people("new")
    mailing.draft("second")
    assert mailing.why("p1", "second").steps[-1].detail == "would get it if it were sent now", "asked without a cap"
    found = mailing.sent("second")
    assert found.counts.audience == 1
    assert mailing.why("p1", "second").steps[-1].detail == "frequency cap"
    with mailing.db.read() as s:
        excluded = s.execute(text("SELECT reason, count(*) FROM exclusions GROUP BY reason")).all()
    assert [tuple(row) for row in excluded] == [("frequency cap", 4)]
