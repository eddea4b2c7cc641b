"""What needs a person, cause by cause; and that it ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from base.database import Database, database_now
from campaigns.alerts.needs import needs
from delivery import heartbeat, seeds
from delivery.installation import adopt
from delivery.ledger import record
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from tests.campaigns.mailing import ROBIN, SLUG, Mailing
from tests.support.runs import taken, time_passes


@pytest.fixture
def mailing(db: Database, keys: Keys, tmp_path: Path) -> Mailing:
    made = Mailing(db, keys, tmp_path)
    made.crowd(5)
    made.draft()
    return made


def found(mailing: Mailing) -> dict[str, str]:
    with mailing.db.read() as s:
        return {need.cause.split(":", 2)[-1]: need.words for need in needs(s, database_now(s), "here")}


def launched(mailing: Mailing) -> None:
    mailing.decide("send", ROBIN)
    mailing.launch()


def answered(mailing: Mailing, verdict: Verdict, words: str = "") -> None:
    one = taken(mailing.db)
    with mailing.db.write() as s:
        record(s, one.attempt, Answer(verdict, words))


def test_a_draft_and_a_sent_campaign_need_nobody(mailing: Mailing) -> None:
    assert found(mailing) == {}
    assert mailing.sent().state == "sent"
    assert found(mailing) == {}


def test_a_campaign_that_nobody_would_get_says_so(mailing: Mailing) -> None:
    mailing.decide("schedule", "2099-01-01 09:00", "UTC", ROBIN)
    for n in range(1, 6):
        mailing.opts_out(f"p{n}")
    mailing.put(scheduled_for=mailing.now(), wall=None)
    mailing.launch()
    assert "nobody would get it" in found(mailing)["attention"]


def test_a_time_without_approval_is_named(mailing: Mailing) -> None:
    mailing.put(scheduled_for=mailing.now() + timedelta(days=2))
    assert "tipsheet campaign approve december" in found(mailing)["approval"]
    mailing.decide("cancel")
    assert found(mailing) == {}


def test_a_pause_in_the_middle_of_sending_is_named_until_it_goes_on(mailing: Mailing) -> None:
    launched(mailing)
    mailing.decide("pause")
    assert list(found(mailing)) == ["paused"]
    mailing.decide("resume")
    assert found(mailing) == {}


def test_the_providers_hold_is_named_with_its_words(mailing: Mailing) -> None:
    launched(mailing)
    answered(mailing, Verdict.HELD, "SendGrid answered 401: the key is gone")
    assert found(mailing)["held"].startswith("december needs attention: SendGrid answered 401: the key is gone; when")


def test_the_open_breaker_is_named_and_then_that_no_proof_comes(mailing: Mailing) -> None:
    launched(mailing)
    mailing.sql("UPDATE runs SET events_expected = TRUE")
    answered(mailing, Verdict.UNCERTAIN, "no answer")
    assert found(mailing) == {}
    answered(mailing, Verdict.UNCERTAIN, "no answer")
    assert list(found(mailing)) == ["stopped"]
    time_passes(mailing.db, timedelta(hours=2))
    assert "tipsheet campaign resolve december" in found(mailing)["undecided"]


def test_half_an_hour_without_events_is_named_until_one_comes(mailing: Mailing) -> None:
    launched(mailing)
    mailing.sql("UPDATE runs SET events_expected = TRUE")
    answered(mailing, Verdict.ACCEPTED)
    assert found(mailing) == {}
    time_passes(mailing.db, timedelta(minutes=31))
    assert "tipsheet doctor" in found(mailing)["no events"]
    mailing.sql("UPDATE attempts SET first_event_at = answered_at")
    assert found(mailing) == {}


def test_a_database_from_elsewhere_is_named_unless_a_service_runs(mailing: Mailing) -> None:
    with mailing.db.write() as s:
        adopt(s, "there", "robin", beside=False)
    assert "last used elsewhere (there)" in found(mailing)["elsewhere"]
    with mailing.db.write() as s:
        heartbeat.beat(s, "the service")
    assert found(mailing) == {}


def test_silence_is_no_trouble_where_no_events_are_expected(mailing: Mailing) -> None:
    launched(mailing)
    mailing.sql("UPDATE runs SET events_expected = FALSE")
    answered(mailing, Verdict.ACCEPTED)
    time_passes(mailing.db, timedelta(minutes=31))
    assert found(mailing) == {}


def test_a_copy_for_a_colleague_that_failed_is_named_and_holds_nothing(mailing: Mailing) -> None:
    launched(mailing)
    with mailing.db.write() as s:
        seeds.plan(s, mailing.row().run_id or 0, ["kim@example.com", "lee@example.com"])
    assert found(mailing) == {}
    mailing.sql("UPDATE seed_copies SET state = 'failed', words = 'no kim@example.com here' WHERE number = 1")
    mailing.deliver()
    assert found(mailing) == {
        "copies": "A copy of december for colleagues did not leave, or nobody knows whether it did "
        "(no (an address) here); recipients are not touched by that, see: tipsheet campaign status december"
    }
    assert mailing.state() == "sent"


def test_counts_that_do_not_add_up_are_named_and_hide_nothing_else(mailing: Mailing) -> None:
    launched(mailing)
    mailing.draft("other")
    mailing.put("other", scheduled_for=mailing.now() + timedelta(days=1))
    mailing.sql("UPDATE runs SET audience = audience + 1")
    assert "does not add up" in found(mailing)["sums"]
    assert "other has a time" in found(mailing)["approval"]


def test_somebody_who_got_it_twice_is_not_named_by_address(mailing: Mailing) -> None:
    mailing.sent()
    run = mailing.run_id()
    mailing.sql(
        "INSERT INTO duplicates (run_id, subscriber_id, attempt, found_at) "
        "SELECT :run, subscriber_id, 'a', 0 FROM deliveries WHERE run_id = :run",
        run=run,
    )
    words = found(mailing)["twice"]
    assert words.startswith("december needs attention: (an address), (an address)")
    assert f"tipsheet campaign why {SLUG}" in words
