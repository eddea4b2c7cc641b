"""uncertain → planned, on proof of loss or by a person's word; and a person's word that it was sent."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.dispatch.hints import hint
from delivery.ledger.record import accept, calm
from delivery.models import Attempt, Batch
from subscribers import journal


def lose(s: Session, attempt: Attempt, evidence: str) -> bool:
    """An uncertain attempt, locked, is proved lost: its batch is planned again. False when someone knew more."""
    if attempt.verdict != "uncertain":
        return False
    attempt.verdict, attempt.evidence = "lost", evidence
    journal.note(s, journal.RETURNED, attempt=attempt.id)
    batch = s.get_one(Batch, (attempt.run_id, attempt.batch), with_for_update=True, populate_existing=True)
    if batch.state != "uncertain" or batch.attempt != attempt.id:
        return False
    batch.state, batch.not_before, batch.lease_until = "planned", database_now(s), None
    calm(s, batch.run_id)
    s.flush()
    hint(s, batch.run_id, batch.number)
    return True


def resolve(s: Session, run_id: int, *, sent: bool, because: str, by: str) -> int:
    """A person decides for every uncertain attempt of the run; the decision stands in each one's evidence."""
    words = f"{by} decided that it {'was' if sent else 'was not'} sent: {because}"
    # By attempt and not by batch: one that was overtaken by proof of an earlier one is uncertain, too.
    uncertain = select(Attempt.id).where(Attempt.run_id == run_id, Attempt.verdict == "uncertain")
    return sum(_decide(s, attempt, sent, words) for attempt in s.scalars(uncertain.order_by(Attempt.batch)).all())


def _decide(s: Session, attempt_id: str, sent: bool, words: str) -> bool:
    # With the row in hand: a late answer may have told in the meantime what became of it, and it knew better.
    attempt = s.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)
    if attempt.verdict != "uncertain":
        return False
    if sent:
        attempt.evidence = words
        accept(s, attempt)
    else:
        lose(s, attempt, words)
    return True
