"""Mailboxes that turn every mail away for now: after so many in a row the address is stopped, until a person lifts it.

Counted are mails, not events, from outcomes, in which nothing depends on the order of news. What lies with us, such as
our reputation, is no soft bounce: see providers/sendgrid/meanings.py.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.time import from_ms, to_ms
from delivery.arrays import as_value, ids_in
from delivery.outcomes import FATES, Flag
from subscribers.models import Subscriber, Suppression
from subscribers.suppression import Befallen, suppress_many

_AT_ONCE = 500  # people a transaction
# The condition as the index has it, or SQLite would not use it.
_OFTEN = """
SELECT subscriber_id FROM outcomes WHERE flags & 4096 <> 0 AND last_at > :since
GROUP BY subscriber_id HAVING count(*) >= :most ORDER BY subscriber_id
"""
_OUTCOMES = """
SELECT subscriber_id, flags, last_at FROM outcomes
WHERE run_id IN (SELECT id FROM runs) AND last_at > :since AND subscriber_id IN ({people}) ORDER BY last_at DESC
"""


@dataclass(frozen=True)
class Rule:
    soft_bounces: int  # in a row; 0: never
    within: timedelta


def stop_often_turned_away(db: Database, rule: Rule) -> int:
    """Stop whom the rule finds. Returns how many; safe to repeat, and a stop that was lifted begins the count anew."""
    if not rule.soft_bounces:
        return 0
    with db.read() as s:
        since = to_ms(database_now(s) - rule.within)
        often = list(s.scalars(text(_OFTEN), {"since": since, "most": rule.soft_bounces}))
    stopped = 0
    for start in range(0, len(often), _AT_ONCE):
        with db.write() as s:
            stopped += _stop(s, often[start : start + _AT_ONCE], since, rule)
    return stopped


def _stop(s: Session, often: list[int], since: int, rule: Rule) -> int:
    streaks = _streaks(s, often, since)
    holding = Subscriber.id.in_(streaks), Subscriber.email != ""
    holders = s.execute(select(Subscriber.id, Subscriber.address_key, Subscriber.wide_key).where(*holding)).all()
    known = _known(s, [key for _, key, _ in holders])
    found = []
    for person, key, wide in holders:
        lifted = known.get(key, from_ms(0))
        turned_away = [at for at in streaks[person] if lifted is not None and from_ms(at) > lifted]
        if len(turned_away) >= rule.soft_bounces:
            words = f"soft bounces: {len(turned_away)} mails in a row within {rule.within.days} days"
            found.append(Befallen(key, "invalid", from_ms(turned_away[0]), words, wide))
    suppress_many(s, found)
    return len(found)


def _streaks(s: Session, often: list[int], since: int) -> dict[int, list[int]]:
    """When each was turned away since a mail of ours arrived, the newest first."""
    streaks: dict[int, list[int]] = defaultdict(list)
    arrived: set[int] = set()
    query = text(_OUTCOMES.format(people=ids_in(s, "people")))
    for person, flags, at in s.execute(query, {"since": since, "people": as_value(often)}):
        if flags & FATES["delivered"]:
            arrived.add(person)
        elif flags & Flag.SOFT and person not in arrived:
            streaks[person].append(at)
    return streaks


def _known(s: Session, keys: list[bytes]) -> dict[bytes, datetime | None]:
    """When such a stop was last lifted; None where one holds."""
    mine = Suppression.address_key.in_(keys), Suppression.reason == "invalid", Suppression.list_id.is_(None)
    columns = Suppression.address_key, func.max(Suppression.lifted_at), func.count(), func.count(Suppression.lifted_at)
    rows = s.execute(select(*columns).where(*mine).group_by(Suppression.address_key))
    return {key: lifted if all_ == over else None for key, lifted, all_, over in rows}
