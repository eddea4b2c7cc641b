from __future__ import annotations

import pytest

from campaigns.articles.blocks import Block
from campaigns.articles.offers_found import FoundOffer, find_offers


def heading(text: str, level: int = 2) -> Block:
    return Block(kind="heading", level=level, text=text)


def paragraph(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def offers(*blocks: Block, phone: str = "") -> tuple[FoundOffer, ...]:
    return find_offers(blocks, {}, phone)


@pytest.mark.parametrize(
    ("label", "title"),
    [
        ("Monthly Offer: Free Gait Check", "Free Gait Check"),
        ("MONTHLY OFFER: FREE GAIT CHECK!", "FREE GAIT CHECK"),
        ("This Month’s Offer – Free Gait Check", "Free Gait Check"),
        ("Offer of the Month | Free Gait Check", "Free Gait Check"),
        ("Our March Special: Free Gait Check", "Free Gait Check"),
        ("Exclusive Offer for New Patients: Free Gait Check", "Free Gait Check"),
        ("🎉 Limited-Time Deal: Free Gait Check", "Free Gait Check"),
        ("July’s Promotion: Free Gait Check", "Free Gait Check"),
        ("Special Offer", "Special Offer"),
        ("Special Offers:", "Special Offers"),
        ("20% Off Your First Visit", "20% Off Your First Visit"),
        ("Save $30 on Custom Insoles", "Save $30 on Custom Insoles"),
    ],
)
def test_a_label_makes_an_offer(label: str, title: str) -> None:
    assert [offer.title for offer in offers(heading(label), paragraph("Come in."))] == [title]


@pytest.mark.parametrize(
    "text",
    [
        "What We Offer",
        "Special Considerations for Runners",
        "A Great Deal of Pain",
        "How We Offer Relief: Our Way",
        "Offer Your Body a Rhythm",
        "Specials",
        "Why 20% of Runners Stop",
        "How to Deal With Pain: A Guide",
    ],
)
def test_other_headings_make_none(text: str) -> None:
    assert offers(heading(text), paragraph("Text.")) == ()


def test_an_offer_ends_at_the_next_heading() -> None:
    found = offers(
        heading("Offer: Check"), paragraph("One."), paragraph("Two."), heading("Conclusion"), paragraph("No.")
    )

    assert [offer.body for offer in found] == ["One.\n\nTwo."]


def test_deeper_headings_belong_to_an_offer_and_numbered_ones_do_not() -> None:
    inside = [heading("Offer: Check"), paragraph("One."), heading("What You Get", 3), paragraph("Two.")]

    assert [o.body for o in offers(*inside, heading("4. Next Point", 3))] == ["One.\n\nWhat You Get\n\nTwo."]


def test_a_label_alone_takes_the_title_from_the_heading_under_it() -> None:
    found = offers(heading("Special Offer"), heading("Free Gait Check", 3), paragraph("Come in."))

    assert [(offer.title, offer.body) for offer in found] == [("Free Gait Check", "Come in.")]


def test_a_label_alone_takes_no_heading_of_the_article() -> None:
    found = offers(heading("Special Offer"), heading("Conclusion"), paragraph("Walk."))

    assert [(offer.title, offer.body) for offer in found] == [("Special Offer", "")]


def test_a_paragraph_may_be_label_title_and_body_in_one() -> None:
    found = offers(
        paragraph("Monthly offer: free gait check. Come in this week, bring your shoes and whoever runs with you."),
        paragraph("Other text."),
    )

    assert [(o.title, o.body) for o in found] == [
        ("free gait check", "Come in this week, bring your shoes and whoever runs with you.")
    ]


def test_a_paragraph_may_be_only_the_label_line() -> None:
    found = offers(paragraph("Monthly Offer: Free Gait Check!"), paragraph("Come in."), heading("Next"))

    assert [(offer.title, offer.body) for offer in found] == [("Free Gait Check", "Come in.")]


def test_two_offers_in_a_row_are_two() -> None:
    found = offers(heading("Offer: Check"), paragraph("One."), paragraph("Special Offer: Insoles"), paragraph("Two."))

    assert [(offer.title, offer.body) for offer in found] == [("Check", "One."), ("Insoles", "Two.")]


def test_an_offer_keeps_its_own_phone_and_else_takes_the_article_s() -> None:
    own = offers(heading("Offer: Check"), paragraph("Call 555-0111."), phone="555-0100")
    none = offers(heading("Offer: Check"), paragraph("Come in."), phone="555-0100")

    assert (own[0].phone, none[0].phone) == ("555-0111", "555-0100")


def test_an_address_is_taken_from_the_text_and_never_invented() -> None:
    named = offers(heading("Offer: Check"), paragraph("Reserve at https://example.com/a?b=1, or call."))
    unnamed = offers(heading("Offer: Check"), paragraph("Reserve at example.com."))

    assert (named[0].url, unnamed[0].url) == ("https://example.com/a?b=1", "")


def test_the_call_to_action_is_a_short_line_about_this_offer() -> None:
    head = heading("Offer: Free Gait Check")
    elsewhere = paragraph("Claim Your Free Gait Check Today!")

    assert offers(head, paragraph("Book Now"))[0].cta == "Book Now"
    assert offers(head, paragraph("Come in."), heading("Next"), elsewhere)[0].cta == "Claim Your Free Gait Check Today"
    assert offers(head, paragraph("Come in."), heading("Next"), paragraph("Call Your Mother Today!"))[0].cta == ""
