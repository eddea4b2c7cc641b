"""Before a send: who gets what, when, what stands against it, and what changed since it was approved."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from base.config import Config
from base.database import database_now
from base.errors import TipsheetError
from base.words import counted
from campaigns import content, preflight, too_late
from campaigns.approved import Moved, moved
from campaigns.duration import Duration, duration
from campaigns.models import Campaign
from campaigns.recipients import count_excluded
from campaigns.render import Compiled
from campaigns.times import ZoneTime, zones
from campaigns.wording_changes import differences
from delivery import seeds, warm_up
from delivery.slots import Message
from subscribers.lists import check_open
from subscribers.models import List

MOST_DRIFT = 0.2  # of the approved number of recipients, either way; more needs a new look


@dataclass(frozen=True)
class Plan:
    slug: str
    recipients: int
    seen: int  # of them: opening is seen, as they agreed
    excluded: Mapping[str, int]
    seeds: tuple[str, ...]  # colleagues who get a copy beside them; in no count
    requests: int
    first_at: datetime  # nothing leaves before
    last_at: datetime  # whoever has not been mailed by then is skipped: too late
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    changes: Mapping[str, Any]  # since the approval; empty when there was none or nothing changed
    zones: tuple[ZoneTime, ...]  # who is reached when: one where one clock counts for all
    days: int  # on which it leaves, where a warm-up lets only so many go a day
    takes: Duration  # from the first to the last, at the pace that holds now
    moved: Moved | None = None  # who came and went since the approval; None where that is not on record


def plan(s: Session, campaign: Campaign, config: Config, *, without_events: bool = False, names: bool = False) -> Plan:
    """Counts and renders anew; writes nothing. Problems are those of what would be sent: once approved, that.

    `names`: also of who came and went since the approval.
    """
    fresh, unrendered = _rendered(s, campaign, config)
    approved = campaign.approved_plan
    if approved is None:
        drawn = draw_up(s, campaign, config, fresh, without_events=without_events)
        return replace(drawn, problems=(*unrendered, *drawn.problems))
    mail = content.to_send(s, campaign, config)
    drawn = draw_up(s, campaign, config, mail, without_events=without_events or approved["without_events"])
    problems = (*_outgrown(s, campaign, config, drawn.recipients), *drawn.problems)
    changes = _changes(approved, drawn.recipients, mail.message, fresh)
    return replace(drawn, problems=problems, changes=changes, moved=moved(s, campaign, config, names=names))


def draw_up(s: Session, campaign: Campaign, config: Config, mail: Compiled | None, *, without_events: bool) -> Plan:
    """The plan for this very mail, whatever was approved before."""
    rows = zones(s, campaign, config)
    recipients = sum(row.people for row in rows)
    message = mail.message if mail else None
    warnings = preflight.warnings(config, mail.message, without_events=without_events) if mail else []
    days = warm_up.days_for(s, config, recipients)
    takes = duration(campaign, config, recipients, days)
    late = too_late.warnings(s, campaign, config, rows, takes)
    return Plan(
        slug=campaign.slug,
        recipients=recipients,
        seen=sum(row.seen for row in rows),
        excluded=count_excluded(s, campaign, config.frequency),
        seeds=seeds.allowed(config),
        requests=_requests(rows, config.delivery.batch_size),
        first_at=max(min(row.first for row in rows), database_now(s)),
        last_at=max(row.last_until for row in rows),
        problems=tuple(_problems(s, campaign, config, message, rows, without_events)),
        warnings=(*(mail.warnings if mail else ()), *warnings, *_quiet_warnings(rows, config), *late),
        changes={},
        zones=tuple(rows),
        days=days,
        takes=takes,
    )


def trouble(s: Session, campaign: Campaign, config: Config) -> str:
    """What stands against sending what was approved, at its time or, past that, now; empty when nothing does."""
    try:
        rows = zones(s, campaign, config)
        found = _outgrown(s, campaign, config, sum(row.people for row in rows))
        accepted = bool((campaign.approved_plan or {}).get("without_events"))
        found += _problems(s, campaign, config, content.frozen(s, campaign), rows, accepted)
        return "; ".join(found)
    except TipsheetError as cause:
        return cause.sentence


def drift(approved: int, now: int) -> bool:
    """Has the audience changed too much since a person approved it?"""
    return abs(now - approved) > MOST_DRIFT * approved


def content_mark(message: Message) -> str:
    """What the mail says, to whomever, without its tokens, which are drawn anew at each rendering."""
    text = json.dumps(message.to_dict(), sort_keys=True)
    for n, slot in enumerate(message.slots):
        text = text.replace(slot.token, f"slot {n}")
    return sha256(text.encode()).hexdigest()


def _rendered(s: Session, campaign: Campaign, config: Config) -> tuple[Compiled | None, list[str]]:
    try:
        return content.render(s, campaign, config), []
    except TipsheetError as cause:
        return None, [cause.sentence]


def _problems(
    s: Session,
    campaign: Campaign,
    config: Config,
    message: Message | None,
    rows: Sequence[ZoneTime],
    without_events: bool,
) -> list[str]:
    found = []
    try:
        check_open(s.get_one(List, campaign.list_id))
    except TipsheetError as cause:
        found.append(cause.sentence)
    return found + preflight.problems(
        config,
        message,
        recipients=sum(row.people for row in rows),
        leaves_at=max(*(row.last for row in rows), database_now(s)),
        offer_end=content.offer_end(s, campaign),
        without_events=without_events,
    )


def _requests(rows: Sequence[ZoneTime], batch_size: int) -> int:
    """Zones that are due together share theirs; who is seen opening shares none with who is not."""
    people = Counter[tuple[datetime, bool]]()
    for row in rows:
        people[row.at, True] += row.seen
        people[row.at, False] += row.people - row.seen
    return sum(math.ceil(many / batch_size) for many in people.values())


def _quiet_warnings(rows: Sequence[ZoneTime], config: Config) -> list[str]:
    late = sum(row.people for row in rows if row.too_late)
    if not late:
        return []
    return [
        f"quiet hours, {config.campaigns.quiet}, last until the time of {counted(late, 'person', 'people')}, or of the "
        "last of them, is over: they would be skipped as too late; choose another time"
    ]


def _outgrown(s: Session, campaign: Campaign, config: Config, recipients: int) -> list[str]:
    """What time has made of an approval: its own time is over, or the audience is another."""
    found = []
    due, now = campaign.scheduled_for, database_now(s)
    if due and now >= due + config.delivery.send_within:
        where = "in the first zones" if campaign.local else campaign.zone
        asked = f"{campaign.wall} {where}" if campaign.wall else f"{due:%Y-%m-%d %H:%M} UTC"
        found.append(
            f"it was due at {asked}, longer ago than [delivery] send_within allows; send it now with: "
            f"tipsheet campaign send {campaign.slug}"
        )
    approved = (campaign.approved_plan or {}).get("recipients", recipients)
    if drift(approved, recipients):
        found.append(
            f"it would go to {counted(recipients, 'person', 'people')} and {approved:,} were approved; look at the "
            f"plan and approve it again with: tipsheet campaign approve {campaign.slug}"
        )
    return found


def _changes(approved: Mapping[str, Any], recipients: int, frozen: Message, fresh: Compiled | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if approved["recipients"] != recipients:
        found["recipients"] = {"approved": approved["recipients"], "now": recipients}
    if fresh is None or content_mark(fresh.message) != approved["content"]:
        found["content"] = "template, article, offer or brand changed; what was approved is what will be sent"
        found["words"] = list(differences(frozen, fresh.message)) if fresh else []
    return found
