"""A whole made-up mail: article.txt as it is really read, and an offer with all its parts."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from campaigns import compose
from campaigns.articles.excerpt import excerpt, without_offers
from campaigns.articles.source import read_bytes

SUBJECT = "Garden all weekend, get up on Monday"
CONTENTS = {  # what a campaign may bring along: which of the cards
    "article and offer": ("article", "offer"),
    "article alone": ("article",),
    "offer alone": ("offer",),
}
OFFER = compose.OfferCard(
    title="A free movement check before the season",
    paragraphs=(
        "Are you unsure whether your back is ready for the garden? We look at how you bend, lift and turn, and you go "
        "home with three exercises that fit you and your beds.",
        "It takes thirty minutes, and you need nothing but comfortable clothes.",
    ),
    cta_label="Book your free check",
    cta_url="https://example.com/movement-check",
    phone="(555) 010-0142",
    valid_until="30 April 2027",
    terms="One check a person, for people who have not been our clients before. No purchase needed.",
)


def names(brand: compose.Brand, content: str, words: int) -> dict[str, Any]:
    """What a template may use, for one of CONTENTS."""
    cards: dict[str, Any] = {"article": article(words), "offer": OFFER}
    shown = {name: cards[name] if name in CONTENTS[content] else None for name in cards}
    return compose.names(brand, compose.ListCard("Monthly tips"), compose.CampaignCard(SUBJECT), **shown)


@cache
def article(words: int) -> compose.ArticleCard:
    folder = files(__package__)
    url = "https://example.com/blog/gardening"
    read = read_bytes((folder / "article.txt").read_bytes(), name="article.txt", markdown=False)
    picture = base64.b64encode((folder / "picture.svg").read_bytes()).decode()
    alt = "Two young plants and a spade in a garden bed at sunrise"
    card = compose.article_card(read.title, url, excerpt(read, words), f"data:image/svg+xml;base64,{picture}", alt)
    return replace(card, blocks=without_offers(read.blocks))
