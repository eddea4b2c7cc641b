"""The way back: spooled bodies, applied in any order and any number of times."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from base.database import Database
from delivery import events
from delivery.applying import apply
from delivery.ledger import record
from delivery.models import Attempt, Event, Spooled
from delivery.providers.provider import Answer, Verdict
from delivery.providers.sendgrid.webhook import is_urgent, parse
from delivery.trail import trail
from subscribers import suppression
from subscribers.addresses import address_key
from subscribers.keys import Keys
from subscribers.people import find
from tests.support.runs import a_run, count, take, taken

NOON = int(datetime(2026, 12, 1, 12, tzinfo=UTC).timestamp())


def event(kind: str, person: int, attempt: str, *, after: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "email": f"p{person}@example.com",
        "event": kind,
        "timestamp": NOON + after,
        "sg_event_id": f"{kind}-{person}-{random.random()}",  # it changes with each repetition, as reported
        "sg_message_id": f"message.recvd-1-{person}.0",
        "ts_attempt": attempt,
        "ts_run": "run-1",
        "ts_subscriber": str(person),
        **more,
    }


def brought(db: Database, *found: dict[str, Any]) -> None:
    body = (json.dumps(found) + "\r\n").encode()
    with db.write() as s:
        events.spool(s, "sendgrid", body, urgent=is_urgent(body))


def drained(db: Database, keys: Keys) -> None:
    while events.drain(db, keys):
        pass


def accepted(db: Database, keys: Keys, people: int = 2) -> tuple[int, str]:
    run = a_run(db, keys, people=people, batch_size=people, agreed=range(1, people + 1))
    attempt = taken(db).attempt
    with db.write() as s:
        record(s, attempt, Answer(Verdict.ACCEPTED, "202", 202, "message"))
    return run, attempt


def stopped(db: Database, keys: Keys, person: int) -> list[str]:
    with db.read() as s:
        return [x.reason for x in suppression.stops(s, address_key(keys, f"p{person}@example.com"))]


def test_an_event_proves_its_attempt_and_tells_what_became_of_the_mail(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    attempt = taken(db).attempt
    with db.write() as s:
        record(s, attempt, Answer(Verdict.UNCERTAIN, "timed out"))
    brought(db, event("delivered", 1, attempt))
    drained(db, keys)
    n = count(db, run)
    assert (n.accepted, n.delivered, n.no_news, n.uncertain) == (2, 1, 1, 0)


FATES = [
    ("delivered", {}, "delivered", []),
    ("deferred", {"response": "451 later"}, "deferred", []),
    ("bounce", {"type": "bounce", "reason": "550 no such user"}, "bounced", ["hard bounce"]),
    ("bounce", {"type": "blocked", "reason": "550 blocked"}, "blocked", []),
    ("bounce", {"type": "expired"}, "blocked", []),
    ("dropped", {"reason": "Bounced Address"}, "dropped", ["hard bounce"]),
    ("dropped", {"reason": "Spam Reporting Address"}, "dropped", ["complaint"]),
    ("dropped", {"reason": "Recipient List over Package Quota"}, "dropped", []),
    ("open", {}, "delivered", []),
]


@pytest.mark.parametrize(("kind", "more", "fate", "stops"), FATES, ids=[f"{k} {m}" for k, m, _, _ in FATES])
def test_each_kind_of_event_has_its_outcome_and_its_suppression(
    sqlite_db: Database, keys: Keys, kind: str, more: dict[str, Any], fate: str, stops: list[str]
) -> None:
    run, attempt = accepted(sqlite_db, keys)
    brought(sqlite_db, event(kind, 1, attempt, **more))
    drained(sqlite_db, keys)
    assert getattr(count(sqlite_db, run), fate) == 1
    assert stopped(sqlite_db, keys, 1) == stops
    assert stopped(sqlite_db, keys, 2) == []


def test_a_complaint_stops_the_address_everywhere_and_withdraws_consent(db: Database, keys: Keys) -> None:
    run, attempt = accepted(db, keys)
    brought(db, event("spamreport", 1, attempt))
    drained(db, keys)
    assert sorted(stopped(db, keys, 1)) == ["complaint", "opt-out"]
    assert count(db, run).complained == 1


def test_events_repeated_and_reordered_count_once(db: Database, keys: Keys) -> None:
    """Three times on average, up to 46 times, out of order, with changing ids (sendgrid/docs 2933, nodejs 1435)."""
    run, attempt = accepted(db, keys, people=3)
    story = [
        event(kind, person, attempt, after=second)
        for person in (1, 2, 3)
        for second, kind in enumerate(("processed", "deferred", "delivered", "open"))
    ]
    story += [event("bounce", 3, attempt, after=9, type="bounce", reason="550")]
    told = story * 7
    random.Random(7).shuffle(told)
    for start in range(0, len(told), 5):
        brought(db, *told[start : start + 5])
    drained(db, keys)
    n = count(db, run)
    assert (n.delivered, n.bounced, n.deferred, n.no_news) == (2, 1, 0, 0)
    with db.read() as s:
        assert len(s.scalars(select(Event)).all()) == len(story)


def test_an_opt_out_in_the_spool_is_applied_before_the_next_claim(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2)
    brought(db, event("unsubscribe", 1, "none"))
    with db.read() as s:
        assert events.has_urgent(s)
    events.drain(db, keys, urgent_only=True)
    claimed = take(db)
    assert claimed is not None
    assert [m.email for m in claimed.members] == ["p2@example.com"]


def test_a_bounce_without_ids_stops_the_address_and_settles_nothing(db: Database, keys: Keys) -> None:
    run, _ = accepted(db, keys)
    late = {"email": "p1@example.com", "timestamp": NOON, "event": "bounce", "type": "bounce", "reason": "550"}
    brought(db, late)
    drained(db, keys)
    assert stopped(db, keys, 1) == ["hard bounce"]
    assert (count(db, run).bounced, count(db, run).no_news) == (0, 2)


def test_a_body_that_cannot_be_applied_is_set_aside_and_stops_nobody_else(db: Database, keys: Keys) -> None:
    run, attempt = accepted(db, keys)
    with db.write() as s:
        events.spool(s, "sendgrid", b"{not json", urgent=False)
    brought(db, event("delivered", 1, attempt))
    drained(db, keys)
    assert count(db, run).delivered == 1
    with db.read() as s:
        assert events.set_aside(s) == 1
        assert "no JSON" in s.scalars(select(Spooled.trouble)).one()


def test_words_of_other_mail_servers_carry_no_control_characters(db: Database, keys: Keys) -> None:
    run, attempt = accepted(db, keys)
    brought(db, event("bounce", 1, attempt, type="blocked", reason="550 \x00\x1b[31mred\r\n"))
    drained(db, keys)
    with db.read() as s:
        assert s.scalars(select(Event.detail)).one().isprintable()
    assert count(db, run).blocked == 1


@pytest.mark.parametrize(
    "odd",
    [{"reason": "half a character \ud800 and \x00"}, {"url": "http://example.com/\udfff"}, {"ts_subscriber": "9" * 18}],
    ids=["surrogate", "surrogate in the key", "large id"],
)
def test_an_odd_event_keeps_no_opt_out_beside_it_from_us(db: Database, keys: Keys, odd: dict[str, str]) -> None:
    run, attempt = accepted(db, keys)
    brought(db, event("bounce", 1, attempt, **odd), event("unsubscribe", 2, attempt))
    drained(db, keys)
    with db.read() as s:
        assert events.set_aside(s) == 0
        assert suppression.stops(s, address_key(keys, "p2@example.com"))
    assert count(db, run).opted_out == 1


def test_an_unknown_kind_of_event_is_kept_and_changes_nothing(db: Database, keys: Keys) -> None:
    run, attempt = accepted(db, keys)
    brought(db, event("account_status_change", 1, attempt))
    drained(db, keys)
    assert count(db, run).no_news == 2


def test_the_first_event_of_an_attempt_shows_that_the_way_back_is_alive(db: Database, keys: Keys) -> None:
    _, attempt = accepted(db, keys)
    brought(db, event("processed", 1, attempt))
    drained(db, keys)
    with db.read() as s:
        assert s.get_one(Attempt, attempt).first_event_at is not None


def test_the_trail_of_one_person_tells_every_step_in_order(db: Database, keys: Keys) -> None:
    run, attempt = accepted(db, keys)
    brought(db, event("delivered", 1, attempt, after=2), event("processed", 1, attempt))
    drained(db, keys)
    with db.read() as s:
        person = find(s, keys, "p1@example.com")
        assert person is not None
        found = trail(s, run, person.id)
    assert found is not None
    assert found.verdict == "delivered"
    assert [step.what for step in found.steps] == ["planned", "attempt 1", "processed", "delivered"]


def test_the_same_event_in_two_bodies_at_once_is_no_trouble_of_either(db: Database, keys: Keys) -> None:
    run, attempt = accepted(db, keys)
    twice = event("delivered", 1, attempt)
    brought(db, twice)
    drained(db, keys)
    with db.write() as s:
        known = s.scalars(select(Event)).one()
        fresh = parse(json.dumps([twice, event("unsubscribe", 2, attempt)]).encode())
        assert known.key in {one.natural_key for one in fresh}
        assert apply(s, keys, fresh, known.at) == 1
        assert s.scalar(select(func.count()).select_from(Event)) == 2
    assert count(db, run).delivered == 1
