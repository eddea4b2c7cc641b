"""What a provider tells afterwards, in our words. Each provider's folder turns its own events into these."""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class News(NamedTuple):
    """A tuple, as there are millions: a frozen dataclass takes six times as long to make."""

    kind: str  # our word: processed, delivered, bounced …; the provider's own where we have none
    email: str
    at_ms: int
    natural_key: bytes
    flag: int | None = None  # what it turns on, of outcomes.Flag; None: kept, but changes nothing
    stop: str | None = None  # a suppression reason
    everywhere: bool = True  # the stop or opt-out holds for every list, not just the run's
    opted_out: bool = False
    attempt: str | None = None
    run: str | None = None
    subscriber_id: int | None = None
    detail: str = ""
    provider_event_id: str = ""
    is_known: bool = True  # False: a kind of event that we have no word for


def natural_key(second: int, parts: str) -> bytes:
    """One event, one key, whatever id the provider gives a repetition. `parts`: what tells it from every other one.

    The second comes first, so that what happens at the same time lies together: among a million keys in no order each
    new one would be a page of its own to read and to write.
    """
    digest = hashlib.blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return (second & 0xFFFFFFFF).to_bytes(4, "big") + digest[:12]
