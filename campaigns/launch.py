"""From a campaign that is due to a frozen audience. In chunks that can be resumed; any number of services may try."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database, database_now
from base.errors import TipsheetError
from base.time import at_wall, parse_wall
from campaigns import content, preflight
from campaigns.models import Campaign
from campaigns.plan import drifted, not_after
from campaigns.recipients import count_recipients, keep_exclusions, recipients, window_end
from delivery import ledger, messages
from delivery.ledger.plan import Order
from delivery.models import Run
from delivery.providers.provider import Envelope
from subscribers.models import List, Subscription

log = logging.getLogger(__name__)

CHUNK = 10_000  # people of the list a transaction: the write lock is held well under 250 ms


def launch_due(db: Database, config: Config) -> int:
    """One tick: begin whatever is due and finish every freeze that was begun. Returns how many campaigns it touched."""
    with db.read() as s:
        due = s.scalars(_due(database_now(s))).all()
    for campaign_id in due:
        _launch(db, config, campaign_id)
    return len(due)


def _due(now: datetime) -> Select[int]:
    unfrozen = or_(Campaign.run_id.is_(None), Run.frozen_at.is_(None))
    return (
        select(Campaign.id)
        .outerjoin(Run, Run.id == Campaign.run_id)
        .where(
            Campaign.approved_at.is_not(None),
            Campaign.scheduled_for <= now,
            Campaign.cancelled_at.is_(None),
            Campaign.paused_at.is_(None),
            Campaign.attention.is_(None),
            unfrozen,
        )
        .order_by(Campaign.scheduled_for)
    )


def _launch(db: Database, config: Config, campaign_id: int) -> None:
    with db.write() as s:
        campaign = s.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True)
        if campaign.launched_at is None and not _begin(s, campaign, config):
            return
    while True:
        with db.write() as s:
            campaign = s.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True)
            if campaign.cancelled_at or _freeze_chunk(s, campaign):
                return


def _begin(s: Session, campaign: Campaign, config: Config) -> bool:
    """Open the run, or write down why a person has to look. False: not now."""
    if _moved(campaign):
        campaign.scheduled_for = at_wall(parse_wall(campaign.wall or ""), campaign.zone or "")
        log.warning(
            "campaign=%s the rules of %s changed: due at %s", campaign.id, campaign.zone, campaign.scheduled_for
        )
        if campaign.scheduled_for > database_now(s):
            return False
    try:
        trouble = _trouble(s, campaign, config)
    except TipsheetError as cause:
        trouble = cause.sentence
    if trouble:
        campaign.attention = trouble
        log.error("campaign=%s is not launched: %s", campaign.id, trouble)
        return False
    campaign.launched_at = database_now(s)
    campaign.run_id = ledger.open_run(s, _order(s, campaign, config))
    log.info("campaign=%s run=%s launching", campaign.id, campaign.run_id)
    return True


def _moved(campaign: Campaign) -> bool:
    """Did the zone's rules change since it was scheduled? Then the wall time is what was meant."""
    if not campaign.wall or not campaign.zone:
        return False
    return at_wall(parse_wall(campaign.wall), campaign.zone) != campaign.scheduled_for


def _trouble(s: Session, campaign: Campaign, config: Config) -> str:
    now = database_now(s)
    if now >= not_after(s, campaign, config):
        return (
            f"it was due at {campaign.scheduled_for:%Y-%m-%d %H:%M} UTC and its time is over "
            "([delivery] send_within, or its offer's end); send it now with: tipsheet campaign send"
        )
    people = count_recipients(s, campaign)
    if drifted(campaign, people):
        approved = (campaign.approved_plan or {}).get("recipients")
        return (
            f"it would go to {people:,} people and {approved:,} were approved; look at the plan and approve it "
            "again with: tipsheet campaign approve"
        )
    found = preflight.problems(
        config,
        messages.load(s, campaign.message_id or 0),
        recipients=people,
        leaves_at=now,
        offer_end=content.offer_end(s, campaign),
        without_events=bool((campaign.approved_plan or {}).get("without_events")),
    )
    return "; ".join(found)


def _order(s: Session, campaign: Campaign, config: Config) -> Order:
    lst = s.get_one(List, campaign.list_id)
    return Order(
        public_id=campaign.public_id,
        list_id=lst.id,
        message_id=campaign.message_id or 0,
        envelope=envelope(config, lst, campaign.public_id),
        batch_size=config.delivery.batch_size,
        not_before=database_now(s),
        not_after=not_after(s, campaign, config),
        events_expected=config.delivery.provider == "local" or bool(config.sendgrid.webhook_key),
    )


def envelope(config: Config, lst: List, public_id: str) -> Envelope:
    """Ids only: a slug like back-pain would tell a condition to whoever handles the mail."""
    domain = config.delivery.from_email.rpartition("@")[2]
    return Envelope(
        from_email=config.delivery.from_email,
        from_name=config.delivery.from_name,
        reply_to=config.delivery.reply_to,
        list_header=f"<list-{lst.id}.{domain}>",
        feedback_id=f"{public_id}:list-{lst.id}:tipsheet:{_sender_id(domain)}",
        public_url=config.web.public_url.rstrip("/"),
    )


def _sender_id(domain: str) -> str:
    """5 to 15 characters that stay the same (Google, Feedback Loop)."""
    letters = "".join(c for c in domain if c.isalnum())
    return (letters + "mailer")[:15] if len(letters) < 5 else letters[:15]


def _freeze_chunk(s: Session, campaign: Campaign) -> bool:
    """Write the next people of the list: in or out, each with the reason. True when nobody is left."""
    if campaign.run_id is None:
        return True
    first, last = campaign.frozen_through, window_end(s, campaign, CHUNK)
    if last is None:
        ledger.freeze(s, campaign.run_id)
        log.info("campaign=%s run=%s frozen", campaign.id, campaign.run_id)
        return True
    inside = (Subscription.subscriber_id > first) & (Subscription.subscriber_id <= last)
    ledger.add(s, campaign.run_id, recipients(s, campaign).where(inside))
    keep_exclusions(s, campaign, first, last)
    campaign.frozen_through = last
    return False
