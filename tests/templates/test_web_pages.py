"""The public pages: what they say, and that they need neither script nor cookie nor anything from outside."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import html as parser

from tests.support.mail import mail, page
from tests.support.pages import pages
from tests.support.sample import BRAND

PAGES = pages()


def buttons(html: str) -> dict[str, str]:
    """Each button's `choice` (or "") and the method and address of its form."""
    tree: Any = parser.document_fromstring(html)
    return {
        button.get("value") or "": f"{form.get('method')} {form.get('action')}"
        for form in tree.xpath("//form")
        for button in form.xpath(".//button")
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing_and_runs_nothing(name: str) -> None:
    own = re.sub(r'srcdoc="[^"]*"', "", PAGES[name])
    assert own.startswith("<!DOCTYPE html>")
    assert not re.search(r"<script|<link(?! rel=\"alternate\")|@import|url\(|\son\w+=", own)
    assert "noindex" in own
    assert BRAND.name in parser.document_fromstring(own).findtext(".//title")


def test_unsubscribing_is_asked_once_with_all_lists_as_the_other_choice() -> None:
    link = "post /u/AbCdEf0123456789"
    assert buttons(PAGES["unsubscribe"]) == {"this-list": link, "every-list": link}
    assert "Stop getting Monthly tips?" in PAGES["unsubscribe"]


@pytest.mark.parametrize(
    ("name", "heading", "choices"),
    [
        ("done", "You are unsubscribed", {"undo", "every-list"}),
        ("done-every-list", "You are unsubscribed from everything", {"undo"}),
        ("undone", "You are subscribed again", {"every-list"}),
    ],
)
def test_the_answer_says_what_is_now_true_and_what_can_follow(name: str, heading: str, choices: set[str]) -> None:
    assert f"<h1>{heading}</h1>" in PAGES[name]
    assert set(buttons(PAGES[name])) == choices


def test_an_unknown_link_claims_nothing_and_takes_the_address() -> None:
    html = PAGES["unknown"]
    assert "nothing has been changed" in html
    assert buttons(html) == {"": "post /u"}
    assert '<label for="email">' in html


def test_a_mistyped_address_is_shown_again_with_the_reason_tied_to_it() -> None:
    html = PAGES["unknown-mistyped"]
    assert 'value="ada@example" aria-invalid="true" aria-describedby="error"' in html
    assert 'id="error" role="alert"' in html


def test_what_was_typed_is_never_markup() -> None:
    html = page("unknown.html", action="/u", email='"><script>', error="<b>", taken=False)
    assert "<script" not in html
    assert "<b>" not in html


def test_a_mail_in_the_browser_is_shut_in_a_frame_without_scripts() -> None:
    tree: Any = parser.document_fromstring(PAGES["browser"])
    (frame,) = tree.xpath("//iframe")
    assert "allow-scripts" not in frame.get("sandbox")
    assert "allow-same-origin" not in frame.get("sandbox")
    assert frame.get("srcdoc") == mail()[0].replace("<head>", '<head><base target="_top">', 1)


def test_a_brand_without_links_leaves_no_empty_ones() -> None:
    brand = replace(BRAND, url="", phone="", privacy_url="")
    html = page("done.html", brand=brand, done="undo", list_name="L", action="/u/x")
    assert 'href=""' not in html
    assert "Phone" not in html


def test_the_archive_names_each_mail_with_its_day_and_its_feed() -> None:
    tree: Any = parser.document_fromstring(PAGES["archive"])
    assert [link.get("href") for link in tree.xpath("//li/a")] == ["/m/r3", "/m/r2", "/m/r1"]
    assert tree.xpath("//time/@datetime")[0] == "2026-12-01T17:00:00Z"
    feeds = tree.xpath("//link[@rel='alternate']/@href") + tree.xpath("//p[contains(@class, 'feed')]/a/@href")
    assert feeds == ["/archive/AbCdEf012345/feed.xml"] * 2
    assert "Nothing has been sent yet" in PAGES["archive-empty"]
