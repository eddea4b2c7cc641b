"""Offers: promotions with a validity. What an article was found to offer is only proposed here, never made up."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import add_new, database_now
from base.errors import BadInput, NotFound
from base.time import at_wall, parse_wall
from base.time import zone as find_zone
from campaigns.articles.urls import is_web_url
from campaigns.models import Article, Offer
from campaigns.slugs import check_slug, slug_from

CALL_TO_ACTION = "See the offer"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Draft:
    """An offer before it is kept. None is what nobody has said yet; "" is said to be none."""

    title: str | None = None
    body: str | None = None
    cta_label: str | None = None
    cta_url: str | None = None
    phone: str | None = None
    terms: str | None = None

    def over(self, other: Draft) -> Draft:
        """This draft, with what it leaves open taken from the other."""
        return replace(other, **{name: value for name, value in vars(self).items() if value is not None})


@dataclass(frozen=True)
class Validity:
    zone: str
    start: datetime | None = None
    end: datetime | None = None  # the first instant at which the offer is over


def proposed(article: Article) -> Draft:
    """The offer that was found in an article. Raises NotFound when there was none."""
    if not article.offers:
        raise NotFound(f"No offer was found in the article {article.slug}; give it with --title, --body and --url")
    found = article.offers[0]
    # What the text did not say stays open: the article's own address, for one, is not the offer's.
    body = _without_button(found["body"], found["cta"])
    return Draft(found["title"], body, found["cta"] or None, found["url"] or None, found["phone"] or None)


def _without_button(body: str, label: str) -> str:
    """The words that the button will carry need not stand above it, too."""
    parts = body.split("\n\n")
    return "\n\n".join(parts[:-1]) if len(parts) > 1 and parts[-1].rstrip(" .!") == label.rstrip(" .!") else body


def validity(start: str | None, end: str | None, zone: str) -> Validity:
    """From `2026-12-01` or `2026-12-01 09:00` in a zone; a last day without a time is meant whole. Raises BadInput."""
    zone = find_zone(zone).key
    try:
        first = at_wall(parse_wall(start), zone) if start else None
        last = at_wall(_end_of_day(end) if _DAY.fullmatch(end.strip()) else parse_wall(end), zone) if end else None
    except OverflowError as cause:
        raise BadInput("The validity reaches past the calendar; use years up to 9998") from cause
    if first and last and last <= first:
        raise BadInput(f"The offer would end ({end}) before it begins ({start}); exchange --from and --until")
    return Validity(zone, first, last)


def add_offer(s: Session, draft: Draft, valid: Validity, *, slug: str | None = None, actor: str) -> Offer:
    """Keep an offer. Raises BadInput for what is missing or cannot be, Refused when the slug is taken."""
    title = (draft.title or "").strip()
    if not title:
        raise BadInput("The offer needs a title; give it with --title")
    slug = check_slug(slug) if slug else slug_from(title)
    url = _checked_url(draft)
    offer = Offer(
        slug=slug,
        title=title,
        body=(draft.body or "").strip(),
        cta_label=((draft.cta_label or "").strip() or CALL_TO_ACTION) if url else "",
        cta_url=url,
        phone=(draft.phone or "").strip(),
        terms=(draft.terms or "").strip(),
        valid_from=valid.start,
        valid_until=valid.end,
        zone=valid.zone,
        added_at=database_now(s),
        added_by=actor,
    )
    add_new(s, offer, f"The offer {slug} is there already; choose another name with --slug")
    return offer


def get_offer(s: Session, slug: str) -> Offer:
    """Raises NotFound."""
    found = s.scalar(select(Offer).where(Offer.slug == slug))
    if found is None:
        raise NotFound(f"There is no offer {slug[:80]!r}; see them with: tipsheet offer list")
    return found


def all_offers(s: Session) -> list[Offer]:
    """The newest first."""
    return list(s.scalars(select(Offer).order_by(Offer.id.desc())))


def _checked_url(draft: Draft) -> str:
    url = (draft.cta_url or "").strip()
    if draft.cta_url is None:
        raise BadInput(f"The offer {draft.title!r} has no address for its button to lead to; give it with --url")
    if not url and not (draft.phone or "").strip():
        raise BadInput("The offer leads nowhere, with neither address nor phone; give one with --url or --phone")
    if url and not is_web_url(url):
        raise BadInput(f"{url[:80]!r} is no address of a page; write it like https://example.com/offer")
    return url


def _end_of_day(day: str) -> datetime:
    return parse_wall(day) + timedelta(days=1)
