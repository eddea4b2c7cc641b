"""Who received, opened or clicked a run's mail, asked of delivery's rows."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from campaigns.segments.tree import Deed
from delivery.models import Batch, Delivery, DeliveryException, Outcome
from delivery.outcomes import FATES, Flag

_FLAGS = {"opened": Flag.OPENED, "clicked": Flag.CLICKED}
_ARRIVED = FATES["delivered"]
_LOST = Flag.BOUNCED | Flag.DROPPED


def who_did(deed: Deed, runs: Iterable[int]) -> Select[int]:
    """The ids of the people. Received: the provider took it, and did not say that it came back."""
    if deed != "received":
        return select(Outcome.subscriber_id).where(Outcome.run_id.in_(list(runs)), _has(_FLAGS[deed]))
    taken = and_(Batch.run_id == Delivery.run_id, Batch.number == Delivery.batch, Batch.state == "accepted")
    return (
        select(Delivery.subscriber_id)
        .join(Batch, taken)
        .where(Delivery.run_id.in_(list(runs)), ~_of_this(DeliveryException), ~_came_back())
    )


def deeds_of(s: Session, subscriber_id: int, asked: Iterable[tuple[Deed, int]]) -> set[tuple[Deed, int]]:
    """Those of these deeds and runs that hold for one person."""
    found: set[tuple[Deed, int]] = set()
    for deed, run in sorted(set(asked)):
        who = who_did(deed, [run])
        if s.scalar(who.where(who.selected_columns[0] == subscriber_id)) is not None:
            found.add((deed, run))
    return found


def _came_back() -> ColumnElement[bool]:
    blocked = and_(_has(Flag.BLOCKED), ~_has(_ARRIVED))
    return _of_this(Outcome, or_(_has(_LOST), blocked))


def _of_this(table: type[DeliveryException | Outcome], *more: ColumnElement[bool]) -> ColumnElement[bool]:
    mine = table.run_id == Delivery.run_id, table.subscriber_id == Delivery.subscriber_id
    return exists().where(*mine, *more).correlate(Delivery)


def _has(flags: int) -> ColumnElement[bool]:
    return Outcome.flags.bitwise_and(int(flags)) != 0
