"""Who a campaign goes to and who not, as SELECTs: the list, the segment, and what stops an address."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.orm import Session

from campaigns.models import Campaign, Exclusion, Segment
from campaigns.segments.grammar import parse
from campaigns.segments.sql import to_sql
from subscribers.models import Subscriber, Subscription
from subscribers.suppression import mailable, why_not

OUTSIDE = "not in the segment"


def recipients(s: Session, campaign: Campaign) -> Select[int]:
    """The ids of those whom the campaign would reach at this moment."""
    everybody = mailable(campaign.list_id)
    rule = _rule(s, campaign)
    return everybody.where(to_sql(parse(rule))) if rule else everybody


def exclusions(s: Session, campaign: Campaign) -> list[Select[int, str]]:
    """Everybody else on the list, each once, with the reason."""
    found = [why_not(campaign.list_id)]
    if rule := _rule(s, campaign):
        outside = mailable(campaign.list_id).where(~func.coalesce(to_sql(parse(rule)), False))
        found.append(outside.add_columns(literal(OUTSIDE).label("reason")))
    return found


def count_recipients(s: Session, campaign: Campaign) -> int:
    return s.scalar(select(func.count()).select_from(recipients(s, campaign).subquery())) or 0


def count_excluded(s: Session, campaign: Campaign) -> Mapping[str, int]:
    """How many by reason, the most frequent first."""
    counts: dict[str, int] = {}
    for query in exclusions(s, campaign):
        rows = query.subquery()
        grouped = select(rows.c[1], func.count()).group_by(rows.c[1])
        counts |= dict(s.execute(grouped).all())
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def count_kept_exclusions(s: Session, campaign: Campaign) -> Mapping[str, int]:
    """The same as it was when the audience was frozen."""
    query = select(Exclusion.reason, func.count()).where(Exclusion.campaign_id == campaign.id)
    return dict(s.execute(query.group_by(Exclusion.reason)).all())


def keep_exclusions(s: Session, campaign: Campaign, first: int, last: int) -> None:
    """Write down who was left out and why, among subscribers first < id <= last."""
    inside = (Subscription.subscriber_id > first) & (Subscription.subscriber_id <= last)
    for query in exclusions(s, campaign):
        rows = query.where(inside).subquery()
        chosen = select(literal(campaign.id), rows.c[0], rows.c[1])
        s.execute(insert(Exclusion).from_select(["campaign_id", "subscriber_id", "reason"], chosen))


def window_end(s: Session, campaign: Campaign, size: int) -> int | None:
    """The last id of the next `size` people of the list whom the freeze has not been past; None at the end."""
    mine = Subscription.list_id == campaign.list_id, Subscription.subscriber_id > campaign.frozen_through
    ids = select(Subscription.subscriber_id).where(*mine).order_by(Subscription.subscriber_id)
    return s.scalar(ids.offset(size - 1).limit(1)) or s.scalar(select(func.max(ids.subquery().c[0])))


def matches(s: Session, campaign: Campaign, subscriber_id: int) -> bool:
    """Would this person be reached now?"""
    return s.scalar(recipients(s, campaign).where(Subscriber.id == subscriber_id)) is not None


def _rule(s: Session, campaign: Campaign) -> str | None:
    return s.get_one(Segment, campaign.segment_id).rule if campaign.segment_id else None
