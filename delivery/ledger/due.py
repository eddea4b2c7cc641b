"""Which batch may leave now: due, of a run that nothing holds, within the limits, while the provider takes mail."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Row, TextClause, func, select, text
from sqlalchemy.orm import Session

from base.database import now_sql, with_now
from delivery.models import Attempt, Run

MOST_DOUBTS = 6  # a dead provider may cost this many uncertain batches a run, and what was in flight
_ADVISORY = 0x7115EE7  # tells our advisory locks from those of others in the same PostgreSQL

# Uncertain answers in a row, over all runs of an account: newer than what it last took, probes among them. A run that a
# person let go on does not count; nor does what began later than now, before the clock was set back.
_IN_A_ROW = """
(SELECT count(*) FROM attempts u LEFT JOIN runs v ON v.id = u.run_id
 WHERE u.verdict = 'uncertain' AND u.account = :account AND u.answered_at IS NOT NULL
   AND (u.run_id IS NULL OR v.doubts > 0)
   AND u.started_at > coalesce((SELECT a.started_at FROM attempts a WHERE a.verdict = 'accepted'
                                AND a.account = :account AND a.started_at <= {now}
                                ORDER BY a.started_at DESC LIMIT 1), 0))
"""
_DUE = """
SELECT b.run_id, b.number, b.tries, b.size, b.first_subscriber AS first, b.last_subscriber AS last,
       r.public_id, r.list_id, r.message_id, r.envelope, r.doubts, r.frozen_at, r.cap_most, r.cap_seconds,
       r.timing, b.zone, b.tracks_opens,
       EXISTS (SELECT 1 FROM paces p WHERE p.run_id IN (-1, 0, b.run_id)) AS paced, {beside} AS beside
FROM batches b JOIN runs r ON r.id = b.run_id
WHERE b.state = 'planned' AND b.not_before <= {now} AND {now} < b.not_after
  AND r.frozen_at IS NOT NULL AND NOT r.paused AND r.held IS NULL
  AND NOT EXISTS (SELECT 1 FROM installation i WHERE i.sending_off IS NOT NULL)
  AND (r.doubts = 0 OR (r.doubts = 1 AND NOT EXISTS (
        SELECT 1 FROM batches o WHERE o.run_id = b.run_id AND o.state = 'leaving')
        AND (SELECT count(*) FROM attempts a WHERE a.run_id = b.run_id AND a.verdict = 'uncertain'
             AND a.answered_at IS NOT NULL) < {doubts}))
  AND NOT EXISTS (SELECT 1 FROM paces p WHERE p.run_id IN (-1, 0, b.run_id)
        AND (p.next_at > {now} OR (p.per_day > 0 AND p.remaining < 1 AND p.day_ends_at > {now})))
  AND NOT EXISTS (SELECT 1 FROM rests x WHERE x.account = :account AND (x.exhausted OR x.until > {now}))
  AND {in_a_row} < 2 {which}
ORDER BY b.not_before, b.run_id, b.number LIMIT 1 {lock}
"""
# Does another run send at this moment? On SQLite it does not matter: claims come one after the other.
_BESIDE = """
EXISTS (SELECT 1 FROM runs o WHERE o.id <> r.id AND o.not_after > {now} AND EXISTS (
  SELECT 1 FROM batches n WHERE n.run_id = o.id AND n.state IN ('planned', 'leaving')))
"""
# On PostgreSQL two workers never wait for one row. Sharing the run's row makes a hold wait for claims under way; a
# claim passes over a run that is being changed: if it waited, a cancellation and it could wait for each other.
_LOCK = {"sqlite": "", "postgresql": "FOR UPDATE OF b SKIP LOCKED FOR SHARE OF r SKIP LOCKED"}


def next_due(s: Session, account: str, only: tuple[int, int] | None = None) -> Row[Any] | None:
    """The next batch that may leave, locked; or this very one, if it may."""
    run, batch = only or (None, None)
    which = "AND b.run_id = :run AND b.number = :batch" if only else ""
    facts = {"account": account, **({"run": run, "batch": batch} if only else {})}
    due = s.execute(_sql(s.get_bind().dialect.name, which=which, lock=True), facts).one_or_none()
    return due if due is None or not due.doubts or _goes_alone(s, due.run_id) else None


def is_due(s: Session, account: str) -> bool:
    """Is there anything to claim? Asking takes no lock."""
    return s.execute(_sql(s.get_bind().dialect.name), {"account": account}).first() is not None


def is_silent(s: Session, account: str) -> bool:
    """Did the provider leave two requests in a row without an answer, whatever run they were of?"""
    return (s.scalar(with_now(s, f"SELECT {_IN_A_ROW}"), {"account": account}) or 0) > 1


def stopped(s: Session, run_id: int) -> str:
    """Why the breaker keeps the run from leaving, in words; empty when it does not."""
    doubts = s.scalar(select(Run.doubts).where(Run.id == run_id)) or 0
    mine = Attempt.run_id == run_id, Attempt.verdict == "uncertain", Attempt.answered_at.is_not(None)
    if doubts and (s.scalar(select(func.count()).where(*mine)) or 0) >= MOST_DOUBTS:
        return f"stopped after {MOST_DOUBTS} requests without an answer; goes on when it is known what became of one"
    last = s.scalar(select(Attempt.account).order_by(Attempt.started_at.desc()).limit(1))
    if doubts > 1 or (last and is_silent(s, last)):
        return (
            "stopped after requests without an answer; the provider is tried again by itself now and then, and it goes "
            "on when an answer comes, or when it is known what became of them"
        )
    return ""


def _goes_alone(s: Session, run_id: int) -> bool:
    """While there is doubt. On PostgreSQL two workers may both have seen nothing in flight: one of them goes on."""
    if s.get_bind().dialect.name == "sqlite":
        return True
    alone = s.scalar(text("SELECT pg_try_advisory_xact_lock(:ours, :run)"), {"ours": _ADVISORY, "run": run_id})
    leaving = "SELECT EXISTS (SELECT 1 FROM batches WHERE run_id = :run AND state = 'leaving')"
    return bool(alone) and not s.scalar(text(leaving), {"run": run_id})


@cache
def _sql(dialect: str, *, which: str = "", lock: bool = False) -> TextClause:
    now = now_sql(dialect)
    return text(
        _DUE.format(
            now=now,
            doubts=MOST_DOUBTS,
            in_a_row=_IN_A_ROW.format(now=now),
            beside="0" if dialect == "sqlite" else _BESIDE.format(now=now),
            which=which,
            lock=_LOCK[dialect] if lock else "",
        )
    )
