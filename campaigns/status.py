"""How a campaign stands, in the words and counts that people and other programs read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base.errors import Broken
from campaigns.models import Campaign
from campaigns.state import attention, progress, state, waits
from delivery.ledger.counts import Counts, batch_count
from delivery.seeds import Copy, copies

_NOTHING = Counts(*[0] * 15)


@dataclass(frozen=True)
class Status:
    slug: str
    state: str
    counts: Counts
    batches: int
    attention: str  # why it waits for a person
    waits: str  # why nothing of it leaves at this moment, though nobody has to do anything
    copies: tuple[Copy, ...]  # for colleagues; in no count
    scheduled_for: datetime | None
    zone: str | None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def status(s: Session, campaign: Campaign) -> Status:
    """Raises Broken when the counts do not add up."""
    try:
        far = progress(s, campaign)
    except Broken as cause:
        raise Broken(f"{campaign.slug}: {cause.sentence}", **cause.facts) from cause
    return Status(
        slug=campaign.slug,
        state=state(campaign, far),
        counts=far.counts if far else _NOTHING,
        batches=batch_count(s, campaign.run_id) if campaign.run_id else 0,
        attention=attention(campaign, far),
        waits=waits(s, campaign, far),
        copies=copies(s, campaign.run_id) if campaign.run_id else (),
        scheduled_for=campaign.scheduled_for,
        zone=campaign.zone,
    )


def is_going_on(status: Status) -> bool:
    """Will it change by itself?"""
    return status.state in ("scheduled", "launching", "sending")
