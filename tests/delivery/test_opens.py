"""Opens count of those who agreed, for as long as they did; of others nothing is kept, whatever the provider tells."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from base.database import Database, database_now
from delivery.ledger import record
from delivery.models import Event, Outcome
from delivery.outcomes import Flag
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from subscribers.models import Profile
from tests.delivery.test_events import accepted, brought, drained, event
from tests.support.people import says_of_opens
from tests.support.runs import a_run, count, taken


def flags(db: Database, person: int) -> Flag:
    with db.read() as s:
        found = s.scalar(select(Outcome.flags).where(Outcome.subscriber_id == person))
    return Flag(found or 0)


def kept(db: Database) -> list[str]:
    with db.read() as s:
        return sorted(s.scalars(select(Event.kind)))


def test_what_is_told_of_a_mail_says_whether_its_opening_would_be_seen(db: Database, keys: Keys) -> None:
    _, attempt = accepted(db, keys)
    brought(db, event("delivered", 1, attempt), event("delivered", 2, attempt), event("open", 2, attempt))
    drained(db, keys)
    assert (flags(db, 1), flags(db, 2)) == (Flag.DELIVERED | Flag.TRACKED, Flag.DELIVERED | Flag.OPENED | Flag.TRACKED)


@pytest.mark.parametrize("machine", [True, False])
def test_of_a_mail_without_open_tracking_no_open_is_kept_and_staff_are_told_what_to_switch_off(
    machine: bool, db: Database, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    """No pixel without its own consent: CNIL, deliberation 2026-042; an account can force it upon each mail."""
    run = a_run(db, keys, 2)
    attempt = taken(db).attempt
    with db.write() as s:
        record(s, attempt, Answer(Verdict.UNCERTAIN, "timed out"))
    brought(db, event("open", 1, attempt, sg_machine_open=machine), event("delivered", 2, attempt))
    drained(db, keys)
    assert (flags(db, 1), kept(db)) == (Flag(0), ["delivered"])
    with db.read() as s:
        assert s.get_one(Profile, 1).last_opened is None
    assert count(db, run).accepted == 2
    assert "turn Open Tracking off in SendGrid's settings" in caplog.text


def test_an_open_alone_proves_its_attempt_even_if_it_is_not_kept(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, 2)
    attempt = taken(db).attempt
    with db.write() as s:
        record(s, attempt, Answer(Verdict.UNCERTAIN, "timed out"))
    brought(db, event("open", 1, attempt))
    drained(db, keys)
    assert (count(db, run).accepted, count(db, run).uncertain, kept(db)) == (2, 0, [])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_open_counts_if_they_agreed_at_that_moment_in_whatever_order_it_is_told(
    order: tuple[int, ...], db: Database, keys: Keys
) -> None:
    """Withdrawal also holds for mails that are there already: CNIL, deliberation 2026-042."""
    _, attempt = accepted(db, keys)
    with db.read() as s:
        now = database_now(s)
    before, after = (round((now + timedelta(minutes=n)).timestamp()) for n in (-5, 5))
    told = {0: event("open", 1, attempt, timestamp=before), 1: event("open", 1, attempt, timestamp=after)}
    for step in order:
        if step in told:
            brought(db, told[step])
            drained(db, keys)
        else:
            with db.write() as s:
                says_of_opens(s, keys, "p1@example.com", allowed=False)
    drained(db, keys)
    early = order.index(1) < order.index(2)  # told before they took it back: a clock that is ahead
    assert kept(db) == ["opened"] * (2 if early else 1)
    assert flags(db, 1) & Flag.OPENED


def test_who_left_the_list_is_seen_no_more(db: Database, keys: Keys) -> None:
    _, attempt = accepted(db, keys)
    brought(db, event("spamreport", 1, attempt), event("open", 2, attempt))
    drained(db, keys)
    brought(db, event("open", 1, attempt, after=60), event("open", 2, attempt, after=60))
    drained(db, keys)
    assert kept(db) == ["complained", "opened", "opened"]
    assert not flags(db, 1) & Flag.OPENED
