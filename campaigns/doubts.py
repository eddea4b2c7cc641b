"""What of a campaign is uncertain, and the words by which a person settles it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from campaigns.models import Campaign
from delivery.doubts import Doubt, doubts, in_doubt
from delivery.providers.provider import Provider
from delivery.settle import Rules


@dataclass(frozen=True)
class Uncertain:
    slug: str
    people: int  # each once, in however many attempts
    account: str  # that this installation is set up for now
    attempts: tuple[Doubt, ...]
    settle_by: tuple[str, ...]  # commands; empty when nothing is uncertain


def uncertain(s: Session, campaign: Campaign, provider: Provider, rules: Rules) -> Uncertain:
    found = doubts(s, campaign.run_id, provider, rules) if campaign.run_id else ()
    people = sum({one.batch: len(one.people) for one in found}.values())
    said = [f"tipsheet campaign resolve {campaign.slug} {word} --because '…'" for word in ("--sent", "--not-sent")]
    return Uncertain(campaign.slug, people, provider.account, found, tuple(said) if found else ())


def attempts_in_doubt(s: Session, campaign: Campaign) -> list[str]:
    """For the record, when a person settles them."""
    return in_doubt(s, campaign.run_id) if campaign.run_id else []
