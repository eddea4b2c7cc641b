"""Opens count of those who agreed, for as long as they did; of others nothing is kept, whatever the provider tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen

from base.database import Database, database_now
from delivery.ledger import record
from delivery.models import Event, Outcome
from delivery.outcomes import Flag
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from subscribers.models import Consent, Profile, Subscription
from subscribers.projection import MARKETING, OPENS, Purpose, Said
from subscribers.projection import record as write
from tests.delivery.test_events import accepted, brought, drained, event
from tests.support.people import says_of_opens
from tests.support.runs import a_run, count, taken

MINUTE = timedelta(minutes=1)
NEVER = datetime.max.replace(tzinfo=UTC)


def flags(db: Database, person: int) -> Flag:
    with db.read() as s:
        found = s.scalar(select(Outcome.flags).where(Outcome.subscriber_id == person))
    return Flag(found or 0)


def kept(db: Database) -> list[str]:
    with db.read() as s:
        return sorted(s.scalars(select(Event.kind)))


def kept_at(db: Database) -> list[int]:
    with db.read() as s:
        return [second(at) for at in s.scalars(select(Event.at).where(Event.kind == "opened").order_by(Event.at))]


def second(at: datetime) -> int:
    return int(at.timestamp())


def agreed_at(db: Database) -> datetime:
    with db.read() as s:
        return s.scalars(select(Subscription.opens_since).where(Subscription.subscriber_id == 1)).one() or NEVER


def says(db: Database, state: str, purpose: Purpose, at: datetime) -> None:
    """Of the first person, at a time of the test's own."""
    with db.write() as s:
        list_id, evidence = s.execute(select(Consent.list_id, Consent.evidence_id).limit(1)).one()
        write(s, 1, list_id, state, Said(evidence, at), purpose)


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


@pytest.mark.parametrize("told_before", [0, 1])
def test_an_open_counts_if_they_agreed_at_that_moment_whether_it_is_told_before_they_took_it_back_or_after(
    told_before: int, db: Database, keys: Keys
) -> None:
    """Withdrawal also holds for mails that are there already: CNIL, deliberation 2026-042."""
    _, attempt = accepted(db, keys)
    with db.read() as s:
        now = database_now(s)
    told = [event("open", 1, attempt, timestamp=second(now + n * MINUTE)) for n in (-5, 5)]
    brought(db, *told[:told_before])
    drained(db, keys)
    with db.write() as s:
        says_of_opens(s, keys, "p1@example.com", allowed=False)
    brought(db, *told[told_before:])
    drained(db, keys)
    assert kept(db) == ["opened"]
    assert flags(db, 1) & Flag.OPENED


@pytest.mark.parametrize("told_after", range(4))
def test_who_leaves_the_list_after_they_took_it_back_was_not_to_be_seen_in_between(
    told_after: int, db: Database, keys: Keys
) -> None:
    _, attempt = accepted(db, keys)
    now = agreed_at(db)
    then = [("withdrawn", OPENS, 10), ("withdrawn", MARKETING, 20), ("confirmed", MARKETING, 30)]
    for state, purpose, minutes in then[:told_after]:
        says(db, state, purpose, now + minutes * MINUTE)
    brought(db, event("open", 1, attempt, timestamp=second(now + 5 * MINUTE)))
    drained(db, keys)
    for state, purpose, minutes in then[told_after:]:
        says(db, state, purpose, now + minutes * MINUTE)
    brought(db, *(event("open", 1, attempt, timestamp=second(now + n * MINUTE)) for n in (15, 25, 35)))
    drained(db, keys)
    assert kept_at(db) == [second(now + 5 * MINUTE)]


@pytest.mark.parametrize("told_after_the_second_consent", [True, False])
def test_who_agrees_again_is_not_seen_in_between(told_after_the_second_consent: bool, db: Database, keys: Keys) -> None:
    _, attempt = accepted(db, keys)
    now = agreed_at(db)
    told = [event("open", 1, attempt, timestamp=second(now + n * MINUTE)) for n in (5, 15)]
    says(db, "withdrawn", OPENS, now + 10 * MINUTE)
    if not told_after_the_second_consent:
        brought(db, *told)
        drained(db, keys)
    says(db, "confirmed", OPENS, now + 20 * MINUTE)
    brought(db, *told, event("open", 1, attempt, timestamp=second(now + 25 * MINUTE)))
    drained(db, keys)
    assert kept_at(db) == [second(now + n * MINUTE) for n in (5, 25)]


def test_consents_are_read_by_one_statement_and_only_where_somebody_may_not_have_agreed(
    db: Database, keys: Keys
) -> None:
    _, attempt = accepted(db, keys, people=3)
    now, asked = agreed_at(db), list[str]()
    says(db, "withdrawn", OPENS, now + 10 * MINUTE)
    listen(db.engine, "before_cursor_execute", lambda _c, _cur, sql, *_: asked.append(sql))
    brought(db, *(event("delivered", n, attempt, timestamp=second(now)) for n in (1, 2, 3)))
    drained(db, keys)
    assert not [sql for sql in asked if "consents" in sql]
    brought(db, *(event("open", n, attempt, timestamp=second(now + 15 * MINUTE)) for n in (1, 2, 3)))
    drained(db, keys)
    assert len([sql for sql in asked if "consents" in sql]) == 1
    assert [bool(flags(db, n) & Flag.OPENED) for n in (1, 2, 3)] == [False, True, True]


def test_who_left_the_list_is_seen_no_more(db: Database, keys: Keys) -> None:
    _, attempt = accepted(db, keys)
    brought(db, event("spamreport", 1, attempt), event("open", 2, attempt))
    drained(db, keys)
    brought(db, event("open", 1, attempt, after=60), event("open", 2, attempt, after=60))
    drained(db, keys)
    assert kept(db) == ["complained", "opened", "opened"]
    assert not flags(db, 1) & Flag.OPENED
