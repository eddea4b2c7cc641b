"""Our opt-outs, told to the provider: a second net, which stops every mail of its account to these people."""

from __future__ import annotations

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from base.database import Database
from delivery.providers.provider import Provider
from subscribers.models import Subscriber, Subscription

_AT_ONCE = 500  # addresses a request

_WITHDRAWN = exists().where(Subscription.subscriber_id == Subscriber.id, Subscription.state == "withdrawn")
_STILL_THERE = exists().where(Subscription.subscriber_id == Subscriber.id, Subscription.state != "withdrawn")
_LEFT_ALL = (_WITHDRAWN, ~_STILL_THERE, Subscriber.email != "", Subscriber.erased_at.is_(None))


def how_many_left(s: Session) -> int:
    """Who withdrew from every list that they were on. Whoever is on one, or asked to be, is never told of."""
    return s.scalar(select(func.count()).select_from(Subscriber).where(*_LEFT_ALL)) or 0


def push(db: Database, provider: Provider) -> int:
    """Tell the provider of all of them; safe to repeat. Returns how many. Raises Refused."""
    told, after = 0, 0
    while True:
        with db.read() as s:
            query = select(Subscriber.id, Subscriber.email).where(*_LEFT_ALL, Subscriber.id > after)
            some = s.execute(query.order_by(Subscriber.id).limit(_AT_ONCE)).all()
        if not some:
            return told
        provider.stop([email for _, email in some])
        told, after = told + len(some), some[-1].id
