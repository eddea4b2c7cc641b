"""The token in an opt-out link: whose address and which list, signed. Acting on it is in consent.py."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from subscribers.keys import Keys

_MAC = 16
_LIST = 4
_KEY = 32
_LONGEST_RUN = 32
_LONGEST = 112  # characters of a token with the longest run id


class Token(NamedTuple):
    address_key: bytes
    list_id: int
    run: str  # for attribution only; empty where no run stands behind the link


def sign(keys: Keys, address_key: bytes, list_id: int, run: str = "") -> str:
    """A token for a URL. It never expires. A tuple's speed matters here: one is made for every mail."""
    payload = list_id.to_bytes(_LIST, "big") + address_key + run.encode("ascii")
    if len(payload) > _LIST + _KEY + _LONGEST_RUN or len(address_key) != _KEY:
        raise ValueError("an address key has 32 bytes, a run id at most 32 characters")
    return urlsafe_b64encode(_mac(keys.links[0], payload) + payload).rstrip(b"=").decode("ascii")


def read(keys: Keys, text: str) -> Token | None:
    """The token, or None for anything that no key of ours signed exactly so."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    # The decoder ignores strange characters and spare bits: only the one spelling that we wrote is ours.
    if urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != text or len(raw) < _MAC + _LIST + _KEY:
        return None
    mac, payload = raw[:_MAC], raw[_MAC:]
    if not any(hmac.compare_digest(mac, _mac(key, payload)) for key in keys.links):
        return None
    end = _LIST + _KEY
    return Token(payload[_LIST:end], int.from_bytes(payload[:_LIST], "big"), payload[end:].decode("ascii"))


def _mac(key: bytes, payload: bytes) -> bytes:
    return hashlib.blake2b(payload, key=key, digest_size=_MAC, person=b"opt-out link").digest()
