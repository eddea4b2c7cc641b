"""The HTML part as a recipient gets it, held against what mail clients, providers and readers ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from lxml import html as parser

from campaigns.colours import READABLE, Colours, contrast
from tests.support.mail import TEMPLATES, mail, without_style
from tests.support.painted import painted
from tests.support.sample import ARTICLE, BRAND, CAMPAIGN, LINKS, LIST, NOBODY, OFFER, sample_names

VARIANTS: dict[str, dict[str, Any]] = {
    "whole": {},
    "with images": {
        "brand": replace(BRAND, logo_url="https://larkfield.example.com/l.png", logo_width=150),
        "article": replace(ARTICLE, image_url="https://larkfield.example.com/i.jpg", image_alt="A wooden stair"),
    },
    "article alone": {"offer": None},
    "offer alone": {"article": None},
    "sparse": {
        "brand": replace(BRAND, url="", phone="", privacy_url=""),
        "article": replace(ARTICLE, url="", minutes=0, key_points=(), blocks=()),
        "offer": replace(OFFER, cta_url="", phone="", valid_until="", terms="", paragraphs=()),
    },
    "other colours": {"brand": replace(BRAND, colours=Colours(accent="#ffcf40", offer="#5bd1ff", canvas="#777777"))},
}


@pytest.fixture(params=[(name, variant) for name in TEMPLATES for variant in VARIANTS], ids="-".join, scope="module")
def html(request: pytest.FixtureRequest) -> str:
    name, variant = request.param
    return mail(sample_names(**VARIANTS[variant]), template=name)[0]


def tree(html: str) -> Any:
    return parser.document_fromstring(html)


def test_the_head_tells_clients_how_to_read_the_mail(html: str) -> None:
    assert html.startswith("<!DOCTYPE html>")
    metas = {m.get("name"): m.get("content") for m in tree(html).xpath("//meta[@name]")}
    assert metas["color-scheme"] == metas["supported-color-schemes"] == "light dark"
    assert metas["viewport"] == "width=device-width, initial-scale=1"
    assert {"x-apple-disable-message-reformatting", "format-detection"} <= metas.keys()
    assert tree(html).xpath("//meta[@charset='utf-8']")
    assert "<o:PixelsPerInch>96</o:PixelsPerInch>" in html


def test_language_and_direction_stand_on_the_page_and_on_each_child_of_the_body(html: str) -> None:
    document = tree(html)
    marked = [document, *(child for child in document.body if isinstance(child.tag, str))]
    assert len(marked) == 3
    assert {(node.get("lang"), node.get("dir")) for node in marked} == {("en", "ltr")}


def test_the_title_says_what_this_mail_is_about(html: str) -> None:
    title = tree(html).findtext(".//title")
    heading = tree(html).xpath("string(//h1)")
    assert title == f"{heading} | {BRAND.name}"


def test_layout_tables_are_named_as_layout_also_where_only_word_sees_them(html: str) -> None:
    tables = re.findall(r"<table[^>]*>", html)
    assert len(tables) >= 5
    assert [t for t in tables if 'role="presentation"' not in t] == []


def test_headings_start_with_one_h1_and_skip_no_level(html: str) -> None:
    levels = [int(node.tag[1]) for node in tree(html).xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_image_has_a_width_and_words_for_who_cannot_see_it(html: str) -> None:
    images = tree(html).xpath("//img")
    assert all(i.get("width").isdigit() and 3 < len(i.get("alt")) <= 125 for i in images)
    assert all("height:auto" in i.get("style") and "display:block" in i.get("style") for i in images)


def test_every_link_goes_somewhere_and_says_where(html: str) -> None:
    for link in tree(html).xpath("//a"):
        assert re.match(r"https://|tel:\+?\d{3,}", link.get("href"))
        words = link.text_content().strip() or link.find("img").get("alt")
        assert len(words) > 4
        assert words.lower() not in {"click here", "read more", "learn more"}


def test_links_within_text_are_underlined(html: str) -> None:
    inside = [a for a in tree(html).xpath("//p/a") if not {"button", "wordmark-link"} & set(a.get("class").split())]
    assert len(inside) >= 3
    assert all("text-decoration:underline" in a.get("style") for a in inside)


def test_a_click_on_unsubscribe_is_never_tracked(html: str) -> None:
    # SendGrid looks for the mark in front of the address.
    for url in LINKS.values():
        assert re.search(rf'<a [^>]*clicktracking="off" href="{re.escape(url)}"', html)


def test_the_law_is_kept(html: str) -> None:
    words = " ".join(tree(html).body.text_content().split())
    assert BRAND.address in words
    assert f"because you signed up for {LIST.name} from {BRAND.name}" in words
    assert tree(html).xpath(f"//a[@href='{LINKS['unsubscribe']}']/text()") == ["Unsubscribe"]


def test_the_preheader_is_hidden_the_one_safe_way_and_comes_first(html: str) -> None:
    first = next(child for child in tree(html).body if isinstance(child.tag, str))
    assert "display:none" in first.get("style")
    assert "mso-hide:all" in first.get("style")
    assert 0 < len(first.text.strip()) <= 130
    assert first.text.strip() != CAMPAIGN.subject


def test_the_mail_is_small_enough_for_every_client(html: str) -> None:
    styles = re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL)
    assert len(html.encode()) < 40_000
    assert sum(len(s.encode()) for s in styles) < 14_000


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_surface(html: str, dark: bool) -> None:
    texts = painted(html, dark=dark)
    assert len(texts) > 8
    assert [t for t in texts if contrast(t.colour, t.surface) < READABLE] == []


def test_no_text_is_small_and_no_line_is_tight(html: str) -> None:
    assert min(t.size for t in painted(html)) >= 14
    heights = [float(h) for h in re.findall(r"line-height:([\d.]+)(?:;|\"|')", html)]
    assert min(heights) >= 1.2
    copy = [p.get("style") for p in tree(html).xpath("//p[contains(@class, 'copy')]")]
    assert all("font-size:17px" in style and "line-height:1.65" in style for style in copy)


def test_nothing_breaks_when_a_client_drops_the_styles(html: str) -> None:
    bare = without_style(html)
    assert painted(bare) == painted(html)
    assert "max-width:600px" in bare


def test_the_head_rules_are_ones_that_no_client_chokes_on(html: str) -> None:
    style = "".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL))
    assert "/*" not in style  # Yahoo drops the rule behind a comment
    assert not re.search(r"@media[^{]*\{[^}]*@", style)  # Gmail drops a style element with nested at-rules
    assert not re.search(r":(first|last|nth|only|empty)|[^\s{:;,]\s*[+~>]\s*[.\w#]", style)
    assert "url(" not in style
    assert not re.findall(r'style="[^"]*!important', html)


def test_key_points_are_real_numbered_lists() -> None:
    lists = tree(mail()[0]).xpath("//ol")
    assert [[li.text_content() for li in ol.xpath("li")] for ol in lists] == [list(p.items) for p in ARTICLE.key_points]


def test_someone_without_a_first_name_is_greeted_too() -> None:
    assert "Hello Ada," in mail()[0]
    assert "Hello there," in mail(subscriber=NOBODY)[0]


def test_an_offer_says_until_when_and_can_be_called() -> None:
    html = mail()[0]
    assert "Valid until 31 December 2026" in html
    assert 'href="tel:4085550142"' in html


def test_what_staff_type_is_text_and_never_markup() -> None:
    hostile = '<script>alert(1)</script> & "quotes"'
    html = mail(sample_names(article=replace(ARTICLE, title=hostile, lead=(hostile,))))[0]
    assert "<script" not in html
    assert tree(html).xpath("string(//h1)") == hostile
