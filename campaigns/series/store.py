"""Series in the database: added, found, ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import Config
from base.database import add_new
from base.errors import BadInput, NotFound, Refused
from base.time import zone as find_zone
from campaigns import template_files
from campaigns.models import Series
from campaigns.segments.saved import get_segment
from campaigns.series.occurrences import instant, today
from campaigns.series.when import parse
from campaigns.series.words import describe
from campaigns.slugs import LONGEST, check_slug
from subscribers.lists import open_list

APPROVAL = ("required", "not")
OFFER = ("required", "if-any")
MOST_DAYS_AHEAD = 60
_DATE = len("-2027-01-05-9")  # what a campaign's slug has more than its series'


@dataclass(frozen=True)
class Draft:
    """A series as staff ask for it, by the names they gave things."""

    slug: str
    list: str
    when: str
    zone: str
    template: str
    segment: str | None = None
    days_ahead: int = 5
    approval: str = APPROVAL[0]
    offer: str = OFFER[0]
    subject: str = ""
    starts_on: date | None = None  # weeks are counted from here; else from now


def add_series(s: Session, draft: Draft, config: Config, *, actor: str, now: datetime) -> Series:
    """Raises BadInput for what cannot be read, NotFound for a name that is not there, Refused for a taken slug."""
    _check(s, draft)
    template_files.source(config, draft.template, draft.subject)
    series = Series(
        slug=draft.slug,
        list_id=open_list(s, draft.list).id,
        segment_id=get_segment(s, draft.segment).id if draft.segment else None,
        template=draft.template,
        subject=draft.subject.strip(),
        words=describe(parse(draft.when)),
        zone=find_zone(draft.zone).key,
        days_ahead=draft.days_ahead,
        approval=draft.approval,
        offer=draft.offer,
        added_at=now,
        added_by=actor,
    )
    first = _first_day(series, now)
    series.starts_on, series.seen_through = draft.starts_on or first, first - timedelta(days=1)
    add_new(s, series, f"The series {draft.slug} is there already; choose another name")
    return series


def get_series(s: Session, slug: str, *, lock: bool = False) -> Series:
    """Raises NotFound."""
    query = select(Series).where(Series.slug == slug)
    found = s.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"There is no series {slug[:80]!r}; see them with: tipsheet series list")
    return found


def all_series(s: Session) -> list[Series]:
    return list(s.scalars(select(Series).order_by(Series.slug)))


def live_series(s: Session) -> list[Series]:
    """Those that have not been ended."""
    return list(s.scalars(select(Series).where(Series.ended_at.is_(None)).order_by(Series.slug)))


def end(series: Series, *, now: datetime) -> None:
    """Make no more campaigns. Those that are made stay as they are."""
    if series.ended_at is not None:
        raise Refused(f"The series {series.slug} was ended before; it makes no more campaigns")
    series.ended_at = now


def _check(s: Session, draft: Draft) -> None:
    check_slug(draft.slug)
    if len(draft.slug) > LONGEST - _DATE:
        raise BadInput(f"{draft.slug!r} is too long: its campaigns add a date; use up to {LONGEST - _DATE} letters")
    if draft.approval not in APPROVAL:
        raise BadInput(f"{draft.approval!r} is nothing for --approval; write {' or '.join(APPROVAL)}")
    if draft.offer not in OFFER:
        raise BadInput(f"{draft.offer!r} is nothing for --offer; write {' or '.join(OFFER)}")
    if not 0 <= draft.days_ahead <= MOST_DAYS_AHEAD:
        raise BadInput(f"--days-ahead is {draft.days_ahead}; give a number from 0 to {MOST_DAYS_AHEAD}")
    if len(draft.subject.strip().splitlines()) > 1:
        raise BadInput("The subject must be one line; give it with --subject, or leave it out for the article's title")


def _first_day(series: Series, now: datetime) -> date:
    """Today, unless today's time is over."""
    day = today(series, now)
    return day if instant(series, day) > now else day + timedelta(days=1)
