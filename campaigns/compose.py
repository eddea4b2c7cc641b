"""What a mail says, as plain values: the one content model that HTML and text part are both written from.
No database, no templates: whoever composes a campaign fills these cards, `names` hands them on to render."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from base.time import zone
from campaigns.articles.blocks import Block
from campaigns.articles.excerpt import Excerpt, KeyPoint, linked_as_in
from campaigns.articles.runs import Line
from campaigns.colours import Colours, theme

PREHEADER_SHORTEST, PREHEADER_LONGEST = 35, 110
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]*(?=\s|$)")


@dataclass(frozen=True)
class Brand:
    """Who writes. Everything but name and address may be empty; what is empty is left out of the mail."""

    name: str
    address: str  # postal, as one line: the law wants it in each mail
    url: str = ""
    phone: str = ""
    privacy_url: str = ""
    logo_url: str = ""
    logo_width: int = 160
    logo_alt: str = ""  # the brand's name where there is none
    colours: Colours = field(default_factory=Colours)

    @property
    def phone_href(self) -> str:
        return phone_href(self.phone)


@dataclass(frozen=True)
class ListCard:
    name: str


@dataclass(frozen=True)
class CampaignCard:
    subject: str
    preheader: str = ""  # `names` fills an empty one from what the mail says first


@dataclass(frozen=True)
class ArticleCard:
    title: str
    lead: tuple[str, ...]  # paragraphs
    key_points: tuple[KeyPoint, ...] = ()
    minutes: int = 0  # reading time; 0 says nothing
    url: str = ""  # without one the mail has no button, never a dead link
    image_url: str = ""
    image_alt: str = ""
    blocks: tuple[Block, ...] = ()  # the whole of it but its offers, for a template that shows more than the lead
    standfirst: tuple[str, ...] = ()  # paragraphs that a hand set and the blocks do not say, to stand above these

    @property
    def lead_runs(self) -> tuple[Line, ...]:
        """The lead's paragraphs with the links that they have in the article."""
        return tuple(linked_as_in(self.blocks, paragraph) for paragraph in self.lead)


@dataclass(frozen=True)
class OfferCard:
    title: str
    paragraphs: tuple[str, ...] = ()
    cta_label: str = ""
    cta_url: str = ""
    phone: str = ""
    valid_until: str = ""  # in words, see `last_day`
    terms: str = ""

    @property
    def phone_href(self) -> str:
        return phone_href(self.phone)


def names(
    brand: Brand, list: ListCard, campaign: CampaignCard, article: ArticleCard | None, offer: OfferCard | None
) -> dict[str, Any]:
    """The campaign-time names a mail template may use."""
    return {
        "brand": brand,
        "theme": theme(brand.colours),
        "list": list,
        "campaign": replace(campaign, preheader=preheader(campaign, article, offer)),
        "article": article,
        "offer": offer,
    }


def article_card(title: str, url: str, excerpt: Excerpt, image_url: str = "", image_alt: str = "") -> ArticleCard:
    return ArticleCard(title, paragraphs(excerpt.lead), excerpt.key_points, excerpt.minutes, url, image_url, image_alt)


def paragraphs(text: str) -> tuple[str, ...]:
    """Split at empty lines; a single line break is only how the text was wrapped."""
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())


def last_day(until: datetime, zone_name: str) -> str:
    """`31 December 2026`, as people there would say it: an end at midnight means the day before.
    Another time of day is named: `31 December 2026, 18:00`."""
    local = until.astimezone(UTC).astimezone(zone(zone_name))
    if (local.hour, local.minute) == (0, 0):
        local -= timedelta(days=1)
        return _day(local)
    return _day(local) if (local.hour, local.minute) == (23, 59) else f"{_day(local)}, {local:%H:%M}"


def day(instant: datetime, zone_name: str) -> str:
    """`31 December 2026`, the day it was there."""
    return _day(instant.astimezone(UTC).astimezone(zone(zone_name)))


def phone_href(phone: str) -> str:
    """`tel:`, a leading + and the digits, without an extension. Empty where there are too few to dial."""
    number = re.split(r"(?i)\s*(?:ext\.?|x)\s*\d", phone, maxsplit=1)[0]
    number = number.replace("(0)", "") if number.lstrip().startswith("+") else number
    digits = re.sub(r"[^0-9]", "", number)
    return f"tel:{'+' if number.lstrip().startswith('+') else ''}{digits}" if len(digits) >= 3 else ""


def preheader(campaign: CampaignCard, article: ArticleCard | None, offer: OfferCard | None) -> str:
    """The given one; else, or where it only repeats the subject, the start of what the mail says."""
    given = " ".join(campaign.preheader.split())
    if given and not _same(given, campaign.subject):
        return given
    parts = [p for p in _first_words(article, offer) if not _same(p, campaign.subject)]
    return shortened(" ".join(parts))


def shortened(text: str) -> str:
    """At most PREHEADER_LONGEST characters: whole sentences if they fill it, else words and an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= PREHEADER_LONGEST:
        return text
    ends = [m.end() for m in _SENTENCE_END.finditer(text[: PREHEADER_LONGEST + 1])]
    fitting = [end for end in ends if PREHEADER_SHORTEST <= end <= PREHEADER_LONGEST]
    if fitting:
        return text[: fitting[-1]]
    return text[: PREHEADER_LONGEST - 1].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"


def _first_words(article: ArticleCard | None, offer: OfferCard | None) -> list[str]:
    said = [*article.lead, *(p.title for p in article.key_points)] if article else []
    return said + ([*offer.paragraphs, offer.title] if offer else [])


def _same(one: str, other: str) -> bool:
    return one.strip(" .!?…").casefold() == other.strip(" .!?…").casefold()


def _day(local: datetime) -> str:
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


# Not strftime: its month names follow the machine's locale, the mail's do not.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
