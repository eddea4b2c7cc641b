"""What SendGrid would post after a run: a mailing that was taken, and its events in signed bodies. For events.py."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from base.database import Database, database_now
from base.time import to_ms
from subscribers.addresses import address_key, parse_address
from subscribers.keys import Keys

SENT_AT = 1_790_000_000  # unix seconds
BATCH = 1000
_WINDOW = 20_000  # people whose mails are on their way at the same time: their events come mixed
_REPEATED = 50  # one in so many bodies' events comes twice
_PEOPLE = """
INSERT INTO subscribers (id, email, address_key, first_name, last_name, zone, locale, custom, created_at)
VALUES (:id, :email, :key, '', '', '', '', '{}', 0)
"""
_PROFILES = "INSERT INTO profiles (subscriber_id, joined, source) SELECT id, 0, '' FROM subscribers"
_DELIVERIES = "INSERT INTO deliveries SELECT 1, id, (id - 1) / 1000 + 1 FROM subscribers ORDER BY id"
_RUN = """
INSERT INTO runs (id, public_id, list_id, message_id, envelope, batch_size, not_before, not_after, audience, frozen_at,
    paused, doubts, events_expected)
VALUES (1, 'run-1', 1, 1, '{}', 1000, :now, :now, :people, :now, false, 0, true)
"""
_BATCHES = """
INSERT INTO batches (run_id, number, state, attempt, accepted_by, tries, not_before, not_after, size,
    first_subscriber, last_subscriber)
VALUES (1, :number, 'accepted', :attempt, :attempt, 1, :now, :now, 1000, :first, :last)
"""
_ATTEMPTS = """
INSERT INTO attempts (id, run_id, batch, number, account, started_at, lease_until, answered_at, status, verdict,
    tracks_opens)
VALUES (:attempt, 1, :number, 1, 'bench', :now, :now, :now, 202, 'accepted', true)
"""
# Everybody agreed that their opening is seen: each open is asked about, and counts.
_CONSENTS = """
INSERT INTO consents (id, subscriber_id, list_id, state, at, purpose, evidence_id, personal)
SELECT id, id, 1, 'confirmed', 0, 'marketing', 0, '' FROM subscribers
"""
_SUBSCRIPTIONS = """
INSERT INTO subscriptions (list_id, subscriber_id, state, since, consent_id, frequency, opens_since)
SELECT 1, id, 'confirmed', 0, id, 'all', 0 FROM subscribers
"""


@dataclass(frozen=True)
class Body:
    raw: bytes
    signature: str
    timestamp: str


def mailing(db: Database, keys: Keys, people: int) -> None:
    """Everybody was mailed, and each batch was taken a moment ago."""
    with db.write() as s:
        now = to_ms(database_now(s))
        s.execute(text("INSERT INTO lists (id, slug, name, created_at) VALUES (1, 'tips', 'Tips', 0)"))
        s.execute(text("INSERT INTO messages VALUES (1, 'hash', '{}', 0)"))
        s.execute(text(_RUN), {"now": now, "people": people})
        batches = [
            {"number": n, "attempt": attempt(n), "now": now, "first": n * BATCH - BATCH + 1, "last": n * BATCH}
            for n in range(1, people // BATCH + 1)
        ]
        s.execute(text(_BATCHES), batches)
        s.execute(text(_ATTEMPTS), batches)
    for start in range(1, people + 1, 20_000):
        with db.write() as s:
            s.execute(text(_PEOPLE), [_person(keys, n) for n in range(start, min(start + 20_000, people + 1))])
    with db.write() as s:
        s.execute(text(_PROFILES))
        s.execute(text(_CONSENTS))
        s.execute(text(_SUBSCRIPTIONS))
        s.execute(text(_DELIVERIES))


def attempt(batch: int) -> str:
    return f"AttemptNumber{batch:08}x"


def _person(keys: Keys, n: int) -> dict[str, object]:
    return {
        "id": n,
        "email": f"person{n}@example.com",
        "key": address_key(keys, parse_address(f"person{n}@example.com")),
    }


def signer() -> tuple[ec.EllipticCurvePrivateKey, str]:
    """A key to sign with, and the public one as SendGrid shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key, base64.b64encode(public).decode()


def bodies(people: int, key: ec.EllipticCurvePrivateKey, of: int = 1000) -> Iterator[Body]:
    """Of so many events each, one in fifty of them told twice, in the order of a mailing: by windows, mixed."""
    chance = random.Random(8)
    waiting: list[bytes] = []
    later: list[bytes] = []  # what people do comes after what machines do
    for start in range(1, people + 1, _WINDOW):
        now = later
        later = []
        for person in range(start, min(start + _WINDOW, people + 1)):
            soon, afterwards = _story(person, chance)
            now += soon
            later += afterwards
        chance.shuffle(now)
        waiting += now
        while len(waiting) >= of:
            yield _signed(waiting[:of], key)
            del waiting[:of]
    waiting += later
    for start in range(0, len(waiting), of):
        yield _signed(waiting[start : start + of], key)


def _story(person: int, chance: random.Random) -> tuple[list[bytes], list[bytes]]:
    at = SENT_AT + person // 2000
    soon = [_event("processed", person, at, chance)]
    if chance.random() < 0.005:
        soon.append(_event("bounce", person, at + 2, chance, type="bounce", reason="550 5.1.1 no such user"))
        return soon, []
    said = {"response": "250 2.0.0 OK  1755119505 - gsmtp", "tls": 1, "ip": "198.51.100.9"}
    soon.append(_event("delivered", person, at + chance.randint(1, 20), chance, **said))
    later = []
    reader = {"ip": "203.0.113.7", "useragent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}
    if chance.random() < 0.35:
        later.append(_event("open", person, at + 60, chance, **reader, sg_machine_open=chance.random() < 0.5))
    if chance.random() < 0.04:
        later.append(_event("click", person, at + 90, chance, **reader, url="https://example.com/a"))
    if chance.random() < 0.0001:
        later.append(_event("unsubscribe", person, at + 95, chance))
    if chance.random() < 0.0002:
        later.append(_event("spamreport", person, at + 99, chance))
    if person % _REPEATED == 0:
        soon.append(soon[0])
    return soon, later


def _event(kind: str, person: int, at: int, chance: random.Random, **more: Any) -> bytes:
    """As the real ones are, some 330 bytes."""
    batch = (person - 1) // BATCH + 1
    delivery = {"smtp-id": f"<{batch:022}@geopod-ismtpd-1>"} if kind in ("processed", "delivered", "bounce") else {}
    return orjson.dumps(
        {
            "email": f"person{person}@example.com",
            "timestamp": at,
            "event": kind,
            "sg_event_id": base64.urlsafe_b64encode(chance.randbytes(16)).decode().rstrip("="),
            "sg_message_id": f"{batch:022}.recvd-85abf8d92c-3qfgp-2-7890E356-43C.{person % BATCH}",
            "category": ["newsletter"],
            "ts_attempt": attempt(batch),
            "ts_run": "run-1",
            "ts_subscriber": str(person),
            **delivery,
            **more,
        }
    )


def _signed(events: list[bytes], key: ec.EllipticCurvePrivateKey) -> Body:
    raw = b"[" + b",\r\n".join(events) + b"]\r\n"
    timestamp = str(SENT_AT)
    signature = key.sign(timestamp.encode() + raw, ec.ECDSA(hashes.SHA256()))
    return Body(raw, base64.b64encode(signature).decode(), timestamp)
