"""What a monitoring system asks of the database: counts and ages, by opaque ids, never by person. Each is cheap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.database import database_now
from delivery import heartbeat
from delivery.ledger.counts import has_open_ends
from delivery.models import Attempt, Batch, DeliveryException, Run, Spooled
from subscribers.suppression import count_by_reason

_SPOOLED = select(func.count(), func.min(Spooled.received_at)).where(~Spooled.set_aside)
_WORDS = {"leaving": "sending"}  # as everywhere where people read them


@dataclass(frozen=True)
class Gauges:
    recipients: dict[tuple[str, str], int]  # by run and state, of runs that are not over
    attempts: dict[str, int]  # by verdict
    uncertain_age: float  # seconds that the oldest uncertain attempt has waited
    due: int  # batches that could leave as far as their time goes
    due_age: float
    spooled: int
    spooled_age: float  # how far behind the drain is
    set_aside: int
    beats: dict[tuple[str, str], float]  # seconds since service or worker, by name
    suppressions: dict[str, int]  # by reason; opt-outs are one


def gauges(s: Session) -> Gauges:
    now = database_now(s)
    waiting, due_since = due(s, now)
    spooled, spooled_since = s.execute(_SPOOLED).one()
    uncertain = s.scalar(select(func.min(Attempt.started_at)).where(Attempt.verdict == "uncertain"))
    return Gauges(
        recipients=_recipients(s),
        attempts=_attempts(s),
        uncertain_age=_age(now, uncertain),
        due=waiting,
        due_age=_age(now, due_since),
        spooled=spooled,
        spooled_age=_age(now, spooled_since),
        set_aside=s.scalar(select(func.count()).where(Spooled.set_aside)) or 0,
        beats={key: _age(now, at) for key, at in heartbeat.beats(s).items()},
        suppressions=count_by_reason(s),
    )


def due(s: Session, now: datetime) -> tuple[int, datetime | None]:
    """How many batches of runs that nobody holds have their time, and since when."""
    mine = Batch.state == "planned", Batch.not_before <= now, Batch.not_after > now
    free = Run.frozen_at.is_not(None), ~Run.paused, Run.held.is_(None)
    found = select(func.count(), func.min(Batch.not_before)).join(Run, Run.id == Batch.run_id).where(*mine, *free)
    count, since = s.execute(found).one()
    return count, since


def _recipients(s: Session) -> dict[tuple[str, str], int]:
    """From batches and those who are not in what their batch says: nobody's row is counted one by one."""
    runs = dict(s.execute(select(Run.id, Run.public_id).where(has_open_ends())).all())
    found: dict[tuple[str, str], int] = {}
    size = select(Batch.run_id, Batch.state, func.sum(Batch.size)).where(Batch.run_id.in_(runs))
    for run, state, people in s.execute(size.group_by(Batch.run_id, Batch.state)):
        found[runs[run], _WORDS.get(state, state)] = int(people)
    x = DeliveryException
    same = (Batch.run_id == x.run_id) & (Batch.number == x.batch)
    out = select(x.run_id, Batch.state, x.kind, func.count()).join(Batch, same).where(x.run_id.in_(runs))
    for run, state, kind, people in s.execute(out.group_by(x.run_id, Batch.state, x.kind)):
        found[runs[run], _WORDS.get(state, state)] -= people
        found[runs[run], kind] = found.get((runs[run], kind), 0) + people
    return found


def _attempts(s: Session) -> dict[str, int]:
    by_verdict = select(Attempt.verdict, func.count()).where(Attempt.batch.is_not(None)).group_by(Attempt.verdict)
    return {verdict or "in flight": n for verdict, n in s.execute(by_verdict)}


def _age(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
