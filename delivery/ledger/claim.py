"""planned → leaving: take one due batch, re-check everybody in it, and name the attempt. All in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, TextClause, and_, select, text
from sqlalchemy.orm import Session

from base.database import now_sql
from base.time import to_ms
from delivery.ledger.carry import note_leaving, reached_earlier
from delivery.ledger.frequency import HAD_ONE, had_one
from delivery.models import Delivery, DeliveryException
from subscribers.models import Subscriber
from subscribers.suppression import mailable, why_not

ELSEWHERE = "address changed since the audience was frozen"
MOST_DOUBTS = 6  # a dead provider may cost this many uncertain batches a run, and what was in flight
_ADVISORY = 0x7115EE7  # tells our advisory locks from those of others in the same PostgreSQL


@dataclass(frozen=True)
class Member:
    """One person of a claimed batch, as they are now."""

    subscriber_id: int
    email: str
    address_key: bytes
    fields: dict[str, Any]


@dataclass(frozen=True)
class Claim:
    run_id: int
    batch: int
    attempt: str
    public_id: str
    list_id: int
    message_id: int
    envelope: str
    members: tuple[Member, ...]


_DUE = """
SELECT b.run_id, b.number, b.tries, b.first_subscriber AS first, b.last_subscriber AS last,
       r.public_id, r.list_id, r.message_id, r.envelope, r.doubts, r.frozen_at
FROM batches b JOIN runs r ON r.id = b.run_id
WHERE b.state = 'planned' AND b.not_before <= {now} AND {now} < b.not_after
  AND r.frozen_at IS NOT NULL AND NOT r.paused AND r.held IS NULL
  AND NOT EXISTS (SELECT 1 FROM installation i WHERE i.sending_off IS NOT NULL)
  AND (r.doubts = 0 OR (r.doubts = 1 AND NOT EXISTS (
        SELECT 1 FROM batches o WHERE o.run_id = b.run_id AND o.state = 'leaving')
        AND (SELECT count(*) FROM attempts a WHERE a.run_id = b.run_id AND a.verdict = 'uncertain'
             AND a.answered_at IS NOT NULL) < {doubts}))
ORDER BY b.not_before, b.run_id, b.number LIMIT 1 {lock}
"""
# On PostgreSQL two workers never wait for one row. Sharing the run's row makes a hold wait for claims under way; a
# claim passes over a run that is being changed: if it waited, a cancellation and it could wait for each other.
_LOCK = {"sqlite": "", "postgresql": "FOR UPDATE OF b SKIP LOCKED FOR SHARE OF r SKIP LOCKED"}

_LEAVE = """
UPDATE batches SET state = 'leaving', attempt = :attempt, tries = tries + 1, owner = :owner,
       lease_until = {now} + :lease
