"""The whole service at a glance: is it running, what leaves next, what is leaving, what needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import Config
from base.errors import Broken
from campaigns.alerts import record
from campaigns.alerts.needs import needs
from campaigns.models import Campaign
from campaigns.series.next import LEFT_OUT, ahead
from campaigns.series.store import live_series
from campaigns.status import Status, status
from delivery import dispatch, heartbeat, installation
from delivery.ledger.counts import has_open_ends
from delivery.models import Run

_FEW = 5  # dates ahead


@dataclass(frozen=True)
class Coming:
    at: datetime
    zone: str
    campaign: str  # its slug; '' while it is not made yet
    series: str  # ''
    state: str


@dataclass(frozen=True)
class Wanted:
    cause: str
    words: str
    since: datetime | None  # when it was noted; None where no alerts are kept


@dataclass(frozen=True)
class Overview:
    running: bool
    workers: int | None  # how many send, where an engine dispatches
    last_seen: datetime | None
    next: tuple[Coming, ...]
    sending: tuple[dict[str, Any], ...]
    needs: tuple[Wanted, ...]


def overview(s: Session, now: datetime, config: Config) -> Overview:
    """As it is seen from where this configuration is."""
    return Overview(
        running=not heartbeat.missing(s, by_workers=False),
        workers=heartbeat.workers(s) if config.dispatch.engine == dispatch.ENGINE else None,
        last_seen=heartbeat.last(s),
        next=tuple(sorted(_next(s, now), key=lambda one: (one.at, one.campaign, one.series))[:_FEW]),
        sending=tuple(one.document() for one in _sending(s)),
        needs=wanted(s, now, config),
    )


def wanted(s: Session, now: datetime, config: Config) -> tuple[Wanted, ...]:
    """What needs a person, as status and doctor show it."""
    is_real, by_workers = config.delivery.provider == "sendgrid", config.dispatch.engine == dispatch.ENGINE
    found = needs(s, now, installation.place(config), is_checked=is_real, by_workers=by_workers)
    since = record.since(s)
    return tuple(Wanted(need.cause, need.words, since.get(need.cause)) for need in found)


def _next(s: Session, now: datetime) -> list[Coming]:
    waiting = Campaign.launched_at.is_(None), Campaign.cancelled_at.is_(None), Campaign.scheduled_for > now
    found = s.scalars(select(Campaign).where(*waiting).order_by(Campaign.scheduled_for).limit(_FEW))
    coming = [
        Coming(one.scheduled_for, one.zone or "UTC", one.slug, "", status(s, one).state)
        for one in found
        if one.scheduled_for
    ]
    known = {one.campaign for one in coming}
    for series in live_series(s):
        coming += [
            Coming(one.at, series.zone, one.campaign or "", series.slug, one.state)
            for one in ahead(s, series, now, count=_FEW)
            if one.campaign not in known and one.state not in LEFT_OUT
        ]
    return coming


def _sending(s: Session) -> list[Status]:
    """What has begun and is not over. Whose counts do not add up is named among the needs."""
    under_way = (
        select(Campaign).join(Run, Run.id == Campaign.run_id).where(has_open_ends(), Campaign.cancelled_at.is_(None))
    )
    found = []
    for campaign in s.scalars(under_way.order_by(Campaign.id)):
        try:
            found.append(status(s, campaign))
        except Broken:
            continue
    return found
