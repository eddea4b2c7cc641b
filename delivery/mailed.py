"""To whom of some people anything was sent on a list: what has to be known before a consent may become void."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from delivery.models import Batch, Delivery, DeliveryException, Run

# In any of these states a mail has left, or may have.
LEFT = ("leaving", "accepted", "uncertain")


def mailed(s: Session, list_id: int, people: Select[int]) -> int:
    """How many of them; who was skipped or refused was not mailed. `people` selects subscriber ids."""
    query = (
        select(func.count(Delivery.subscriber_id.distinct()))
        .join(Run, Run.id == Delivery.run_id)
        .join(Batch, and_(Batch.run_id == Delivery.run_id, Batch.number == Delivery.batch))
        .where(Run.list_id == list_id, Batch.state.in_(LEFT), Delivery.subscriber_id.in_(people))
        .where(~was_left_out())
    )
    return s.scalars(query).one()


def was_left_out() -> ColumnElement[bool]:
    """Of a row of deliveries: skipped or refused, whatever the state of its batch."""
    return exists().where(
        DeliveryException.run_id == Delivery.run_id, DeliveryException.subscriber_id == Delivery.subscriber_id
    )
