"""What delivery forgets of an erased person, and that it writes nothing down of them later."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from base.database import Database, database_now
from delivery.erasing import erase
from delivery.models import Attempt, DeliveryException, Event, Run, SeedCopy
from subscribers.keys import Keys
from subscribers.models import Suppression
from subscribers.people import get_subscriber
from tests.delivery.test_events import accepted, brought, drained, event

WISH: dict[str, Any] = {"actor": "robin", "because": "their letter"}
SAID = "550 5.1.1 <P1@example.com> unknown"


def test_the_words_of_mail_servers_go_with_the_person(db: Database, keys: Keys) -> None:
    run, attempt = accepted(db, keys)
    brought(db, event("bounce", 1, attempt, type="bounce", reason=SAID), event("delivered", 2, attempt, response="250"))
    brought(db, {**event("bounce", 1, "", after=9, type="bounce", reason=SAID), "ts_run": "", "ts_subscriber": ""})
    drained(db, keys)
    with db.write() as s:
        s.execute(update(Attempt).values(evidence=f"400: {SAID}"))
        s.execute(update(Run).values(held=SAID))
        refused = {"run_id": run, "subscriber_id": 1, "batch": 1, "kind": "refused", "at": database_now(s)}
        s.add(DeliveryException(**refused, reason=SAID))
        copy = {"run_id": run, "number": 1, "state": "sent", "at": database_now(s)}
        s.add(SeedCopy(**copy, email="P1@example.com", words=SAID))
        receipt = erase(s, keys, get_subscriber(s, keys, "p1@example.com"), **WISH)
        assert receipt.removed[-1] == "the words of mail servers in 6 events and answers"
    with db.read() as s:
        assert sorted(s.scalars(select(Event.detail))) == ["", "", "250"]
        kept = [*s.scalars(select(Attempt.evidence)), *s.scalars(select(Run.held)), *s.scalars(select(SeedCopy.email))]
        kept += [*s.scalars(select(DeliveryException.reason)), *s.scalars(select(Suppression.source))]
        assert [words for words in kept if words and "p1@" in words.lower()] == []


def test_what_comes_back_after_the_erasure_is_counted_and_not_kept_in_words(db: Database, keys: Keys) -> None:
    _run, attempt = accepted(db, keys)
    brought(db, event("delivered", 2, attempt, response="250"))
    with db.write() as s:
        assert "1 bodies" in erase(s, keys, get_subscriber(s, keys, "p1@example.com"), **WISH).not_reached[-1]
    brought(db, event("bounce", 1, attempt, type="bounce", reason=SAID))
    drained(db, keys)
    with db.read() as s:
        assert dict(s.execute(select(Event.kind, Event.detail)).all()) == {"bounced": "", "delivered": "250"}
        assert [words for words in s.scalars(select(Suppression.source)) if "p1@" in words.lower()] == []
