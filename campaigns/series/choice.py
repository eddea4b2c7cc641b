"""What a date's campaign is made of: the next article, the offer that is valid that day; or what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.util import AliasedClass

from base.time import at_wall
from base.time import zone as find_zone
from campaigns.models import Article, Campaign, Offer, Origin
from campaigns.preflight import BEFORE_OFFER_END
from subscribers.models import List


@dataclass(frozen=True)
class Piece:
    slug: str
    title: str


@dataclass(frozen=True)
class Choice:
    article: Piece | None
    offer: Piece | None
    lacks: str  # what is missing, and how to mend it; empty when nothing is


def choose(s: Session, list_id: int, offer: str, at: datetime, articles: Sequence[Piece]) -> Choice:
    """For the mail of this instant, from the articles that the list has not had."""
    found = valid_offer(s, at)
    lacks = [] if articles else [_no_article(s, list_id)]
    if found is None and offer == "required":
        lacks.append("no offer is valid the whole of that day; add one with: tipsheet offer add")
    piece = Piece(found.slug, found.title) if found else None
    return Choice(articles[0] if articles else None, piece, "; ".join(lacks))


def next_articles(s: Session, list_id: int) -> list[Piece]:
    """Those that no campaign on this list has, the oldest first: by publication, else by the day they were added."""
    taken = select(Campaign.article_id).where(
        Campaign.list_id == list_id, Campaign.article_id.is_not(None), _holds_its_article(Campaign)
    )
    columns = select(Article.id, Article.slug, Article.title, Article.added_at, Origin.published)
    waiting = columns.outerjoin(Origin, Origin.article_id == Article.id).where(Article.id.not_in(taken))
    rows = sorted(s.execute(waiting), key=lambda row: (row.published or f"{row.added_at:%Y-%m-%d}", row.id))
    return [Piece(row.slug, row.title) for row in rows]


def _holds_its_article(campaign: type[Campaign] | AliasedClass[Campaign]) -> ColumnElement[bool]:
    """A draft does, too: it would go out twice if somebody sent that draft later."""
    return or_(campaign.cancelled_at.is_(None), campaign.launched_at.is_not(None))


def valid_offer(s: Session, at: datetime) -> Offer | None:
    """Of those that are valid the whole day of sending, in their own zone, the one that ends first."""
    roughly = select(Offer).where(
        or_(Offer.valid_from.is_(None), Offer.valid_from <= at),
        or_(Offer.valid_until.is_(None), Offer.valid_until > at),
    )
    held = [offer for offer in s.scalars(roughly.order_by(Offer.id)) if _holds_all_day(offer, at)]
    return min(held, key=_end, default=None)


def _holds_all_day(offer: Offer, at: datetime) -> bool:
    midnight = at.astimezone(find_zone(offer.zone)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    begin, end = at_wall(midnight, offer.zone), at_wall(midnight + timedelta(days=1), offer.zone)
    if offer.valid_from and offer.valid_from > begin:
        return False
    # What would be refused at launch is not chosen: a mail late on an offer's last day advertises what is over.
    return offer.valid_until is None or (offer.valid_until >= end and at < offer.valid_until - BEFORE_OFFER_END)


def _end(offer: Offer) -> tuple[bool, float]:
    return offer.valid_until is None, offer.valid_until.timestamp() if offer.valid_until else 0.0


def _no_article(s: Session, list_id: int) -> str:
    name, other = s.get_one(List, list_id).slug, aliased(Campaign)
    same = other.list_id == list_id, other.article_id == Campaign.article_id, other.id != Campaign.id
    drafts = select(Campaign.slug).where(
        Campaign.list_id == list_id,
        Campaign.article_id.is_not(None),
        Campaign.approved_at.is_(None),
        Campaign.cancelled_at.is_(None),
        # Cancelling it sets nothing free where another campaign has the article, or had it mailed.
        ~exists().where(*same, _holds_its_article(other)),
    )
    held = s.scalar(drafts.order_by(Campaign.id).limit(1))
    instead = f", or cancel the draft {held}, which holds one" if held else ""
    return f"no article is left that {name} has not had; add one with: tipsheet article add{instead}"
