"""Uncertain attempts: looking for proof either way, and never guessing.

Proof that it was taken is an event or a log entry with the attempt's id. Proof of loss needs all of: the waiting time
is over, the way back is alive, the provider's log shows no trace. That an accepted request shows in the log within the
waiting time is the one assumption; `[delivery] settle = "hold"` does without it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.time import from_ms
from delivery import events
from delivery.ledger import lose, prove
from delivery.ledger.due import is_silent
from delivery.ledger.split import still_in
from delivery.models import Attempt, Batch, Delivery, Run
from delivery.probing import probe
from delivery.providers.provider import Provider, Question
from subscribers.models import Subscriber

log = logging.getLogger(__name__)

LONG_AGO = from_ms(0)
ASKED = 3  # people of an attempt; a request is taken or refused whole, so one would do
PROBES = 5  # in a row without any event: then the way back is down, and a person has to look


@dataclass(frozen=True)
class Rules:
    by_proof: bool
    waiting: timedelta  # from the end of the lease
    between_probes: timedelta


def settle(db: Database, provider: Provider, rules: Rules, steady_since: datetime = LONG_AGO) -> int:
    """One look at every uncertain attempt of this account. Returns how many were settled.

    `steady_since`: from when on the database's clock is known to have gone evenly. A clock that was set forward is no
    proof that anybody waited."""
    with db.read() as s:
        waited = database_now(s) - steady_since >= rules.waiting
        due = _due(s, provider, rules)
        questions = [_question(s, attempt) for attempt in due]
        alive_since = heard_of_until(s, provider.account)
        quiet = events.is_empty(s)
    settled = 0
    for question in questions:
        settled += _settle_one(db, provider, rules, question, alive_since if quiet and waited else None)
    if len(questions) > settled or _is_stopped(db, provider):
        probe(db, provider, lambda s: _probe_is_due(s, provider, rules))
    return settled


def heard_of_until(s: Session, account: str) -> datetime | None:
    """When the latest attempt of an account began that the way back spoke of; None while it spoke of none."""
    told_of = Attempt.account == account, Attempt.first_event_at.is_not(None), Attempt.started_at <= database_now(s)
    return s.scalar(select(func.max(Attempt.started_at)).where(*told_of))


def _due(s: Session, provider: Provider, rules: Rules) -> list[Attempt]:
    """Uncertain, of this very account, and waited for long enough."""
    over = database_now(s) - (timedelta() if provider.repeatable else rules.waiting)
    open_ones = _open(provider).where(Attempt.lease_until <= over).order_by(Attempt.started_at)
    return list(s.scalars(open_ones))


def _open(provider: Provider) -> Select[Attempt]:
    return select(Attempt).where(
        Attempt.verdict == "uncertain", Attempt.account == provider.account, Attempt.batch.is_not(None)
    )


def _question(s: Session, attempt: Attempt) -> Question:
    batch = s.get_one(Batch, (attempt.run_id, attempt.batch))
    people = select(Subscriber.email).join(Delivery, Delivery.subscriber_id == Subscriber.id).where(*still_in(batch))
    return Question(attempt.id, tuple(s.scalars(people.limit(ASKED))), attempt.started_at)


def _settle_one(
    db: Database, provider: Provider, rules: Rules, question: Question, alive_since: datetime | None
) -> int:
    if provider.repeatable:
        return _lost(db, question, "a repeat overwrites")
    known = provider.trace(question)
    if known:
        with db.write() as s:
            prove(s, question.attempt, "the provider's log shows it")
        return 1
    alive = alive_since is not None and alive_since > question.started_at
    if known is None or not alive or not rules.by_proof or not question.emails:
        return 0
    return _lost(db, question, "no trace in the provider's log, while events of later attempts came")


def _lost(db: Database, question: Question, evidence: str) -> int:
    with db.write() as s:
        # What came in the meantime is looked at again: what is spooled, or cannot be read, may be the proof that it
        # was taken.
        if not events.is_empty(s) or events.set_aside_since(s, question.started_at):
            return 0
        attempt = s.get_one(Attempt, question.attempt, with_for_update=True)
        return int(lose(s, attempt, evidence))


def _is_stopped(db: Database, provider: Provider) -> bool:
    """Does a run wait, by itself or because the provider answers nobody?"""
    with db.read() as s:
        stopped = _unfinished() if is_silent(s, provider.account) else and_(Run.doubts >= 2, _unfinished())
        return bool(s.scalar(select(select(Run.id).where(stopped).exists())))


def _doubtful() -> Select[bool]:
    return select(select(Run.id).where(Run.doubts >= 2, _unfinished()).exists())


def _unfinished() -> ColumnElement[bool]:
    planned = select(Batch.number).where(Batch.run_id == Run.id, Batch.state == "planned")
    return planned.exists()


def _probe_is_due(s: Session, provider: Provider, rules: Rules) -> bool:
    now = database_now(s)
    probes = select(Attempt).where(
        Attempt.batch.is_(None), Attempt.account == provider.account, Attempt.started_at <= now
    )
    last = s.scalars(probes.order_by(Attempt.started_at.desc()).limit(PROBES)).all()
    if last and last[0].started_at > now - rules.between_probes:
        return False
    taken_in_vain = [p for p in last if p.verdict == "accepted" and p.first_event_at is None]
    # Where every run waits for the provider, what is asked is whether it takes mail, not whether it tells of it.
    return len(taken_in_vain) < PROBES or (is_silent(s, provider.account) and not s.scalar(_doubtful()))
