"""Before a send: who gets what, when, what stands against it, and what changed since it was approved."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base.config import Config
from base.database import database_now
from base.errors import TipsheetError
from campaigns import content, preflight
from campaigns.models import Campaign
from campaigns.recipients import count_excluded, count_recipients
from campaigns.render import Compiled
from delivery.slots import Message

MOST_DRIFT = 0.2  # of the approved number of recipients, either way; more needs a new look


@dataclass(frozen=True)
class Plan:
    slug: str
    recipients: int
    excluded: Mapping[str, int]
    requests: int
    first_at: datetime  # nothing leaves before
    last_at: datetime  # whoever has not been mailed by then is skipped: too late
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    changes: Mapping[str, Any]  # since the approval; empty when there was none or nothing changed


def plan(s: Session, campaign: Campaign, config: Config, *, without_events: bool = False) -> Plan:
    """Counts and renders anew; writes nothing."""
    recipients = count_recipients(s, campaign)
    first_at = max(campaign.scheduled_for or database_now(s), database_now(s))
    compiled, trouble = _rendered(s, campaign, config)
    if compiled:
        trouble += preflight.problems(
            config,
            compiled.message,
            recipients=recipients,
            leaves_at=first_at,
            offer_end=content.offer_end(s, campaign),
            without_events=without_events or bool((campaign.approved_plan or {}).get("without_events")),
        )
    return Plan(
        slug=campaign.slug,
        recipients=recipients,
        excluded=count_excluded(s, campaign),
        requests=math.ceil(recipients / config.delivery.batch_size),
        first_at=first_at,
        last_at=not_after(s, campaign, config),
        problems=tuple(trouble),
        warnings=compiled.warnings if compiled else (),
        changes=_changes(campaign, recipients, compiled.message if compiled else None),
    )


def not_after(s: Session, campaign: Campaign, config: Config) -> datetime:
    """The end of its time: the deadline, or an hour before its offer is over."""
    start = campaign.scheduled_for or database_now(s)
    end = start + config.delivery.send_within
    offer_end = content.offer_end(s, campaign)
    return min(end, offer_end - preflight.BEFORE_OFFER_END) if offer_end else end


def drifted(campaign: Campaign, recipients: int) -> bool:
    """Has the audience changed too much since a person approved it?"""
    approved = int((campaign.approved_plan or {}).get("recipients", recipients))
    return abs(recipients - approved) > MOST_DRIFT * approved


def _rendered(s: Session, campaign: Campaign, config: Config) -> tuple[Compiled | None, list[str]]:
    try:
        return content.render(s, campaign, config), []
    except TipsheetError as cause:
        return None, [cause.sentence]


def _changes(campaign: Campaign, recipients: int, message: Message | None) -> dict[str, Any]:
    if campaign.approved_plan is None:
        return {}
    found: dict[str, Any] = {}
    if (approved := campaign.approved_plan["recipients"]) != recipients:
        found["recipients"] = {"approved": approved, "now": recipients}
    if message and content_mark(message) != campaign.approved_plan.get("content"):
        found["content"] = "template, article, offer or brand changed; what was approved is what will be sent"
    return found


def content_mark(message: Message) -> str:
    """What the mail says, without its tokens, which are drawn anew at each rendering."""
    text = message.subject + message.html + message.text
    for n, slot in enumerate(message.slots):
        text = text.replace(slot.token, f"<{n}:{slot.source}>")
    return hashlib.sha256(text.encode()).hexdigest()
