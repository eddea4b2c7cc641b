"""Who wants one mail of a list a month, and has had it: asked at the freeze and again at each claim."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists

from delivery.models import Attempt, Batch, Delivery, DeliveryException, Run
from subscribers.models import Subscription
from subscribers.wishes import MONTHLY, is_younger

# Not 28 days: after a mailing that left a day late, the next first Tuesday would be too early.
MONTH = timedelta(days=25)
HAD_ONE = "wants one mail a month and had it"


def had_one(list_id: int, run_id: int | None = None) -> ColumnElement[bool]:
    """Of a row of subscriptions: did another run on this list reach them within a month, or may it have?"""
    left_out = exists().where(
        DeliveryException.run_id == Delivery.run_id, DeliveryException.subscriber_id == Delivery.subscriber_id
    )
    reached = exists().where(
        Run.list_id == list_id,
        Run.id != (run_id or 0),
        is_younger(Run.not_after, MONTH),
        Delivery.run_id == Run.id,
        Delivery.subscriber_id == Subscription.subscriber_id,
        Batch.run_id == Delivery.run_id,
        Batch.number == Delivery.batch,
        Batch.state.in_(("leaving", "accepted", "uncertain")),
        Attempt.id == Batch.attempt,
        is_younger(Attempt.started_at, MONTH),
        ~left_out,
    )
    return and_(Subscription.frequency == MONTHLY, reached.correlate(Subscription))
