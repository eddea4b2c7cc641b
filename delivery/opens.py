"""Opens that nobody agreed to have seen: of mails without open tracking, and by people who took it back before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from base.time import from_ms
from delivery.arrays import as_value, rows_in
from delivery.outcomes import Flag
from delivery.providers.news import News
from subscribers.projection import Will, spells_of_opens

Whose = tuple[int, int]  # list and person
Spells = list[tuple[datetime, datetime | None]]

_OPENS = (int(Flag.OPENED), int(Flag.OPENED_BY_MACHINE))
# Who agrees since before their first open agreed at each of these: only of the others everything is read.
_SAID = """
SELECT w.list_id, w.subscriber_id, c.id, c.purpose, c.state, c.at, c.voids
FROM {opened} w LEFT JOIN subscriptions p ON p.list_id = w.list_id AND p.subscriber_id = w.subscriber_id
LEFT JOIN consents c ON c.subscriber_id = w.subscriber_id AND c.list_id = w.list_id
WHERE p.opens_since IS NULL OR p.opens_since > w.first_at
ORDER BY w.list_id, w.subscriber_id, c.id
"""


def not_to_be_seen(
    s: Session, news: Mapping[bytes, News], runs: Mapping[str, tuple[int, int]], tracked: set[str]
) -> list[bytes]:
    """The keys of those of the news that are such opens. `runs`: public id → id, list; `tracked`: attempts."""
    opens = {
        key: (runs[one.run][1], one.subscriber_id)
        for key, one in news.items()
        if one.flag in _OPENS and one.run and one.run in runs and one.subscriber_id is not None
    }
    asked = {key: whose for key, whose in opens.items() if news[key].attempt in tracked}
    first: dict[Whose, int] = {}
    for key, whose in asked.items():
        first[whose] = min(news[key].at_ms, first.get(whose, news[key].at_ms))
    spells = _spells(s, first)
    return [
        key
        for key, whose in opens.items()
        if key not in asked or (whose in spells and not _agreed(spells[whose], from_ms(news[key].at_ms)))
    ]


def _spells(s: Session, first: Mapping[Whose, int]) -> dict[Whose, Spells]:
    """When they agreed; without those who did all the time since their first open. It is asked of then, not of now, so
    that the order in which news comes does not matter."""
    if not first:
        return {}
    query = text(_SAID.format(opened=rows_in(s, "opened", "list_id subscriber_id first_at")))
    rows = s.execute(query, {"opened": as_value([(*whose, at) for whose, at in first.items()])})
    of_each = groupby(rows, lambda row: (row.list_id, row.subscriber_id))
    return {whose: spells_of_opens(_will(row) for row in said if row.id) for whose, said in of_each}


def _will(row: Any) -> Will:
    return Will(row.id, row.purpose, row.state, from_ms(row.at), row.voids)


def _agreed(spells: Spells, at: datetime) -> bool:
    """Before the first spell as well: their mail left with open tracking, so it is the other clock that is slow."""
    return any(
        (begins <= at or number == 0) and (ends is None or at <= ends) for number, (begins, ends) in enumerate(spells)
    )
