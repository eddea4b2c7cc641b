"""Campaigns as staff make them: what goes to whom. Deciding on them is decisions.py, sending them launch.py."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import NotFound, Refused
from campaigns.articles.store import get_article
from campaigns.models import Campaign
from campaigns.offers import get_offer
from campaigns.segments.saved import get_segment
from campaigns.slugs import check_slug
from subscribers.lists import get_list


@dataclass(frozen=True)
class Draft:
    """What a campaign is made of, by the names that staff gave these things."""

    slug: str
    list: str
    subject: str
    template: str
    article: str | None = None
    offer: str | None = None
    segment: str | None = None
    preheader: str = ""


def add_campaign(s: Session, draft: Draft, *, actor: str) -> Campaign:
    """Raises NotFound for a name that is not there, Refused for a slug that is taken or a mail with nothing in it."""
    check_slug(draft.slug)
    if s.scalar(select(Campaign.id).where(Campaign.slug == draft.slug)):
        raise Refused(f"There is a campaign {draft.slug} already; choose another --slug")
    if not (draft.article or draft.offer):
        raise Refused("A campaign needs something to say: name an article with --article or an offer with --offer")
    if not draft.subject.strip() or "\n" in draft.subject:
        raise Refused("The subject must be one line with something in it; give it with --subject")
    campaign = Campaign(
        public_id=secrets.token_urlsafe(9),
        slug=draft.slug,
        list_id=get_list(s, draft.list).id,
        article_id=get_article(s, draft.article).id if draft.article else None,
        offer_id=get_offer(s, draft.offer).id if draft.offer else None,
        segment_id=get_segment(s, draft.segment).id if draft.segment else None,
        subject=draft.subject.strip(),
        preheader=draft.preheader.strip(),
        template=draft.template,
        added_at=database_now(s),
        added_by=actor,
    )
    s.add(campaign)
    s.flush()
    return campaign


def get_campaign(s: Session, slug: str, *, lock: bool = False) -> Campaign:
    query = select(Campaign).where(Campaign.slug == slug)
    found = s.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"There is no campaign {slug}; see: tipsheet campaign list")
    return found


def all_campaigns(s: Session) -> list[Campaign]:
    return list(s.scalars(select(Campaign).order_by(Campaign.id)))
