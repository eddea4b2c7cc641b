"""How a campaign went, from the rows of its run: counted anew whenever somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import Config
from base.database import database_now
from base.errors import Refused
from campaigns.archive import subject_for_anybody
from campaigns.models import Campaign, Segment
from campaigns.recipients import count_kept_exclusions
from campaigns.report.links import Link, clicked
from campaigns.report.rates import BOUNCED, Rate, rates
from campaigns.report.reasons import Back, grouped, without_people
from campaigns.status import status
from delivery import messages, results
from delivery.models import Run
from subscribers.models import List

HOURS = 48
EARLIER = 3  # campaigns on the same list that stand beside it
BESIDE = ("delivered", "opened", "clicked", "opted out", "complained", BOUNCED)


@dataclass(frozen=True)
class Hour:
    number: int  # since it was launched
    opened: int  # people, for the first time
    clicked: int


@dataclass(frozen=True)
class Beside:
    """One of the campaigns on the same list, in few numbers."""

    slug: str
    subject: str
    launched_at: datetime
    segment: str  # another part of the list is another audience
    recipients: int
    rates: tuple[Rate, ...]


@dataclass(frozen=True)
class Report:
    slug: str
    subject: str
    list_name: str
    segment: str
    state: str
    launched_at: datetime
    made_at: datetime
    zone: str
    recipients: int
    rates: tuple[Rate, ...]
    excluded: Mapping[str, int]  # by reason, before the audience was frozen
    skipped: Mapping[str, int]  # afterwards
    refused: Mapping[str, int]
    came_back: tuple[Back, ...]
    hours: tuple[Hour, ...]
    links: tuple[Link, ...]
    beside: tuple[Beside, ...]  # the newest first


def report(s: Session, campaign: Campaign, config: Config) -> Report:
    """Raises Refused before the launch, and Broken where somebody is unaccounted for."""
    if campaign.run_id is None or campaign.launched_at is None:
        raise Refused(
            f"{campaign.slug} has not been launched, so there is nothing to report; who would get it: "
            f"tipsheet campaign plan {campaign.slug}"
        )
    run = s.get_one(Run, campaign.run_id)
    stands = status(s, campaign)
    return Report(
        slug=campaign.slug,
        subject=subject_for_anybody(s, campaign),
        list_name=s.get_one(List, campaign.list_id).name,
        segment=_segment(s, campaign),
        state=stands.state,
        launched_at=campaign.launched_at,
        made_at=database_now(s),
        zone=campaign.zone or config.campaigns.zone,
        recipients=stands.counts.audience,
        rates=rates(stands.counts, results.reactions(s, run.id)),
        excluded=dict(Counter(count_kept_exclusions(s, campaign)).most_common()),
        skipped=results.left_out(s, run.id, "skipped"),
        refused=_bare(results.left_out(s, run.id, "refused")),
        came_back=grouped(results.came_back(s, run.id)),
        hours=_hours(s, run.id, campaign.launched_at),
        links=clicked(
            messages.load(s, run.message_id), orjson.loads(run.envelope)["public_url"], results.clicks(s, run.id)
        ),
        beside=_beside(s, campaign),
    )


def as_beside(found: Report) -> Beside:
    """This one as the others stand beside it."""
    few = tuple(rate(found.rates, name) for name in BESIDE)
    return Beside(found.slug, found.subject, found.launched_at, found.segment, found.recipients, few)


def rate(numbers: tuple[Rate, ...], name: str) -> Rate:
    return next(each for each in numbers if each.name == name)


def _hours(s: Session, run_id: int, begins: datetime) -> tuple[Hour, ...]:
    opened = results.first_times(s, run_id, results.OPENED, begins, HOURS)
    clicks = results.first_times(s, run_id, results.CLICKED, begins, HOURS)
    return tuple(Hour(n, *both) for n, both in enumerate(zip(opened, clicks, strict=True)))


def _bare(reasons: Mapping[str, int]) -> dict[str, int]:
    """Two refusals that name different people are one reason."""
    found = Counter[str]()
    for words, people in reasons.items():
        found[without_people(words)] += people
    return dict(found.most_common())


def _beside(s: Session, campaign: Campaign) -> tuple[Beside, ...]:
    same_list = Campaign.list_id == campaign.list_id, Campaign.run_id.is_not(None), Campaign.id != campaign.id
    before = select(Campaign).where(*same_list, Campaign.launched_at <= campaign.launched_at)
    newest = before.order_by(Campaign.launched_at.desc(), Campaign.id.desc()).limit(EARLIER)
    return tuple(_one_of_them(s, each) for each in s.scalars(newest).all())


def _one_of_them(s: Session, campaign: Campaign) -> Beside:
    n = status(s, campaign).counts
    numbers = rates(n, results.reactions(s, campaign.run_id or 0))
    return Beside(
        slug=campaign.slug,
        subject=subject_for_anybody(s, campaign),
        launched_at=campaign.launched_at or campaign.added_at,
        segment=_segment(s, campaign),
        recipients=n.audience,
        rates=tuple(rate(numbers, name) for name in BESIDE),
    )


def _segment(s: Session, campaign: Campaign) -> str:
    return s.get_one(Segment, campaign.segment_id).slug if campaign.segment_id else ""
