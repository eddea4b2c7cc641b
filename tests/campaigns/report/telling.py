"""What the provider tells of a mailing, by the real way back: spooled as SendGrid posts it, and drained."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select

from base.database import Database
from campaigns.drafts import get_campaign
from campaigns.models import Campaign
from delivery import events
from delivery.models import Attempt, Delivery
from delivery.providers.sendgrid.webhook import ATTEMPT, RUN, SUBSCRIBER
from subscribers.models import Subscriber
from tests.campaigns.mailing import SLUG, Mailing


def tell(mailing: Mailing, *told: tuple[str, str, float, dict[str, Any]], slug: str = SLUG) -> None:
    """Each: name, SendGrid's event, hours after the launch, and what else stands in it."""
    with mailing.db.write() as s:
        campaign = get_campaign(s, slug)
        theirs = (Attempt.run_id == Delivery.run_id) & (Attempt.batch == Delivery.batch)
        mine = select(Delivery.subscriber_id, Attempt.id).join(Attempt, theirs).where(Attempt.run_id == campaign.run_id)
        attempts = dict(s.execute(mine).all())
        ids = dict(s.execute(select(Subscriber.email, Subscriber.id)).all())
        people = [ids[f"{one[0]}@example.com"] for one in told]
        body = [_event(campaign, attempts[each], each, *one) for each, one in zip(people, told, strict=True)]
        events.spool(s, "sendgrid", orjson.dumps(body), urgent=False)
    _drain(mailing.db, mailing)


def _event(
    campaign: Campaign, attempt: str, person: int, name: str, event: str, hours: float, more: dict[str, Any]
) -> dict[str, Any]:
    at: datetime = (campaign.launched_at or campaign.added_at) + timedelta(hours=hours)
    ids = {RUN: campaign.public_id, ATTEMPT: attempt, SUBSCRIBER: str(person)}
    return {"event": event, "email": f"{name}@example.com", "timestamp": int(at.timestamp()), **ids, **more}


def _drain(db: Database, mailing: Mailing) -> None:
    while events.drain(db, mailing.keys):
        pass
