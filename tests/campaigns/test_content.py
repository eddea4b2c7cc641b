"""From a campaign's rows to its mail, and that approval freezes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from base.errors import NotFound, Refused
from campaigns import content
from campaigns.articles.edits import Wish, reset, set_by_hand
from campaigns.drafts import get_campaign
from campaigns.models import Article
from campaigns.render import Compiled
from tests.campaigns.mailing import ROBIN, SLUG, Mailing, text_of


def rendered(mailing: Mailing) -> Compiled:
    with mailing.db.read() as s:
        return content.render(s, get_campaign(s, SLUG), mailing.config)


def test_the_mail_holds_article_offer_brand_and_list(mailing: Mailing) -> None:
    mailing.draft(offer_ends=timedelta(days=9), preheader="For tired knees")
    message = rendered(mailing).message
    assert message.subject == "Kinder knees"
    for part in (message.html, message.text):
        for words in ("Kinder knees", "Knees like company.", "A free check", "12 Larkfield Lane", "Tips"):
            assert words in part
    assert "For tired knees" in message.html


def test_a_campaign_of_an_offer_alone_has_a_mail(mailing: Mailing) -> None:
    mailing.draft(article=None, offer_ends=timedelta(days=9))
    message = rendered(mailing).message
    assert "A free check" in message.text
    assert "Knees like company" not in message.text


def test_a_lead_that_a_hand_set_stands_above_a_message_that_is_shown_whole(mailing: Mailing) -> None:
    mailing.draft(template="announcement")
    with mailing.db.write() as s:
        article = s.scalars(select(Article)).one()
        set_by_hand(s, article, Wish(lead="Company helps.\n\nKnees like company."), actor="robin")
    text = rendered(mailing).message.text
    assert text.index("Company helps.") < text.index("Knees like company.")
    assert text.count("Knees like company.") == 1
    with mailing.db.write() as s:
        reset(s, s.scalars(select(Article)).one(), ["lead"])
    assert "Company helps." not in rendered(mailing).message.text


def test_a_template_that_is_not_there_is_named(mailing: Mailing) -> None:
    mailing.draft(template="weekly")
    with pytest.raises(NotFound, match="There is no template weekly"):
        rendered(mailing)


def test_what_only_segments_may_ask_is_unknown_to_mails(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft(subject="Tips {{ subscriber.joined }}")
    with pytest.raises(Refused, match=r"subscriber\.joined is not known"):
        rendered(mailing)


def test_what_was_approved_is_what_leaves_whatever_is_edited_afterwards(mailing: Mailing) -> None:
    mailing.people("ann")
    mailing.draft(offer_ends=timedelta(days=9))
    mailing.decide("approve", ROBIN)
    mailing.sql("UPDATE articles SET title = 'Kinder hips'")
    mailing.sql("UPDATE offers SET title = 'A dear check'")
    mailing.sql("UPDATE campaigns SET subject = 'Kinder hips'")
    mailing.config = replace(mailing.config, brand=replace(mailing.config.brand, name="Somebody Else"))
    assert mailing.sent().state == "sent"
    mail = mailing.mails()["ann@example.com"]
    assert mail["Subject"] == "Kinder knees"
    words = text_of(mail)
    assert "A free check" in words
    assert "Larkfield Physiotherapy" in words
    for edited in ("Kinder hips", "A dear check", "Somebody Else"):
        assert edited not in words
