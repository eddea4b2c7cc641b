"""What people change about a campaign that may be leaving already: its pace, and that the refused are tried again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from base.config import Config
from base.database import database_now
from base.errors import Refused
from campaigns import content, preflight
from campaigns.models import Campaign
from campaigns.state import OVER
from campaigns.status import status
from delivery import ledger, pace
from delivery.ledger import Again


def set_pace(s: Session, campaign: Campaign, per_hour: int) -> int:
    """So many mails an hour from now on; 0 for no limit of its own. Returns what it was."""
    now = status(s, campaign).state
    if now in OVER:
        raise Refused(f"{campaign.slug} is {now.replace('_', ' ')}; there is nothing to slow down")
    before, campaign.per_hour = campaign.per_hour, per_hour
    if campaign.run_id:
        pace.limit_run(s, campaign.run_id, per_hour)
    s.flush()
    return before


def retry_refused(s: Session, campaign: Campaign, config: Config, *, by: str, because: str) -> Again:
    """Everybody whom the provider refused, once more. Raises Refused where there is nobody, or where it is too late."""
    if campaign.cancelled_at:
        raise Refused(f"{campaign.slug} is cancelled; add a new campaign for another mailing")
    if campaign.run_id is None or not status(s, campaign).counts.refused:
        raise Refused(f"Nobody was refused; see: tipsheet campaign status {campaign.slug}")
    end = _end(s, campaign, config)
    if end <= database_now(s):
        raise Refused("Its offer is over, or nearly so, and no mail may leave that advertises it")
    done = ledger.retry_refused(s, campaign.run_id, not_after=end, by=by, because=because)
    if not done.people:
        raise Refused(
            f"An earlier attempt of {done.doubtful:,} refused people is not known to have reached nobody, so none is "
            "tried again: they might get it twice"
        )
    return done


def _end(s: Session, campaign: Campaign, config: Config) -> datetime:
    """They have as long as a campaign that starts now, but no longer than its offer."""
    end, offer_end = database_now(s) + config.delivery.send_within, content.offer_end(s, campaign)
    return min(end, offer_end - preflight.BEFORE_OFFER_END) if offer_end else end
