"""Who wants one mail of a list a month, and has had it: asked at the freeze and again at each claim."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, false, select
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.models import Attempt, Batch, Delivery, DeliveryException, Run
from subscribers.models import Subscription
from subscribers.wishes import MONTHLY

# Not 28 days: after a mailing that left a day late, the next first Tuesday would be too early.
MONTH = timedelta(days=25)
HAD_ONE = "wants one mail a month and had it"


def had_one(s: Session, list_id: int, run_id: int | None = None) -> ColumnElement[bool]:
    """Of a row of subscriptions: did another run on this list, not a month ago, reach them, or may it have?"""
    runs = _lately(s, list_id, run_id)
    if not runs:
        return false()
    left_out = exists().where(
        DeliveryException.run_id == Delivery.run_id, DeliveryException.subscriber_id == Delivery.subscriber_id
    )
    # The ids stand in the statement: each person is then one look into the ledger a run, by its key.
    reached = exists().where(
        Delivery.run_id.in_(runs),
        Delivery.subscriber_id == Subscription.subscriber_id,
        Batch.run_id == Delivery.run_id,
        Batch.number == Delivery.batch,
        Batch.state.in_(("leaving", "accepted", "uncertain")),
        ~left_out,
    )
    return and_(Subscription.frequency == MONTHLY, reached.correlate(Subscription))


def _lately(s: Session, list_id: int, run_id: int | None) -> list[int]:
    """The other runs of the list of which something left within the month."""
    since = database_now(s) - MONTH
    left = exists().where(Attempt.run_id == Run.id, Attempt.started_at > since)
    mine = Run.list_id == list_id, Run.id != (run_id or 0), Run.not_after > since
    return list(s.scalars(select(Run.id).where(*mine, left)))
