"""Why did, or didn't, this person get it: every step that is on record, in order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.models import Campaign, Exclusion
from campaigns.recipients import matches
from delivery.trail import Step, trail
from subscribers.keys import Keys
from subscribers.models import Consent, List, Subscriber
from subscribers.people import find


@dataclass(frozen=True)
class Why:
    """`verdict`: delivered accepted not_delivered refused skipped uncertain planned excluded unknown."""

    slug: str
    email: str
    verdict: str
    steps: tuple[Step, ...]


def why(s: Session, keys: Keys, campaign: Campaign, email: str) -> Why:
    person = find(s, keys, email)
    if person is None:
        return Why(campaign.slug, email, "unknown", (Step(None, "unknown", "nobody with this address is known"),))
    steps = _consents(s, campaign, person)
    found = trail(s, campaign.run_id, person.id) if campaign.run_id else None
    if found:
        steps.append(Step(campaign.launched_at, "in the audience", "when it was frozen"))
        return Why(campaign.slug, email, found.verdict, (*steps, *found.steps))
    if excluded := s.get(Exclusion, (campaign.id, person.id)):
        steps.append(Step(campaign.launched_at, "excluded", excluded.reason))
        return Why(campaign.slug, email, "excluded", tuple(steps))
    verdict, step = _outside(s, campaign, person)
    return Why(campaign.slug, email, verdict, (*steps, step))


def _consents(s: Session, campaign: Campaign, person: Subscriber) -> list[Step]:
    mine = Consent.subscriber_id == person.id, Consent.list_id == campaign.list_id
    rows = s.scalars(select(Consent).where(*mine).order_by(Consent.id))
    return [Step(row.at, f"consent {row.state}", f"{row.how}: {row.source}") for row in rows]


def _outside(s: Session, campaign: Campaign, person: Subscriber) -> tuple[str, Step]:
    if campaign.launched_at is not None:
        name = s.get_one(List, campaign.list_id).name
        return "excluded", Step(
            campaign.launched_at, "excluded", f"not on the list {name} when the audience was frozen"
        )
    if matches(s, campaign, person.id):
        return "planned", Step(campaign.scheduled_for, "planned", "would get it if it were launched now")
    return "excluded", Step(None, "excluded", "would not get it now; see: tipsheet subscriber show")
