"""SendGrid's event web hook: the signature, and its events in our words.

Sources: twilio.com/docs/sendgrid "Getting Started with the Event Webhook Security Features" and "Event Webhook
Reference".
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from base.errors import BadInput, ConfigError
from base.time import now, to_ms
from delivery.providers.news import News, natural_key
from delivery.providers.sendgrid.meanings import PLAIN, Meaning, meaning

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

# Ours ride in custom_args, which SendGrid merges flat into each event: prefixed, so that no key of its own wins.
ATTEMPT, RUN, SUBSCRIBER = "ts_attempt", "ts_run", "ts_subscriber"

_WORDS = ("reason", "response", "url", "status")
_LARGEST_ID = 2**31 - 1  # of ours; another program that mails through the account may mean something else by the name
_LATEST = 32_503_680_000  # the year 3000: whatever is later was no count of seconds
_URGENT = (
    b'"spamreport"',
    b'"unsubscribe"',
    b'"group_unsubscribe"',
    b'"Unsubscribed Address"',
    b'"Spam Reporting Address"',
)


def public_key(text: str) -> ec.EllipticCurvePublicKey:
    """The verification key as SendGrid shows it. Raises ConfigError."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as cause:
        raise ConfigError("[sendgrid] webhook_key must be the verification key that SendGrid shows, MFkw…") from cause
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ConfigError("[sendgrid] webhook_key must be an elliptic-curve key, as SendGrid shows it, MFkw…")
    return key


def is_genuine(key: ec.EllipticCurvePublicKey, signature: str, timestamp: str, body: bytes) -> bool:
    """ECDSA over timestamp and raw body. The SDK's own check raises on malformed input and takes no bytes."""
    try:
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def is_urgent(body: bytes) -> bool:
    """May it carry an opt-out or a complaint? A false alarm costs a little time, a miss would cost a promise."""
    return any(word in body for word in _URGENT)


def parse(body: bytes) -> list[News]:
    """Raises BadInput for what is no array of events; an event of an unknown kind is kept under its own name."""
    try:
        events = _loads(body)
    except ValueError as cause:
        raise BadInput(f"the body of the web hook is no JSON: {cause}") from cause
    if not isinstance(events, list):
        raise BadInput("the body of the web hook is no array of events")
    return [_read(event) for event in events if isinstance(event, dict)]


def _loads(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        # Half a character in the words of another mail server must not keep the opt-outs beside it from us.
        return json.loads(body.decode("utf-8", "replace"))


def _read(event: dict[str, Any]) -> News:
    get = event.get
    raw, when, email = get("event", ""), get("timestamp"), get("email", "")
    if type(raw) is not str or raw not in PLAIN:
        raw = _clean(raw)[:64]
    found = PLAIN.get(raw) or _closest(raw, event)
    second = when if type(when) is int and 0 < when < _LATEST else _second(when)
    attempt = get(ATTEMPT)
    # Not the id: it changes with the repetition. Separated by what no header and no address holds.
    about, link, group = attempt or get("sg_message_id", ""), get("url", ""), get("asm_group_id", "")
    parts = f"{get('event')}\x1f{about}\x1f{get('email')}\x1f{when}\x1f{link}\x1f{group}"
    return News(
        found.kind if found else raw or "unknown",
        _clean(email)[:320],
        second * 1000 if second else to_ms(now()),
        natural_key(second, parts),
        int(found.flag) if found and found.flag is not None else None,
        found.stop if found else None,
        found.everywhere if found else True,
        found.opted_out if found else False,
        _text(attempt),
        _text(get(RUN)),
        _number(get(SUBSCRIBER)),
        _detail(event),
        _clean(get("sg_event_id", ""))[:100],
        found is not None,
    )


def _closest(raw: str, event: dict[str, Any]) -> Meaning | None:
    """Where the event's name does not say all."""
    type_, reason = event.get("type", ""), event.get("reason", "")
    if raw == "bounce":
        reason = event.get("bounce_classification", "")
    elif raw == "open":
        type_, reason = "machine" if event.get("sg_machine_open") is True else "", ""
    return meaning(raw, str(type_).strip().lower(), str(reason).strip().lower())


def _second(value: object) -> int:
    """0 where it is none."""
    try:
        second = int(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return 0
    return second if 0 < second < _LATEST else 0


def _text(value: object) -> str | None:
    return _clean(value)[:64] if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    text = value if type(value) is str else str(value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return number if 0 < number <= _LARGEST_ID else None


def _detail(event: dict[str, Any]) -> str:
    words = [_clean(event[name]) for name in _WORDS if event.get(name)]
    return " · ".join(words)[:500] if words else ""


def _clean(value: object) -> str:
    """Other mail servers wrote parts of this: no control characters reach our tables or a terminal."""
    text = value if type(value) is str else str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
