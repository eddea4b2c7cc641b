"""When a campaign reaches whom: what its run is told of times, and the people by zone. Batches: delivery/timing.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy.orm import Session

from base.config import Config, FrequencyConfig
from base.database import database_now
from base.time import to_ms, zone
from campaigns import content, preflight
from campaigns.models import Campaign
from campaigns.recipients import recipients
from delivery import timing, warm_up
from delivery.ledger.departures import TIERS
from delivery.timing import Timing
from subscribers.models import Subscriber, Subscription


@dataclass(frozen=True)
class ZoneTime:
    """The people of one zone, and when it is their turn. The last ones of a campaign over a while leave at `last`."""

    zone: str  # as it stands with them; empty: they have none, or all are reached by one clock
    clock: str  # the zone whose clock counts
    local: str  # on that clock, when the first of them leave
    at: datetime  # when they are due
    first: datetime  # when the first leave: later than due where it is quiet
    last: datetime
    until: datetime  # whoever of the first has not left by then is skipped as too late
    last_until: datetime
    people: int
    seen: int  # of them: opening is seen, as they agreed

    @property
    def too_late(self) -> bool:
        """Do quiet hours last until after their time is over, at least for the last of them?"""
        return self.first >= self.until or self.last >= self.last_until


def told(s: Session, campaign: Campaign, config: Config, people: int) -> Timing:
    """All that a run needs to know, where it is for so many. A warm-up may need days: they are added to its time."""
    at = campaign.scheduled_for or database_now(s)
    more = timedelta(days=warm_up.days_for(s, config, people, campaign.run_id) - 1)
    offer_end = content.offer_end(s, campaign)
    return Timing(
        at=to_ms(at),
        zone=zone(campaign.zone or config.campaigns.zone).key,
        within=_ms(config.delivery.send_within + more),
        wall=campaign.wall or "" if campaign.local else "",
        over=(campaign.over_seconds or 0) * 1000,
        quiet=config.campaigns.quiet,
        ends=to_ms(offer_end - preflight.BEFORE_OFFER_END) if offer_end else None,
        tiers=TIERS if warm_up.is_on(s, config) else 1,
    )


def is_plain(told: Timing) -> bool:
    """Do all batches leave at once, at any hour? Then the run need not be told anything."""
    return not (told.wall or told.over or told.quiet) and told.tiers == 1


def zones(s: Session, campaign: Campaign, config: Config) -> list[ZoneTime]:
    """Whom it reaches as of now by their zones, the earliest first; one row where one clock counts for all."""
    found = _people(s, campaign, config.frequency)
    known = told(s, campaign, config, sum(people for _, people, _ in found))
    more = timedelta(milliseconds=known.within) - config.delivery.send_within
    return sorted((_row(known, *each, more) for each in found), key=lambda row: row.at)


def due_at(campaign: Campaign, zone_name: str) -> datetime | None:
    """When it is somebody's turn; None while nobody has said when it leaves."""
    if not campaign.local or campaign.scheduled_for is None:
        return campaign.scheduled_for
    known = Timing(at=0, zone=campaign.zone or "UTC", within=0, wall=campaign.wall or "")
    return timing.due(known, zone_name)


def _people(s: Session, campaign: Campaign, cap: FrequencyConfig) -> list[tuple[str, int, int]]:
    """Zone, how many, and of how many of them opening is seen."""
    both = func.count(), func.count(Subscription.opens_since)
    mine = recipients(s, campaign, cap)
    if not campaign.local:
        return [("", *s.execute(mine.with_only_columns(*both)).one())]
    rows = s.execute(mine.with_only_columns(Subscriber.zone, *both).group_by(Subscriber.zone))
    return [(name, people, seen) for name, people, seen in rows] or [("", 0, 0)]


def _row(known: Timing, name: str, people: int, seen: int, more: timedelta) -> ZoneTime:
    at, clock = timing.due(known, name), timing.clock(known, name)
    end = at + timedelta(milliseconds=known.over)
    first = timing.leaves(known, at, clock)
    return ZoneTime(
        zone=name,
        clock=clock,
        local=f"{first.astimezone(zone(clock)):%Y-%m-%d %H:%M}",
        at=at,
        first=first,
        last=timing.leaves(known, end + more, clock),
        until=timing.until(known, at),
        last_until=timing.until(known, end),
        people=people,
        seen=seen,
    )


def _ms(length: timedelta) -> int:
    return round(length.total_seconds() * 1000)
