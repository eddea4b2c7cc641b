"""What a provider tells afterwards, in our words. Each provider's folder turns its own events into these."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from delivery.outcomes import Flag


@dataclass(frozen=True)
class News:
    kind: str  # our word: processed, delivered, bounced …; the provider's own where we have none
    email: str
    at: datetime
    natural_key: bytes
    flag: Flag | None = None  # what it turns on; None: kept, but changes nothing
    stop: str | None = None  # a suppression reason
    everywhere: bool = True  # the stop or opt-out holds for every list, not just the run's
    opted_out: bool = False
    attempt: str | None = None
    run: str | None = None
    subscriber_id: int | None = None
    detail: str = ""
    provider_event_id: str = ""


def natural_key(*parts: object) -> bytes:
    """One event, one key, whatever id the provider gives a repetition."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).digest()
