"""From a campaign that is due to a frozen audience. In chunks that can be resumed; any number of services may try."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database, database_now
from base.time import at_wall, parse_wall
from campaigns import times
from campaigns.freezing import freeze
from campaigns.models import Campaign
from campaigns.plan import trouble
from campaigns.recipients import window_end
from delivery import ledger, seeds, timing, warm_up
from delivery.ledger.plan import Order
from delivery.models import Run
from delivery.providers.provider import Envelope
from delivery.timing import Timing
from subscribers.models import List

log = logging.getLogger(__name__)

_LAST_ON_EARTH = "Etc/GMT+12"
# People of the list a transaction. SQLite lets nobody else write meanwhile: well under 250 ms. PostgreSQL locks only
# what is being launched, and hashes everybody who is stopped anew for each chunk.
CHUNK = {"sqlite": 20_000, "postgresql": 60_000}


def launch_due(db: Database, config: Config) -> int:
    """One tick: begin whatever is due and finish every freeze that was begun. Returns how many campaigns it touched."""
    _follow_zones(db)
    with db.read() as s:
        due = s.scalars(_due(database_now(s))).all()
    for campaign_id in due:
        while _step(db, config, campaign_id):
            pass
    return len(due)


def _follow_zones(db: Database) -> None:
    """Where a zone's rules changed after a campaign was scheduled, the wall time is what was meant."""
    mine = Campaign.wall.is_not(None), Campaign.local.is_(False)
    waiting = select(Campaign).where(Campaign.launched_at.is_(None), *mine)
    with db.read() as s:
        moved = [campaign.id for campaign in s.scalars(waiting) if _has_moved(campaign)]
    for campaign_id in moved:
        with db.write() as s:
            campaign = _locked(s, campaign_id)
            if campaign.launched_at is None and _has_moved(campaign):
                campaign.scheduled_for = _asked_for(campaign)
                log.warning("campaign=%s its zone changed: due %s", campaign.public_id, campaign.scheduled_for)


def look_at_zones(db: Database, config: Config) -> None:
    """Campaigns that go by each person's clock begin with the first zone: somebody with an earlier one may have joined
    since it was scheduled. Whose time is over when they join gets it when it begins."""
    mine = Campaign.local, Campaign.scheduled_for.is_not(None), Campaign.launched_at.is_(None)
    with db.read() as s:
        now = database_now(s)
        waiting = s.scalars(select(Campaign).where(*mine, Campaign.cancelled_at.is_(None))).all()
        first = {each.id: _first_to_come(s, each, config, now) for each in waiting}
    for campaign_id, at in first.items():
        with db.write() as s:
            campaign = _locked(s, campaign_id)
            if at and campaign.local and campaign.launched_at is None and at < (campaign.scheduled_for or at):
                campaign.scheduled_for = at


def _first_to_come(s: Session, campaign: Campaign, config: Config, now: datetime) -> datetime | None:
    return min((row.at for row in times.zones(s, campaign, config) if row.at > now), default=None)


def _has_moved(campaign: Campaign) -> bool:
    if campaign.wall is None or campaign.scheduled_for is None:
        return False
    return abs(_asked_for(campaign) - campaign.scheduled_for) >= timedelta(seconds=1)


def _asked_for(campaign: Campaign) -> datetime:
    return at_wall(parse_wall(campaign.wall or ""), campaign.zone or "")


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


def _step(db: Database, config: Config, campaign_id: int) -> bool:
    """One transaction of a launch. False when nothing is left to do, or somebody decided otherwise since the last."""
    with db.write() as s:
        campaign = _locked(s, campaign_id)
        # Only now, with the row in hand, is it certain what other services and people have made of it.
        if s.scalar(_due(database_now(s)).where(Campaign.id == campaign_id)) is None:
            return False
        if campaign.run_id is None:
            return _begin(s, campaign, config)
        return _freeze_chunk(s, campaign, campaign.run_id)


def _locked(s: Session, campaign_id: int) -> Campaign:
    return s.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True)


def _begin(s: Session, campaign: Campaign, config: Config) -> bool:
    """Open the run, or write down why a person has to look."""
    if found := trouble(s, campaign, config):
        campaign.attention = found
        log.error("campaign=%s is not launched: %s", campaign.public_id, found)
        return False
    campaign.launched_at = database_now(s)
    campaign.run_id = ledger.open_run(s, _order(s, campaign, config))
    seeds.plan(s, campaign.run_id, seeds.allowed(config))
    log.info("campaign=%s run=%s launching", campaign.public_id, campaign.run_id)
    return True


def _order(s: Session, campaign: Campaign, config: Config) -> Order:
    lst = s.get_one(List, campaign.list_id)
    warm_up.follow(s, config)
    told = times.told(s, campaign, config, (campaign.approved_plan or {}).get("recipients", 0))
    return Order(
        public_id=campaign.public_id,
        list_id=lst.id,
        message_id=campaign.message_id or 0,
        envelope=envelope(config, lst, campaign.public_id),
        batch_size=config.delivery.batch_size,
        not_before=database_now(s),
        not_after=_over_by(told),
        events_expected=config.delivery.provider == "local" or bool(config.sendgrid.webhook_key),
        per_hour=campaign.per_hour,
        cap=config.frequency,
        timing=None if times.is_plain(told) else told,
    )


def _over_by(told: Timing) -> datetime:
    """Nothing of it leaves later. Which zone is the last is known when everybody is frozen; none is later than this."""
    last = timing.due(told, _LAST_ON_EARTH) + timedelta(milliseconds=told.over)
    return timing.until(told, last)


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


def _freeze_chunk(s: Session, campaign: Campaign, run_id: int) -> bool:
    """Write the next people of the list: in or out, each with the reason. False when nobody is left."""
    last = window_end(s, campaign, chunk_size(s, run_id))
    if last is None:
        ledger.freeze(s, run_id)
        log.info("campaign=%s run=%s frozen", campaign.public_id, run_id)
        return False
    freeze(s, campaign, run_id, last)
    return True


def chunk_size(s: Session, run_id: int) -> int:
    size = CHUNK[s.get_bind().dialect.name]
    # Sorting people by their times takes as long again as writing them down.
    return size if s.get_one(Run, run_id).timing is None else size // 2
