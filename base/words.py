"""How numbers are said to people."""

from __future__ import annotations


def counted(many: int, one: str, more: str) -> str:
    """`1 person`, `1,234 people`; a verb may go with either: `1 row is`, `2 rows are`."""
    return f"{many:,} {one if many == 1 else more}"
