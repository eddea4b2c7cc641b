"""From a campaign's rows to its mail: cards, one rendering, one inlining. What it says is frozen by approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from base.config import BrandConfig, Config
from campaigns import compose, template_files
from campaigns.articles.blocks import Block
from campaigns.articles.edits import by_hand, shown_excerpt
from campaigns.articles.excerpt import without_offers
from campaigns.articles.store import as_read
from campaigns.colours import Colours
from campaigns.models import Article, Campaign, Offer
from campaigns.render import Compiled, compile_mail
from delivery import messages
from delivery.slots import Message
from subscribers.fields import known_fields
from subscribers.models import List

NOT_IN_MAILS = ("joined", "tags")  # what segments may ask for, but no mail should say


def render(s: Session, campaign: Campaign, config: Config) -> Compiled:
    """Raises Refused where template and content do not fit, naming template, line and name."""
    names = compose.names(
        brand(config.brand),
        compose.ListCard(s.get_one(List, campaign.list_id).name),
        compose.CampaignCard(campaign.subject, campaign.preheader),
        _article(s, campaign, config.campaigns.excerpt_words),
        _offer(s, campaign),
    )
    source = template_files.source(config, campaign.template, campaign.subject)
    return compile_mail(source, names, template_fields(s), template_files.loader(config))


def template_fields(s: Session) -> dict[str, str | None]:
    """What a template may say about a subscriber, with its default."""
    return {name: default for name, default in known_fields(s).items() if name not in NOT_IN_MAILS}


def to_send(s: Session, campaign: Campaign, config: Config) -> Compiled:
    """What would leave: what was approved, else what it says at this moment."""
    return Compiled(frozen(s, campaign), ()) if campaign.approved_at else render(s, campaign, config)


def frozen(s: Session, campaign: Campaign) -> Message:
    """What was approved, word for word."""
    return messages.load(s, campaign.message_id or 0)


def brand(config: BrandConfig) -> compose.Brand:
    return compose.Brand(
        name=config.name,
        address=config.address,
        url=config.url,
        phone=config.phone,
        privacy_url=config.privacy_url,
        logo_url=config.logo_url,
        logo_width=config.logo_width,
        logo_alt=config.logo_alt,
        colours=Colours(config.accent, config.accent_text, config.ink, config.paper, config.canvas, config.offer),
    )


def offer_end(s: Session, campaign: Campaign) -> datetime | None:
    """When the campaign's offer is over; no mail may advertise it afterwards."""
    return s.get_one(Offer, campaign.offer_id).valid_until if campaign.offer_id else None


def _article(s: Session, campaign: Campaign, words: int) -> compose.ArticleCard | None:
    if campaign.article_id is None:
        return None
    article = s.get_one(Article, campaign.article_id)
    part = shown_excerpt(s, article, words)
    card = compose.article_card(article.title, article.url, part, article.image_url, article.image_alt)
    blocks = without_offers(as_read(article).blocks)
    mine = card.lead if "lead" in by_hand(s, article) else ()
    return replace(card, blocks=blocks, standfirst=tuple(p for p in mine if not _says(blocks, p)))


def _says(blocks: Sequence[Block], paragraph: str) -> bool:
    return any(paragraph in block.text for block in blocks)


def _offer(s: Session, campaign: Campaign) -> compose.OfferCard | None:
    if campaign.offer_id is None:
        return None
    offer = s.get_one(Offer, campaign.offer_id)
    return compose.OfferCard(
        title=offer.title,
        paragraphs=compose.paragraphs(offer.body),
        cta_label=offer.cta_label,
        cta_url=offer.cta_url,
        phone=offer.phone,
        valid_until=compose.last_day(offer.valid_until, offer.zone) if offer.valid_until else "",
        terms=offer.terms,
    )
