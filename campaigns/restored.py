"""Campaigns after a restore: which of them a person has to look at before they go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.errors import Broken
from base.words import counted
from campaigns.models import Campaign
from campaigns.state import OVER, progress, state
from delivery import ledger


def hold_unfinished(s: Session, made_at: datetime) -> list[str]:
    """Without the journal nobody knows what left after the backup: each goes on only when a person says so."""
    held = []
    for campaign in s.scalars(select(Campaign).order_by(Campaign.id)):
        if _is_done(s, campaign):
            continue
        campaign.attention = (
            f"the database was restored as it was at {made_at:%Y-%m-%d %H:%M} UTC, without its journal, so mails of it "
            "that left since then are not on record; look at the provider's own log, then cancel it or go on with: "
            f"tipsheet campaign resume {campaign.slug}"
        )
        if campaign.run_id:
            ledger.hold(s, campaign.run_id)
        held.append(campaign.slug)
    s.flush()
    return held


def hold_stopped(s: Session, decisions: Mapping[str, str]) -> list[str]:
    """Those that a person paused or cancelled after the backup: what else they changed then is not known."""
    held = []
    stopped = [run for run, decision in decisions.items() if decision != "resumed"]
    for campaign in s.scalars(select(Campaign).where(Campaign.public_id.in_(stopped)).order_by(Campaign.id)):
        if _is_done(s, campaign):
            continue
        campaign.attention = (
            f"it was {decisions[campaign.public_id]} after the backup that was restored; decide again: cancel it, or "
            f"go on with: tipsheet campaign resume {campaign.slug}"
        )
        if campaign.run_id:
            ledger.hold(s, campaign.run_id)
        held.append(campaign.slug)
    s.flush()
    return held


def hold_launched_later(s: Session, outside: Mapping[str, int]) -> tuple[list[str], int]:
    """Those that were still to be launched when the backup was made, and have reached people since.

    Also how many people had mail of campaigns that are not in the backup at all.
    """
    held, unknown = [], 0
    for public_id, people in outside.items():
        campaign = s.scalar(select(Campaign).where(Campaign.public_id == public_id))
        if campaign is None:
            unknown += people
            continue
        how = "resume" if campaign.scheduled_for else "send"
        campaign.attention = (
            f"it was launched after the backup that was restored, and {counted(people, 'person', 'people')} had it: "
            "they are left out if it goes on; cancel it, or let it go to the others with: "
            f"tipsheet campaign {how} {campaign.slug}"
        )
        held.append(campaign.slug)
    s.flush()
    return held, unknown


def _is_done(s: Session, campaign: Campaign) -> bool:
    try:
        return state(campaign, progress(s, campaign)) in OVER
    except Broken:
        return False
