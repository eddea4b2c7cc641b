"""Whether the database's clock can be trusted with a waiting time: it is held against one that nobody can set."""

from __future__ import annotations

from datetime import datetime, timedelta

from base.database import Database, database_now
from base.time import elapsed

SLACK = timedelta(seconds=2)  # between two looks: clocks are drawn towards each other slowly


class Watch:
    """For one process. What the clock did before its first look, nobody knows."""

    def __init__(self) -> None:
        self._now: datetime | None = None
        self._began, self._since = 0.0, datetime.min

    def steady_since(self, db: Database) -> datetime:
        """By the database's clock: from when on it was not set forward. Setting it back only makes everybody wait."""
        began = elapsed()
        with db.read() as s:
            now = database_now(s)
        passed = timedelta(seconds=elapsed() - self._began)  # with the time both questions took: at least so much
        if self._now is None or now - self._now > passed + SLACK:
            self._since = now
        self._since = min(self._since, now)
        self._now, self._began = now, began
        return self._since
