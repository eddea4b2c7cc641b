"""When somebody last opened or clicked, kept on the narrow row: rules must not count a million events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from base.time import to_ms

# Only forward, whatever order the news comes in; nothing about somebody who was forgotten since.
_ROLL_UP = """
UPDATE profiles SET
    last_opened = CASE WHEN coalesce(last_opened, 0) < :opened THEN :opened ELSE last_opened END,
    last_clicked = CASE WHEN coalesce(last_clicked, 0) < :clicked THEN :clicked ELSE last_clicked END
WHERE subscriber_id = :person AND (coalesce(last_opened, 0) < :opened OR coalesce(last_clicked, 0) < :clicked)
    AND EXISTS (SELECT 1 FROM subscribers p WHERE p.id = :person AND p.erased_at IS NULL AND p.merged_into IS NULL)
"""
_TAKE_BACK = """
UPDATE profiles SET last_clicked = :at WHERE subscriber_id = :person AND last_clicked > coalesce(:at, 0)
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody opened or clicked a mail."""

    subscriber_id: int
    deed: Literal["opened", "clicked"]
    at: datetime


def roll_up(s: Session, seen: Iterable[Seen]) -> None:
    """Bring the newest of these to each person's row, in the order of the people: no two of these wait in a ring."""
    newest: dict[int, dict[str, int]] = {}
    for each in seen:
        mine = newest.setdefault(each.subscriber_id, {"opened": 0, "clicked": 0})
        mine[each.deed] = max(mine[each.deed], to_ms(each.at))
    if newest:
        s.execute(text(_ROLL_UP), [{"person": person, **newest[person]} for person in sorted(newest)])


def take_back_clicks(s: Session, newest: Mapping[int, int | None]) -> None:
    """Some of what was taken for their clicks was not: back to the newest that was, in milliseconds."""
    rows = [{"person": person, "at": newest[person]} for person in sorted(newest)]
    if rows:
        s.execute(text(_TAKE_BACK), rows)
