"""A campaign's state in one word, computed: from what people decided and from how far its run got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from base.database import database_now
from campaigns.models import Campaign
from delivery.ledger.counts import Counts, counts, duplicate_count, late_count, oldest_uncertain
from delivery.models import Run

PROOF_COMES_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Progress:
    """How far a run got; nothing of it is stored."""

    frozen: bool
    counts: Counts
    held: str | None  # the provider's words
    stopped: bool  # the breaker is open
    duplicates: int
    late: int  # skipped because their time was over
    undecided: bool  # nothing but uncertainty is left, and no proof is to be expected any more


def progress(s: Session, campaign: Campaign) -> Progress | None:
    """None before the launch. Raises Broken when somebody is unaccounted for."""
    if campaign.run_id is None:
        return None
    run = s.get_one(Run, campaign.run_id, populate_existing=True)
    far = counts(s, run.id)
    return Progress(
        frozen=run.frozen_at is not None,
        counts=far,
        held=run.held,
        stopped=run.doubts >= 2,
        duplicates=duplicate_count(s, run.id),
        late=late_count(s, run.id),
        undecided=bool(far.uncertain) and far.planned == far.sending == 0 and _no_proof_to_come(s, run),
    )


def _no_proof_to_come(s: Session, run: Run) -> bool:
    oldest = oldest_uncertain(s, run.id)
    waited = oldest is not None and database_now(s) - oldest > PROOF_COMES_WITHIN
    return waited or not run.events_expected


def state(campaign: Campaign, far: Progress | None) -> str:
    """draft approved scheduled launching sending paused needs_attention sent partially_sent failed cancelled."""
    if campaign.cancelled_at:
        return "cancelled"
    if campaign.attention or (far and (far.held or far.duplicates or far.undecided)):
        return "needs_attention"
    if campaign.paused_at and not (far and _is_over(far)):
        return "paused"
    if far is None:
        return _before_launch(campaign)
    return _end(far) if _is_over(far) else "sending" if far.frozen else "launching"


def attention(campaign: Campaign, far: Progress | None) -> str:
    """Why it waits for a person; empty when it does not."""
    if campaign.attention:
        return campaign.attention
    if far and far.held:
        return far.held
    if far and far.duplicates:
        return f"{far.duplicates} people got it twice; campaign why SLUG EMAIL names the attempts"
    if far and far.undecided:
        return f"what became of {far.counts.uncertain} mails is not known; decide with: tipsheet campaign resolve"
    return ""


def _before_launch(campaign: Campaign) -> str:
    if campaign.launched_at:
        return "launching"
    if campaign.approved_at is None:
        return "draft"
    return "scheduled" if campaign.scheduled_for else "approved"


def _is_over(far: Progress) -> bool:
    """Never while one recipient is unaccounted for."""
    n = far.counts
    return far.frozen and n.planned == n.sending == n.uncertain == 0


def _end(far: Progress) -> str:
    n = far.counts
    if n.accepted == 0:
        return "failed"
    return "partially_sent" if n.refused or far.late else "sent"
