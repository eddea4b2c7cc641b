"""Events of before the step that lays them by time are known again when they are told once more."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sqlalchemy import text

import migrations
from base.database import Database
from delivery.providers.sendgrid.webhook import parse

EVENT = {"email": "p1@example.com", "event": "delivered", "timestamp": 1_790_000_000, "sg_message_id": "m.1"}
NONE = {"run_id": None, "subscriber_id": None, "attempt": None, "kind": "delivered", "detail": ""}


def older_key() -> bytes:
    parts = "\x1f".join(["delivered", "m.1", "p1@example.com", "1790000000", "", ""])
    return hashlib.blake2b(parts.encode(), digest_size=16).digest()


def test_an_event_of_an_older_database_keeps_its_identity(empty_url: str) -> None:
    db = Database(empty_url)
    if db.is_sqlite:
        Path(str(db.engine.url.database)).parent.mkdir(parents=True)
    with db.write() as s:
        migrations.rebuild(s, "0011")
        insert = (
            "INSERT INTO events (key, run_id, subscriber_id, attempt, kind, at, detail, provider_event_id) "
            "VALUES (:key, :run_id, :subscriber_id, :attempt, :kind, :at, :detail, '')"
        )
        s.execute(text(insert), {"key": older_key(), "at": 1_790_000_000_000, **NONE})
    with db.write() as s:
        migrations.bring_up(s)
    with db.read() as s:
        (key,) = s.scalars(text("SELECT key FROM events"))
    db.close()
    assert bytes(key) == parse(json.dumps([EVENT]).encode())[0].natural_key
