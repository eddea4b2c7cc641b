"""Signed tokens: in each mail's opt-out link, whose address and which list; in the link to somebody's own page, whose
and until when. Acting on them is elsewhere."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from base.time import to_ms
from subscribers.keys import Keys

_MAC = 16
_LIST = 4
_KEY = 32
_UNTIL = 8
_OPT_OUT, _OWN = b"opt-out link", b"own page"
_LONGEST_RUN = 32
_LONGEST = 112  # characters of a token with the longest run id


class Token(NamedTuple):
    address_key: bytes
    list_id: int
    run: str  # for attribution only; empty where no run stands behind the link


def sign(keys: Keys, address_key: bytes, list_id: int, run: str = "") -> str:
    """A token for a URL. It never expires."""
    return sign_all(keys, [address_key], list_id, run)[0]


def sign_all(keys: Keys, address_keys: Sequence[bytes], list_id: int, run: str) -> list[str]:
    """A token each. One is made for every mail, so they are hashed from one beginning and written in one go."""
    head, tail = list_id.to_bytes(_LIST, "big"), run.encode("ascii")
    if len(tail) > _LONGEST_RUN or not {_KEY}.issuperset(map(len, address_keys)):
        raise ValueError("an address key has 32 bytes, a run id at most 32 characters")
    begun = hashlib.blake2b(head, key=keys.links[0], digest_size=_MAC, person=_OPT_OUT)
    length = _MAC + _LIST + _KEY + len(tail)
    padding = bytes(-length % 3)  # so that each begins anew in Base64, whatever stands before it
    raw, rest = bytearray(), tail + padding
    for key in address_keys:
        mac = begun.copy()
        mac.update(key + tail)
        raw += mac.digest() + head + key + rest
    text, each = urlsafe_b64encode(raw).decode("ascii"), (length + len(padding)) // 3 * 4
    shown = each - len(padding)
    return [text[at : at + shown] for at in range(0, len(text), each)]


def read(keys: Keys, text: str) -> Token | None:
    """The token, or None for anything that no key of ours signed exactly so."""
    raw = _raw(text) if len(text) <= _LONGEST else None
    if raw is None or len(raw) < _MAC + _LIST + _KEY:
        return None
    mac, payload = raw[:_MAC], raw[_MAC:]
    if not any(hmac.compare_digest(mac, _mac(key, payload)) for key in keys.links):
        return None
    end = _LIST + _KEY
    return Token(payload[_LIST:end], int.from_bytes(payload[:_LIST], "big"), payload[end:].decode("ascii"))


def sign_own(keys: Keys, address_key: bytes, until: datetime) -> str:
    """For the link to a person's own page, which only their mailbox may hold and only for a while."""
    payload = to_ms(until).to_bytes(_UNTIL, "big") + address_key
    return _written(_mac(keys.links[0], payload, _OWN) + payload)


def read_own(keys: Keys, text: str, now: datetime) -> bytes | None:
    """The address key; None for anything that no key of ours signed, or that is over."""
    raw = _raw(text) if len(text) <= _LONGEST else None
    if raw is None or len(raw) != _MAC + _UNTIL + _KEY:
        return None
    mac, payload = raw[:_MAC], raw[_MAC:]
    signed = any(hmac.compare_digest(mac, _mac(key, payload, _OWN)) for key in keys.links)
    return payload[_UNTIL:] if signed and to_ms(now) < int.from_bytes(payload[:_UNTIL], "big") else None


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _raw(text: str) -> bytes | None:
    """None where it is not exactly as we write it: the decoder ignores strange characters and spare bits."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if text.isascii() else b""
    except ValueError:
        return None
    return raw if _written(raw) == text else None


def _mac(key: bytes, payload: bytes, person: bytes = _OPT_OUT) -> bytes:
    return hashlib.blake2b(payload, key=key, digest_size=_MAC, person=person).digest()