WHERE run_id = :run AND number = :batch AND state = 'planned'
"""
_ATTEMPT = """
INSERT INTO attempts (id, run_id, batch, number, account, started_at, lease_until)
VALUES (:attempt, :run, :batch, :number, :account, {now}, {now} + :lease)
"""
_SKIP = """
INSERT INTO exceptions (run_id, subscriber_id, batch, attempt, kind, reason, at)
VALUES (:run, :person, :batch, :attempt, 'skipped', :reason, {now})
"""
_EMPTY = """
UPDATE batches SET state = 'skipped', reason = 'nobody left', owner = NULL, lease_until = NULL
WHERE run_id = :run AND number = :batch AND state = 'leaving' AND attempt = :attempt
"""


_COLUMNS = (
    Subscriber.email,
    Subscriber.address_key,
    Subscriber.first_name,
    Subscriber.last_name,
    Subscriber.zone,
    Subscriber.locale,
    Subscriber.custom,
    Subscriber.addressed_at,
)


def claim(s: Session, *, owner: str, account: str, lease: timedelta, fence: Callable[[str], bool]) -> Claim | None:
    """The next due batch, now ours until the lease ends; None when nothing is due or a brake is on.

    `fence` says whether an address may be mailed at all ([delivery] only_to).
    """
    due = s.execute(_sql(s, _DUE, lock=True)).one_or_none()
    if due is None or (due.doubts and not _goes_alone(s, due.run_id)):
        return None
    attempt = secrets.token_urlsafe(12)
    facts = {"run": due.run_id, "batch": due.number, "attempt": attempt, "number": due.tries + 1}
    facts |= {"owner": owner, "account": account, "lease": round(lease.total_seconds() * 1000)}
    if s.execute(_sql(s, _LEAVE), facts).rowcount != 1:  # type: ignore[attr-defined]
        return None
    s.execute(_sql(s, _ATTEMPT), facts)
    members = _recheck(s, due, attempt, fence)
    if members:
        note_leaving(s, due.public_id, attempt, account, members)
    else:
        _close_empty(s, facts)
    return Claim(
        run_id=due.run_id,
        batch=due.number,
        attempt=attempt,
        public_id=due.public_id,
        list_id=due.list_id,
        message_id=due.message_id,
        envelope=due.envelope,
        members=members,
    )


def is_due(s: Session) -> bool:
    """Is there anything to claim? Asking takes no lock."""
    return s.execute(_sql(s, _DUE)).first() is not None


def _goes_alone(s: Session, run_id: int) -> bool:
    """While there is doubt. On PostgreSQL two workers may both have seen nothing in flight: one of them goes on."""
    if s.get_bind().dialect.name == "sqlite":
        return True
    alone = s.scalar(text("SELECT pg_try_advisory_xact_lock(:ours, :run)"), {"ours": _ADVISORY, "run": run_id})
    leaving = "SELECT EXISTS (SELECT 1 FROM batches WHERE run_id = :run AND state = 'leaving')"
    return bool(alone) and not s.scalar(text(leaving), {"run": run_id})


def _recheck(s: Session, due: Row[Any], attempt: str, fence: Callable[[str], bool]) -> tuple[Member, ...]:
    """Everybody in the batch who may be mailed at this moment; the others are written down as skipped, with why."""
    rows = s.execute(_people(due)).all()
    inside = Subscriber.id.between(due.first, due.last)
    enough = had_one(s, due.list_id, due.run_id)
    allowed = set(s.scalars(mailable(due.list_id).where(inside, ~enough)))
    members, left_out = [], {}
    for row in rows:
        if row.subscriber_id not in allowed:
            left_out[row.subscriber_id] = "no longer there"
        elif row.addressed_at and to_ms(row.addressed_at) > due.frozen_at:
            left_out[row.subscriber_id] = ELSEWHERE
        elif not fence(row.email):
            left_out[row.subscriber_id] = "outside [delivery] only_to"
        else:
            members.append(_member(row))
    earlier = reached_earlier(s, due.public_id, [member.subscriber_id for member in members])
    if earlier:
        members = [member for member in members if member.subscriber_id not in earlier]
        left_out |= earlier
    if left_out:
        reasons = dict.fromkeys(s.scalars(mailable(due.list_id).where(inside, enough)), HAD_ONE)
        reasons |= dict(s.execute(why_not(due.list_id).where(inside)).all())
        _skip(s, due, attempt, left_out | {k: v for k, v in reasons.items() if k in left_out})
    return tuple(members)


def _people(due: Row[Any]) -> Select[Any]:
    known = and_(DeliveryException.run_id == Delivery.run_id, DeliveryException.subscriber_id == Delivery.subscriber_id)
    return (
        select(Delivery.subscriber_id, *_COLUMNS)
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .outerjoin(DeliveryException, known)
        .where(
            Delivery.run_id == due.run_id,
            Delivery.subscriber_id.between(due.first, due.last),
            Delivery.batch == due.number,
            DeliveryException.run_id.is_(None),
        )
        .order_by(Delivery.subscriber_id)
    )


def _member(row: Row[Any]) -> Member:
    fields = {
        **(row.custom or {}),
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "zone": row.zone,
        "locale": row.locale,
    }
    return Member(row.subscriber_id, row.email, row.address_key, fields)


def _skip(s: Session, due: Row[Any], attempt: str, left_out: dict[int, str]) -> None:
    facts = {"run": due.run_id, "batch": due.number, "attempt": attempt}
    s.execute(_sql(s, _SKIP), [{**facts, "person": who, "reason": why} for who, why in left_out.items()])


def _close_empty(s: Session, facts: dict[str, Any]) -> None:
    s.execute(text(_EMPTY), facts)
    ended = "UPDATE attempts SET verdict = 'returned', evidence = 'nobody left to mail' WHERE id = :attempt"
    s.execute(text(ended), facts)


def _sql(s: Session, statement: str, *, lock: bool = False) -> TextClause:
    dialect = s.get_bind().dialect.name
    return text(statement.format(now=now_sql(dialect), doubts=MOST_DOUBTS, lock=_LOCK[dialect] if lock else ""))
