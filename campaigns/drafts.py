"""Campaigns as staff make them: what goes to whom. Deciding on them is decisions.py, sending them launch.py."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import add_new, database_now
from base.errors import NotFound, Refused
from campaigns.articles.store import get_article
from campaigns.models import Article, Campaign, Offer, Segment
from campaigns.offers import get_offer
from campaigns.segments.saved import get_segment
from campaigns.slugs import check_slug
from subscribers.lists import get_list
from subscribers.models import List


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
    if not (draft.article or draft.offer):
        raise Refused("A campaign needs something to say: name an article with --article or an offer with --offer")
    if len(draft.subject.strip().splitlines()) != 1:
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
    taken = f"There is a campaign {draft.slug} already; choose another name, or make it anew with --replace"
    add_new(s, campaign, taken)
    return campaign


def replace_campaign(s: Session, draft: Draft, *, actor: str) -> Campaign:
    """Make it anew under its name. What was approved or scheduled of the old one is void: it was another mailing."""
    old = get_campaign(s, draft.slug, lock=True)
    if old.launched_at is not None:
        raise Refused(f"{draft.slug} was launched and stays on record; choose another name for another mailing")
    s.delete(old)
    s.flush()
    return add_campaign(s, draft, actor=actor)


def get_campaign(s: Session, slug: str, *, lock: bool = False) -> Campaign:
    query = select(Campaign).where(Campaign.slug == slug)
    found = s.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"There is no campaign {slug[:80]}; see them with: tipsheet campaign list")
    return found


def all_campaigns(s: Session) -> list[Campaign]:
    return list(s.scalars(select(Campaign).order_by(Campaign.id)))


def made_of(s: Session, campaign: Campaign) -> Draft:
    """The draft that the campaign was made from."""
    return Draft(
        slug=campaign.slug,
        list=s.get_one(List, campaign.list_id).slug,
        subject=campaign.subject,
        template=campaign.template,
        article=s.get_one(Article, campaign.article_id).slug if campaign.article_id else None,
        offer=s.get_one(Offer, campaign.offer_id).slug if campaign.offer_id else None,
        segment=s.get_one(Segment, campaign.segment_id).slug if campaign.segment_id else None,
        preheader=campaign.preheader,
    )
