"""A campaign's state in one word, computed: from what people decided and from how far its run got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from base.database import database_now
from base.words import counted
from campaigns.models import Campaign
from delivery import pace, rests
from delivery.ledger.counts import Counts, counts, has_overtaken, late_count, oldest_uncertain, reached_twice
from delivery.ledger.due import stopped
from delivery.models import Run

PROOF_COMES_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Progress:
    """How far a run got; nothing of it is stored."""

    frozen: bool
    counts: Counts
    held: str | None  # the provider's words
    twice: tuple[str, ...]  # who got it twice
    late: int  # skipped because their time was over
    undecided: bool  # nothing goes on before it is known what became of the uncertain, and no proof is to be expected


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
        twice=reached_twice(s, run.id),
        late=late_count(s, run.id),
        undecided=_is_undecided(s, run, far),
    )


def _is_undecided(s: Session, run: Run, far: Counts) -> bool:
    oldest = oldest_uncertain(s, run.id)
    if oldest is None or far.sending:
        return False
    waited = database_now(s) - oldest > PROOF_COMES_WITHIN
    if has_overtaken(s, run.id):
        return waited or not run.events_expected
    if waited:
        # The breaker is open, or a probe half closed it and nothing came of that.
        return far.planned == 0 or run.doubts > 0
    return far.planned == 0 and not run.events_expected


OVER = ("sent", "partially_sent", "failed", "cancelled")  # nothing more comes of it


def state(campaign: Campaign, far: Progress | None) -> str:
    """draft approved scheduled launching sending paused needs_attention sent partially_sent failed cancelled."""
    if campaign.cancelled_at:
        return "cancelled"
    if campaign.attention or (far and (far.held or far.twice or far.undecided)):
        return "needs_attention"
    if campaign.paused_at and not (far and _is_over(far)):
        return "paused"
    if far is None:
        return _before_launch(campaign)
    return _end(far) if _is_over(far) else "sending" if far.frozen else "launching"


def attention(campaign: Campaign, far: Progress | None) -> str:
    """Why it waits for a person, and what to do; empty when it does not."""
    stopped = campaign.cancelled_at is not None
    if campaign.attention and not stopped:
        return campaign.attention
    if far and far.twice:
        return f"{_names(far.twice)} got it twice; what is on record: tipsheet campaign why {campaign.slug} EMAIL"
    if far and far.undecided:
        uncertain = far.counts.uncertain
        whose = counted(uncertain, "mail", "mails") if uncertain else "a second try of mails that had arrived"
        return (
            f"no answer and no proof came for {whose}; find out what became of them and say so "
            f"with: tipsheet campaign resolve {campaign.slug}"
        )
    if far and far.held and not stopped:
        return f"{far.held}; when that is mended: tipsheet campaign resume {campaign.slug}"
    return ""


def waits(s: Session, campaign: Campaign, far: Progress | None) -> str:
    """Why nothing of it leaves at this moment, though nobody has to do anything; empty when nothing keeps it."""
    if campaign.run_id is None or far is None or not far.counts.planned or state(campaign, far) != "sending":
        return ""
    if resting := rests.resting(s):
        return rests.in_words(resting[0])
    if words := stopped(s, campaign.run_id):
        return words
    found = pace.waits(s, campaign.run_id)
    return f"{found[1]}; goes on at {found[0]:%Y-%m-%d %H:%M:%S} UTC" if found else ""


def _names(people: tuple[str, ...]) -> str:
    shown = ", ".join(people[:3])
    return f"{shown} and {len(people) - 3:,} more" if len(people) > 3 else shown


def _before_launch(campaign: Campaign) -> str:
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
