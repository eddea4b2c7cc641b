"""A whole made-up mail: the clinic, its article, its offer, and two people who get it. Data only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from campaigns.articles.blocks import Block, block_of
from campaigns.articles.excerpt import KeyPoint
from campaigns.articles.runs import Run
from campaigns.compose import ArticleCard, Brand, CampaignCard, ListCard, OfferCard, last_day, names

BRAND = Brand(
    name="Larkfield Physiotherapy",
    address="14 Orchard Row, Larkfield, CA 95035, USA",
    url="https://larkfield.example.com/",
    phone="(408) 555-0142",
    privacy_url="https://larkfield.example.com/privacy",
)
LIST = ListCard("Monthly tips")
CAMPAIGN = CampaignCard(subject="Why your knees complain on the way downstairs")
ARTICLE = ArticleCard(
    title="Why your knees complain on the way downstairs",
    lead=(
        "Going up is work. Going down is control, and control is what a tired or untrained knee lacks: on every "
        "step it holds back three to four times your body’s weight.",
        "The good news is that the cause is rarely a worn joint. More often it is a habit or a weak neighbour, "
        "and both can be trained in a few weeks at home.",
    ),
    key_points=(
        KeyPoint(
            "Five common causes",
            (
                "Thigh muscles that let go too early",
                "Hips that leave the knee to find its own way",
                "Stiff ankles, so that the knee has to travel further",
                "More stairs or hills than last month, all at once",
                "Shoes that have lost their shape",
            ),
        ),
        KeyPoint(
            "Four things to try this week",
            (
                "Step down slowly from a low stair, three times eight",
                "Stretch the calves after each walk",
                "Lead with the sore leg when you go down",
                "Add a tenth more distance a week, no faster",
            ),
        ),
    ),
    minutes=6,
    url="https://larkfield.example.com/blog/knees-on-the-stairs",
    blocks=(
        Block("paragraph", "Going up is work. Going down is control, and control is what a tired knee lacks."),
        Block("heading", "What we change in spring", level=2),
        block_of(
            "paragraph",
            (
                Run("From March on we are there for you on Saturdays, too. The bus that stops at our door is in "),
                Run("the new timetable", "https://larkfield.example.com/bus?line=7&from=station"),
                Run("."),
            ),
        ),
        Block("heading", "When to come", level=3),
        Block("list", items=("Saturdays from nine to one", "Tuesdays until eight in the evening")),
        Block("code", "Tue   8:00 – 20:00\n        gym till 21:00\n\nSat   9:00 – 13:00"),
        Block("quote", "I walked down to the lake again, for the first time in two years."),
        Block("heading", "How to book", level=3),
        Block("list", items=("1. Choose a day", "2. Tell us which knee")),
        Block("image", url="https://larkfield.example.com/stairs.jpg", alt="A stair"),
        Block("paragraph", "We look forward to seeing you."),
    ),
)
OFFER = OfferCard(
    title="A free knee check for new clients",
    paragraphs=(
        "Bring your knees and your questions. In thirty minutes we watch you walk, squat and climb, find what "
        "holds you back, and send you home with a plan that fits your week.",
    ),
    cta_label="Book your free knee check",
    cta_url="https://larkfield.example.com/book/knee-check",
    phone="(408) 555-0142",
    valid_until=last_day(datetime(2027, 1, 1, 8, 0, tzinfo=UTC), "America/Los_Angeles"),
    terms="One visit a person, for people who have not been our clients before. No purchase needed.",
)


def sample_names(**changes: Any) -> dict[str, Any]:
    cards: dict[str, Any] = {"brand": BRAND, "list": LIST, "campaign": CAMPAIGN, "article": ARTICLE, "offer": OFFER}
    return names(**{**cards, **changes})


ADA: dict[str, Any] = {"first_name": "Ada", "last_name": "Winter", "email": "ada@example.com", "tags": []}
NOBODY: dict[str, Any] = {"first_name": "", "last_name": "", "email": "someone@example.com", "tags": []}
LINKS = {
    "unsubscribe": "https://tips.example.com/u/AbCdEf0123456789",
    "preferences": "https://tips.example.com/p/AbCdEf0123456789",
    "browser": "https://tips.example.com/b/AbCdEf0123456789",
}
