"""Opens that nobody agreed to have seen: of mails without open tracking, and by people who took it back before."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from delivery.arrays import as_value, rows_in
from delivery.outcomes import Flag
from delivery.providers.news import News

log = logging.getLogger(__name__)

_STILL = 1 << 63
_OPENS = (int(Flag.OPENED), int(Flag.OPENED_BY_MACHINE))
# Of those who do not agree now: until when they did. Leaving the list ends it, too.
_UNTIL = """
SELECT w.list_id, w.subscriber_id, (SELECT max(c.at) FROM consents c WHERE c.subscriber_id = w.subscriber_id
    AND c.list_id = w.list_id AND c.state = 'withdrawn')
FROM {whose} w LEFT JOIN subscriptions p ON p.list_id = w.list_id AND p.subscriber_id = w.subscriber_id
WHERE p.opens_since IS NULL
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
    if forced := len(opens) - len(asked):
        log.warning(
            "opens=%s are told of mails that left without open tracking, and are not kept; "
            "turn Open Tracking off in SendGrid's settings",
            forced,
        )
    until = _agreed_until(s, set(asked.values()))
    return [key for key, whose in opens.items() if key not in asked or news[key].at_ms > until.get(whose, _STILL)]


def _agreed_until(s: Session, whose: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """List and person: when they took it back; without those who agree still. It is asked of then, not of now, so that
    the order in which news comes does not matter."""
    if not whose:
        return {}
    query = text(_UNTIL.format(whose=rows_in(s, "whose", "list_id subscriber_id")))
    rows = s.execute(query, {"whose": as_value(whose)})
    return {(list_id, person): at or 0 for list_id, person, at in rows}
