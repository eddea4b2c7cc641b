"""How numbers and lengths of time are said to people."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def counted(many: int, one: str, more: str) -> str:
    """`1 person`, `1,234 people`; a verb may go with either: `1 row is`, `2 rows are`."""
    return f"{many:,} {one if many == 1 else more}"


def lasting(length: timedelta) -> str:
    """`16 seconds`, `1 day 11 hours`: in its largest unit and the next one; what is less than that is left out."""
    left = int(length.total_seconds())
    parts: list[tuple[int, str]] = []
    for unit, size in _UNITS:
        many, left = divmod(left, size)
        if many or parts:
            parts.append((many, unit))
    return " ".join(counted(many, unit, f"{unit}s") for many, unit in parts[:2] if many) or "0 seconds"
