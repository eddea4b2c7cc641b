"""refused → planned once more, because a person mended the cause: those people, in new batches of the same run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.brake_models import TriedAgain
from delivery.ledger.split import move_out
from delivery.models import Attempt, Batch, DeliveryException, Run


@dataclass(frozen=True)
class Again:
    people: int  # who are tried again
    doubtful: int  # who stay refused, because an earlier attempt may have reached them


def retry_refused(s: Session, run_id: int, *, not_after: datetime, by: str, because: str) -> Again:
    """Everybody whom the provider refused, each once; the refusals stay on record. Whoever may not be mailed any more
    is skipped by the check before the attempt, as anybody is."""
    run = s.get_one(Run, run_id, with_for_update=True, populate_existing=True)
    tried = doubtful = 0
    for number, refused in _refused(s, run_id).items():
        batch = s.get_one(Batch, (run_id, number), with_for_update=True, populate_existing=True)
        sure = [one for one in refused if not _may_have_had_it(s, batch, one)]
        tried, doubtful = tried + len(sure), doubtful + len(refused) - len(sure)
        if sure:
            fresh = plan_again(s, batch, sure, by=by, because=because)
            fresh.not_before, fresh.not_after, fresh.reason = database_now(s), not_after, None
    if tried:
        run.not_after = max(run.not_after, not_after)
        run.released_at = database_now(s)  # a person has looked: refused requests are counted anew
    s.flush()
    return Again(tried, doubtful)


def plan_again(s: Session, batch: Batch, refused: Sequence[DeliveryException], *, by: str, because: str) -> Batch:
    """These leave their batch for one of their own. One of theirs alone, as the journal knows people by batches."""
    now, people = database_now(s), [one.subscriber_id for one in refused]
    again = {"run_id": batch.run_id, "batch": batch.number, "at": now, "by": by, "because": because}
    rows = [
        {"subscriber_id": x.subscriber_id, "attempt": x.attempt or "", "reason": x.reason, "refused_at": x.at, **again}
        for x in refused
    ]
    s.execute(insert(TriedAgain), rows)
    for one in refused:
        s.delete(one)
    s.flush()
    return s.get_one(Batch, (batch.run_id, move_out(s, batch, people)))


def refused_among(s: Session, batch: Batch, people: Sequence[int]) -> list[DeliveryException]:
    mine = DeliveryException.run_id == batch.run_id, DeliveryException.batch == batch.number
    found = s.scalars(select(DeliveryException).where(*mine, DeliveryException.kind == "refused"))
    return [one for one in found if one.subscriber_id in set(people)]


def _refused(s: Session, run_id: int) -> dict[int, list[DeliveryException]]:
    """By the batch that they are in."""
    mine = DeliveryException.run_id == run_id, DeliveryException.kind == "refused"
    found: dict[int, list[DeliveryException]] = defaultdict(list)
    for one in s.scalars(select(DeliveryException).where(*mine).order_by(DeliveryException.subscriber_id)):
        found[one.batch].append(one)
    return found


def _may_have_had_it(s: Session, batch: Batch, one: DeliveryException) -> bool:
    """Were they in an attempt, before they were refused, that was judged lost or is uncertain? Late proof of it would
    show that they had it."""
    refusing = select(Attempt.number).where(Attempt.id == one.attempt).scalar_subquery()
    ghosts = Attempt.run_id == batch.run_id, Attempt.batch == batch.number, Attempt.verdict.in_(("lost", "uncertain"))
    return bool(s.scalar(select(select(Attempt.id).where(*ghosts, Attempt.number < refusing).exists())))
