"""The announcement shows the whole message, in both parts, whatever it is made of."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lxml import html as parser

from campaigns.articles.blocks import Block
from tests.support.mail import mail
from tests.support.sample import ARTICLE, OFFER, sample_names


def shown(**changes: Any) -> tuple[Any, str]:
    html, text = mail(sample_names(**changes), template="announcement")
    return parser.document_fromstring(html), text


def test_every_word_of_the_message_stands_once_in_each_part_in_its_order() -> None:
    tree, text = shown()
    lines = [line for block in ARTICLE.blocks for line in block.lines()]
    lines = [" ".join(line.split()).casefold() for line in lines if line]  # the text part shouts headings
    for part in (tree.body.text_content(), re.sub(r"\s<https://[^>]+>", "", text)):
        said = " ".join(part.split()).casefold()
        places = [said.find(line) for line in lines]
        assert -1 not in places
        assert places == sorted(places)
        assert [said.count(line) for line in lines] == [1] * len(lines)


def test_lists_headings_and_quotes_are_what_they_are() -> None:
    tree, text = shown()
    assert [node.text for node in tree.xpath("//h2")][:1] == ["What we change in spring"]
    assert [node.text for node in tree.xpath("//h3")] == ["When to come", "How to book"]
    assert [len(node) for node in tree.xpath("//ul")] == [2, 2]
    assert len(tree.xpath("//blockquote")) == 1
    assert "- Saturdays from nine to one\n- Tuesdays" in text
    assert "\n1. Choose a day\n2. Tell us which knee\n" in text


def test_a_numbered_list_shows_no_second_mark() -> None:
    bullets, numbered = shown()[0].xpath("//ul/@style")
    assert "list-style-type:none" not in bullets
    assert "list-style-type:none" in numbered


def test_headings_skip_no_level_where_the_message_begins_low() -> None:
    blocks = (Block("heading", "First", level=4), Block("paragraph", "Yes."), Block("heading", "Then", level=3))
    tree, _ = shown(article=replace(ARTICLE, blocks=blocks), offer=None)
    assert [(node.tag, node.text) for node in tree.xpath("//h2|//h3")] == [("h2", "First"), ("h3", "Then")]


def test_the_offer_has_a_place_below_and_can_stand_alone() -> None:
    tree, text = shown()
    assert [node.text for node in tree.xpath("//h2")][-1] == OFFER.title
    assert text.index(ARTICLE.title) < text.index(OFFER.title)
    assert shown(article=None)[0].findtext(".//h1") == OFFER.title


def test_a_lead_that_a_hand_set_stands_above_the_message() -> None:
    tree, text = shown(article=replace(ARTICLE, standfirst=("We are there on Saturdays.", "So come.")))
    first = [node.text_content() for node in tree.xpath("//h1/following-sibling::p")]
    assert first[1:4] == ["We are there on Saturdays.", "So come.", ARTICLE.blocks[0].text]
    assert text.index("So come.") < text.index("Going up is work.")
    assert not shown()[0].xpath("//*[contains(@class, 'standfirst')]")


def test_in_the_offers_own_template_the_offer_comes_first() -> None:
    html, text = mail(template="offer")
    tree = parser.document_fromstring(html)
    assert (tree.findtext(".//h1"), tree.findtext(".//h2")) == (OFFER.title, ARTICLE.title)
    assert text.index(OFFER.title) < text.index(ARTICLE.title)
    assert "Five common causes" not in html + text
