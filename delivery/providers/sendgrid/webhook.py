"""SendGrid's event web hook: the signature, and its events in our words.

Sources: twilio.com/docs/sendgrid "Getting Started with the Event Webhook Security Features" and "Event Webhook
Reference".
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from base.errors import BadInput, ConfigError
from delivery.outcomes import Flag
from delivery.providers.news import News, natural_key

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

# Ours ride in custom_args, which SendGrid merges flat into each event: prefixed, so that no key of its own wins.
ATTEMPT, RUN, SUBSCRIBER = "ts_attempt", "ts_run", "ts_subscriber"

# SendGrid's event → our word and what it turns on. `bounce` and `dropped` say more in type and reason.
_KINDS = {
    "processed": ("processed", Flag.PROCESSED),
    "deferred": ("deferred", Flag.DEFERRED),
    "delivered": ("delivered", Flag.DELIVERED),
    "open": ("opened", Flag.OPENED),
    "click": ("clicked", Flag.CLICKED),
    "spamreport": ("complained", Flag.COMPLAINED),
    "unsubscribe": ("opted out", Flag.OPTED_OUT),
    "group_unsubscribe": ("opted out", Flag.OPTED_OUT),
}
_DROP_STOPS = {
    "bounced address": "hard bounce",
    "invalid": "hard bounce",
    "spam reporting address": "complaint",
    "unsubscribed address": "opt-out",
}
_LARGEST_ID = 2**31 - 1  # of ours; another program that mails through the account may mean something else by the name
_URGENT = (b'"spamreport"', b'"unsubscribe"', b'"group_unsubscribe"')


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
    raw = _clean(event.get("event", ""))[:64]
    kind, flag = _KINDS.get(raw, (raw or "unknown", None))
    stop, opted_out = None, raw in ("unsubscribe", "group_unsubscribe")
    if raw == "bounce":
        kind, flag, stop = _bounce(event)
    elif raw == "dropped":
        kind, flag = "dropped", Flag.DROPPED
        stop = _DROP_STOPS.get(str(event.get("reason", "")).strip().lower())
    elif raw == "open" and event.get("sg_machine_open") is True:
        # A privacy proxy fetched the pictures: the mail is there, and whether anybody looked is not known.
        kind, flag = "opened by a machine", Flag.DELIVERED
    elif raw == "spamreport":
        stop, opted_out = "complaint", True
    return News(
        kind=kind,
        email=_clean(event.get("email", ""))[:320],
        at=_instant(event.get("timestamp")),
        natural_key=_key(event),
        flag=flag,
        stop=stop,
        everywhere=raw != "group_unsubscribe",
        opted_out=opted_out,
        attempt=_text(event, ATTEMPT),
        run=_text(event, RUN),
        subscriber_id=_number(event.get(SUBSCRIBER)),
        detail=_detail(event),
        provider_event_id=_clean(event.get("sg_event_id", ""))[:100],
    )


def _bounce(event: dict[str, Any]) -> tuple[str, Flag, str | None]:
    """`blocked` and `expired` are of the moment; only a real bounce says that the address is dead."""
    if event.get("type", "bounce") == "bounce":
        return "bounced", Flag.BOUNCED, "hard bounce"
    return "blocked", Flag.BLOCKED, None


def _key(event: dict[str, Any]) -> bytes:
    about = event.get(ATTEMPT) or event.get("sg_message_id", "")
    which = (event.get("url", ""), event.get("asm_group_id", ""))
    return natural_key(event.get("event"), about, event.get("email"), event.get("timestamp"), *which)


def _instant(seconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return datetime.now(UTC)


def _text(event: dict[str, Any], name: str) -> str | None:
    value = event.get(name)
    return _clean(value)[:64] if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    text = str(value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return number if 0 < number <= _LARGEST_ID else None


def _detail(event: dict[str, Any]) -> str:
    words = (event.get("reason"), event.get("response"), event.get("url"), event.get("status"))
    return " · ".join(_clean(word) for word in words if word)[:500]


def _clean(value: object) -> str:
    """Other mail servers wrote parts of this: no control characters reach our tables or a terminal."""
    return "".join(c if c.isprintable() else " " for c in str(value))
