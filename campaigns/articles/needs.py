"""Which feeds need a person, because they could not be read for long. Telling them: alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.models import Feed

# Sites have bad hours, and a person may look three times in a minute: only both together are worth a mail.
MOST_FAILURES = 3
LONGEST_SILENCE = timedelta(hours=6)
_LONGEST_TITLE = 80


@dataclass(frozen=True)
class Need:
    feed: int
    sentence: str


def needs(s: Session, now: datetime) -> list[Need]:
    """As of now; a feed that is read again, or followed no more, is none of them."""
    last_read = func.coalesce(Feed.checked_at, Feed.added_at)
    silent = select(Feed).where(Feed.failures >= MOST_FAILURES, last_read <= now - LONGEST_SILENCE)
    return [Need(feed.id, _sentence(feed)) for feed in s.scalars(silent.order_by(Feed.id))]


def _sentence(feed: Feed) -> str:
    return (
        f"The feed {feed.title[:_LONGEST_TITLE]!r} cannot be read, so no article arrives from it ({feed.trouble}); "
        f"try it again with: tipsheet feed check {feed.url}, or let it go with: tipsheet feed remove {feed.url}"
    )
