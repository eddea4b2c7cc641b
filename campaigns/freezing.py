"""One chunk of an audience: everybody in it goes into the ledger or is written down as left out, with the reason."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, literal, select, text
from sqlalchemy.orm import Session

from base.config import FrequencyConfig
from campaigns.models import Campaign, Exclusion
from campaigns.recipients import between, reasons, recipients
from delivery import ledger
from delivery.models import Delivery, Run
from subscribers.models import Subscriber, Subscription


def freeze(s: Session, campaign: Campaign, run_id: int, last: int) -> None:
    """The people of the list after those frozen before, through `last`."""
    first = campaign.frozen_through
    ledger.add(s, run_id, recipients(s, campaign, _cap(s, run_id)), first, last)
    keep_exclusions(s, campaign, run_id, first, last)
    campaign.frozen_through = last


def keep_exclusions(s: Session, campaign: Campaign, run_id: int, first: int, last: int) -> None:
    """Write down everybody after `first` through `last` who is not in the ledger, and why.

    Not everybody who fails the rule: between two statements PostgreSQL lets others write, and nobody may slip through.
    """
    person, inside = Subscription.subscriber_id, Delivery.subscriber_id
    listed = select(person).where(Subscription.list_id == campaign.list_id, between(first, last))
    planned = select(inside).where(Delivery.run_id == run_id, between(first, last, inside))
    # In order, so that SQLite reads both beside each other: to look each person up takes half as long again.
    left = listed.except_(planned).order_by(text("1"))
    # Of both tables once more: otherwise PostgreSQL reads all people for each chunk.
    near = between(first, last), between(first, last, Subscriber.id)
    out = reasons(s, campaign, _cap(s, run_id)).where(person.in_(left), *near).add_columns(literal(campaign.id))
    s.execute(insert(Exclusion).from_select(["subscriber_id", "reason", "campaign_id"], out))


def _cap(s: Session, run_id: int) -> FrequencyConfig:
    """As it was at the launch: one rule for all chunks."""
    run = s.get_one(Run, run_id)
    return FrequencyConfig(run.cap_most, timedelta(seconds=run.cap_seconds))
