"""How far a run got, counted from the rows. The counts add up to the audience or the question fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Exists, Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from base.errors import Broken
from delivery import outcomes
from delivery.models import Attempt, Batch, Delivery, DeliveryException, Duplicate, Outcome, Run
from subscribers.models import Subscriber


@dataclass(frozen=True)
class Counts:
    """audience = planned + sending + accepted + refused + skipped + uncertain; the next six part `accepted`."""

    audience: int
    planned: int
    sending: int
    accepted: int
    refused: int
    skipped: int
    uncertain: int
    delivered: int
    deferred: int
    blocked: int
    bounced: int
    dropped: int
    no_news: int
    complained: int
    opted_out: int


_WORD = {
    "planned": "planned",
    "leaving": "sending",
    "accepted": "accepted",
    "uncertain": "uncertain",
    "skipped": "skipped",
}


def counts(s: Session, run_id: int) -> Counts:
    """Raises Broken when somebody is unaccounted for."""
    run = s.get_one(Run, run_id)
    people = dict.fromkeys(("planned", "sending", "accepted", "refused", "skipped", "uncertain"), 0)
    for state, size in s.execute(_sizes(run_id)):
        people[_WORD[state]] += size
    for kind, state, n in s.execute(_exceptions(run_id)):
        people[_WORD[state]] -= n
        people[kind] += n
    rows = s.scalar(select(func.count()).where(Delivery.run_id == run_id))
    if not sum(people.values()) == run.audience == rows:
        raise Broken(
            f"Run {run_id} does not add up: {run.audience} recipients, {rows} in the ledger, {people}; "
            "nothing more is known to be safe, so pause it and keep a copy of the database",
            run=run_id,
        )
    return Counts(audience=run.audience, **people, **_fates(s, run_id, people["accepted"]))


def has_open_ends() -> ColumnElement[bool]:
    """For queries over Run: is anything still to leave, to be settled, or to be looked at by a person?"""
    open_batch = exists().where(Batch.run_id == Run.id, Batch.state.in_(("planned", "leaving", "uncertain")))
    unfrozen = Run.id.is_not(None) & Run.frozen_at.is_(None)
    doubtful = exists().where(Attempt.run_id == Run.id, Attempt.verdict == "uncertain")
    return or_(unfrozen, Run.held.is_not(None), open_batch, doubtful, exists().where(Duplicate.run_id == Run.id))


def has_accepted(run_id: InstrumentedAttribute[int | None]) -> Exists:
    """A condition for other tables' queries: somebody of that run was taken."""
    x = DeliveryException
    left_out = select(func.count()).where(x.run_id == Batch.run_id, x.batch == Batch.number).scalar_subquery()
    return exists().where(Batch.run_id == run_id, Batch.state == "accepted", Batch.size > left_out)


def batch_count(s: Session, run_id: int) -> int:
    return s.scalar(select(func.count()).where(Batch.run_id == run_id)) or 0


def has_overtaken(s: Session, run_id: int) -> bool:
    """Is a second attempt uncertain of people whom a first one is proved to have reached?"""
    same = (Batch.run_id == Attempt.run_id) & (Batch.number == Attempt.batch)
    overtaken = select(Attempt.id).join(Batch, same).where(Attempt.run_id == run_id, Attempt.verdict == "uncertain")
    return bool(s.scalar(select(overtaken.where(Batch.accepted_by.is_not(None)).exists())))


def reached_twice(s: Session, run_id: int) -> tuple[str, ...]:
    """The addresses of those for whom two attempts are proved."""
    twice = select(Duplicate.subscriber_id).where(Duplicate.run_id == run_id).distinct().subquery()
    address = func.coalesce(func.nullif(Subscriber.email, ""), "somebody who is no longer there")
    people = select(address).select_from(twice).outerjoin(Subscriber, Subscriber.id == twice.c[0])
    return tuple(s.scalars(people.order_by(twice.c[0])))


def late_count(s: Session, run_id: int) -> int:
    """How many were left out because their time was over."""
    late = select(func.coalesce(func.sum(Batch.size), 0)).where(Batch.run_id == run_id, Batch.reason == "too late")
    return int(s.scalar(late) or 0)


def oldest_uncertain(s: Session, run_id: int) -> datetime | None:
    """When the longest-waiting uncertain attempt began."""
    waiting = Attempt.run_id == run_id, Attempt.verdict == "uncertain"
    return s.scalar(select(func.min(Attempt.started_at)).where(*waiting))


def _sizes(run_id: int) -> Select[str, int]:
    return select(Batch.state, func.sum(Batch.size)).where(Batch.run_id == run_id).group_by(Batch.state)


def _exceptions(run_id: int) -> Select[str, str, int]:
    x = DeliveryException
    same = (Batch.run_id == x.run_id) & (Batch.number == x.batch)
    return (
        select(x.kind, Batch.state, func.count())
        .join(Batch, same)
        .where(x.run_id == run_id)
        .group_by(x.kind, Batch.state)
    )


def _fates(s: Session, run_id: int, accepted: int) -> dict[str, int]:
    fates = dict.fromkeys(("delivered", "deferred", "blocked", "bounced", "dropped", "complained", "opted_out"), 0)
    by_flags = select(Outcome.flags, func.count()).where(Outcome.run_id == run_id).group_by(Outcome.flags)
    for flags, n in s.execute(by_flags):
        if fate := outcomes.fate(flags):
            fates[fate] += n
        fates["complained"] += n if flags & outcomes.Flag.COMPLAINED else 0
        fates["opted_out"] += n if flags & outcomes.Flag.OPTED_OUT else 0
    known = sum(fates[f] for f in outcomes.FATES)
    return fates | {"no_news": accepted - known}
