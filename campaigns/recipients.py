"""Who a campaign goes to and who not, as SELECTs: the list, the segment, and what stops an address."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from base.config import FrequencyConfig
from campaigns.models import Campaign, Exclusion, Segment
from campaigns.segments.people import condition
from delivery.ledger.frequency import NO_CAP, enough
from subscribers.models import List, Subscriber, Subscription
from subscribers.suppression import mailable, may_be_mailed, reason, why_not

OUTSIDE = "not in the segment"
OVERTAKEN = "changed while the audience was being frozen"


def recipients(s: Session, campaign: Campaign, cap: FrequencyConfig = NO_CAP) -> Select[int]:
    """The ids of those whom the campaign would reach at this moment."""
    everybody = mailable(campaign.list_id).where(~enough(s, campaign.list_id, campaign.run_id, cap).condition)
    segment = _segment(s, campaign)
    return everybody.where(condition(s, segment)) if segment else everybody


def exclusions(s: Session, campaign: Campaign, cap: FrequencyConfig = NO_CAP) -> list[Select[int, str]]:
    """Everybody else on the list, each once, with the reason."""
    had = enough(s, campaign.list_id, campaign.run_id, cap)
    frequent = mailable(campaign.list_id).where(had.condition)
    found = [why_not(campaign.list_id)]
    if segment := _segment(s, campaign):
        inside = func.coalesce(condition(s, segment), False)
        outside = mailable(campaign.list_id).where(~inside)
        found.append(outside.add_columns(literal(OUTSIDE).label("reason")))
        frequent = frequent.where(inside)
    return [*found, frequent.add_columns(had.reason.label("reason"))]


def count_excluded(s: Session, campaign: Campaign, cap: FrequencyConfig = NO_CAP) -> Mapping[str, int]:
    """How many by reason, the most frequent first."""
    counts: dict[str, int] = {}
    for query in exclusions(s, campaign, cap):
        rows = query.subquery()
        grouped = select(rows.c[1], func.count()).group_by(rows.c[1])
        counts |= dict(s.execute(grouped).all())
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def count_kept_exclusions(s: Session, campaign: Campaign) -> Mapping[str, int]:
    """The same as it was when the audience was frozen."""
    query = select(Exclusion.reason, func.count()).where(Exclusion.campaign_id == campaign.id)
    return dict(s.execute(query.group_by(Exclusion.reason)).all())


def reasons(s: Session, campaign: Campaign, cap: FrequencyConfig = NO_CAP) -> Select[int, str]:
    """Everybody on the list with what would leave them out; for whom nothing would, that they changed just now."""
    segment = _segment(s, campaign)
    outside = [(~func.coalesce(condition(s, segment), False), literal(OUTSIDE))] if segment else []
    had = enough(s, campaign.list_id, campaign.run_id, cap)
    why = case(
        (~may_be_mailed(campaign.list_id), reason(campaign.list_id)),
        *outside,
        (had.condition, had.reason),
        else_=literal(OVERTAKEN),
    )
    return (
        select(Subscription.subscriber_id, why.label("reason"))
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscription.list_id == campaign.list_id)
    )


def between(
    first: int, last: int, person: InstrumentedAttribute[int] = Subscription.subscriber_id
) -> ColumnElement[bool]:
    return and_(person > first, person <= last)


def window_end(s: Session, campaign: Campaign, size: int) -> int | None:
    """The last id of the next `size` people of the list whom the freeze has not been past; None at the end."""
    mine = Subscription.list_id == campaign.list_id, Subscription.subscriber_id > campaign.frozen_through
    ids = select(Subscription.subscriber_id).where(*mine).order_by(Subscription.subscriber_id)
    return s.scalar(ids.offset(size - 1).limit(1)) or s.scalar(select(func.max(ids.subquery().c[0])))


def why_excluded(s: Session, campaign: Campaign, subscriber_id: int, cap: FrequencyConfig = NO_CAP) -> str | None:
    """Why this person would not be reached now; None where they would be."""
    if s.scalar(recipients(s, campaign, cap).where(Subscriber.id == subscriber_id)) is not None:
        return None
    for query in exclusions(s, campaign, cap):
        if row := s.execute(query.where(Subscriber.id == subscriber_id)).one_or_none():
            return in_words(s, campaign, row.reason)
    return f"not on the list {s.get_one(List, campaign.list_id).name}"


def in_words(s: Session, campaign: Campaign, reason: str) -> str:
    """A reason with what it refers to."""
    segment = _segment(s, campaign)
    return f"{reason} {segment.slug}: {segment.rule}" if segment and reason == OUTSIDE else reason


def _segment(s: Session, campaign: Campaign) -> Segment | None:
    return s.get_one(Segment, campaign.segment_id) if campaign.segment_id else None
