"""One chunk of an audience: everybody in it goes into the ledger or is written down as left out, with the reason."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, exists, insert, literal
from sqlalchemy.orm import Session

from base.config import FrequencyConfig
from campaigns.models import Campaign, Exclusion
from campaigns.recipients import between, reasons, recipients
from delivery import ledger
from delivery.models import Delivery, Run
from subscribers.models import Subscription


def freeze(s: Session, campaign: Campaign, run_id: int, last: int) -> None:
    """The people of the list after those frozen before, through `last`."""
    window = between(campaign.frozen_through, last)
    ledger.add(s, run_id, recipients(s, campaign, _cap(s, run_id)).where(window))
    keep_exclusions(s, campaign, run_id, window)
    campaign.frozen_through = last


def keep_exclusions(s: Session, campaign: Campaign, run_id: int, window: ColumnElement[bool]) -> None:
    """Write down everybody in the window who is not in the ledger, and why.

    Not everybody who fails the rule: between two statements PostgreSQL lets others write, and nobody may slip through.
    """
    inside = exists().where(Delivery.run_id == run_id, Delivery.subscriber_id == Subscription.subscriber_id)
    out = reasons(s, campaign, _cap(s, run_id)).where(window, ~inside).add_columns(literal(campaign.id))
    s.execute(insert(Exclusion).from_select(["subscriber_id", "reason", "campaign_id"], out))


def _cap(s: Session, run_id: int) -> FrequencyConfig:
    """As it was at the launch: one rule for all chunks."""
    run = s.get_one(Run, run_id)
    return FrequencyConfig(run.cap_most, timedelta(seconds=run.cap_seconds))
