"""Moving people of a planned batch into batches of their own: one batch is always one request."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from delivery.dispatch.hints import hint
from delivery.mailed import was_left_out
from delivery.models import Attempt, Batch, Delivery, DeliveryException, Run

MAY_NOT_PART = (
    "A batch would have to leave in parts, but an earlier attempt of it was judged lost, and late proof of that would "
    "no longer reach everybody; look at SendGrid's Activity for these people, then cancel or resume"
)


def halve(s: Session, batch: Batch) -> None:
    """Its second half becomes a new planned batch."""
    people = people_in(s, batch)
    move_out(s, batch, people[len(people) // 2 :])


def part(s: Session, batch: Batch, most: int) -> int | None:
    """The first `most` who are still to be mailed get a batch of their own, and this is its number. None where that
    would be everybody."""
    still = s.scalars(select(Delivery.subscriber_id).where(*still_in(batch)).order_by(Delivery.subscriber_id)).all()
    return move_out(s, batch, still[:most]) if len(still) > most else None


def move_out(s: Session, batch: Batch, people: Sequence[int]) -> int:
    """These people leave `batch` together, into a new planned batch. Returns its number."""
    number = (s.scalar(select(func.max(Batch.number)).where(Batch.run_id == batch.run_id)) or 0) + 1
    s.add(
        Batch(
            run_id=batch.run_id,
            number=number,
            state="planned",
            reason=batch.reason,
            zone=batch.zone,
            tracks_opens=batch.tracks_opens,
            not_before=batch.not_before,
            not_after=batch.not_after,
            size=len(people),
            first_subscriber=min(people),
            last_subscriber=max(people),
        )
    )
    s.flush()
    mine = Delivery.run_id == batch.run_id, Delivery.subscriber_id.in_(people)
    s.execute(update(Delivery).where(*mine).values(batch=number))
    theirs = DeliveryException.run_id == batch.run_id, DeliveryException.subscriber_id.in_(people)
    s.execute(update(DeliveryException).where(*theirs).values(batch=number))
    batch.size -= len(people)
    s.flush()
    hint(s, batch.run_id, number)
    return number


def set_apart(s: Session, run_id: int, number: int, people: Sequence[int]) -> None:
    """Each of these goes alone: what differs for them is too large to travel beside others."""
    batch = s.get_one(Batch, (run_id, number), with_for_update=True)
    if batch.state != "planned":
        return
    if may_not_part(s, batch):
        s.execute(update(Run).where(Run.id == run_id, Run.held.is_(None)).values(held=MAY_NOT_PART))
        return
    for person in people:
        if batch.size > 1:
            move_out(s, batch, [person])


def may_not_part(s: Session, batch: Batch) -> bool:
    """Was an earlier attempt of all of them judged lost? Late proof of it would reach only those who stayed, and
    whoever had been moved out would be mailed again: together they stay."""
    ghosts = Attempt.run_id == batch.run_id, Attempt.batch == batch.number, Attempt.verdict.in_(("lost", "uncertain"))
    return bool(s.scalar(select(select(Attempt.id).where(*ghosts).exists())))


def people_in(s: Session, batch: Batch) -> Sequence[int]:
    """All of a batch, also whoever was left out. Its bounds alone do not tell: people may have been moved out."""
    return s.scalars(select(Delivery.subscriber_id).where(*_in(batch)).order_by(Delivery.subscriber_id)).all()


def still_in(batch: Batch) -> tuple[ColumnElement[bool], ...]:
    """Of a row of deliveries: in this batch, and neither skipped nor refused."""
    return (*_in(batch), ~was_left_out())


def _in(batch: Batch) -> tuple[ColumnElement[bool], ...]:
    return (
        Delivery.run_id == batch.run_id,
        Delivery.batch == batch.number,
        Delivery.subscriber_id.between(batch.first_subscriber, batch.last_subscriber),
    )
