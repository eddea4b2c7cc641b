"""Moments as other programs write them, in milliseconds since 1970. Dates of custom fields are fields/typed.py's."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from base.errors import BadInput
from base.time import to_ms
from subscribers.fields.typed import Dates, day

_SECONDS = re.compile(r"[0-9]{9,10}")
_TIME = re.compile(r"[ T,]+(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?\s*(?P<half>[AaPp][Mm])?")


def read_instant(text: str, dates: Dates = "iso") -> int:
    """`2024-03-14 09:12:31`, with or without an offset (else UTC); seconds since 1970; dates as `dates` says."""
    if _SECONDS.fullmatch(text):
        return int(text) * 1000
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _by_hand(text, dates)
    return to_ms(found if found.tzinfo else found.replace(tzinfo=UTC))


def _by_hand(text: str, dates: Dates) -> datetime:
    at = _TIME.search(text)
    written = text[: at.start()] if at else text
    iso = day(written.strip(), dates)
    try:
        hour, minute, second = (int(at[part] or 0) if at else 0 for part in ("h", "m", "s"))
        if at and at["half"]:
            hour = hour % 12 + (12 if at["half"].lower() == "pm" else 0)
        return datetime.fromisoformat(iso).replace(hour=hour, minute=minute, second=second)
    except ValueError as cause:
        raise BadInput(f"{text[:40]!r} is no moment; write it like 2026-11-23 09:00") from cause
