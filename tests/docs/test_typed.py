"""The pages beside the README, typed as they stand there against a real service: series, sources, templates."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.campaigns.articles.feed_files import Piece, atom
from tests.docs.pages import ROOT, page
from tests.docs.terminal import ACTIVATE, Terminal, begun
from tests.journeys.office import until
from tests.support.site import said, site

PAGES = ROOT / "tests" / "campaigns" / "articles" / "pages"
BLOG = "https://example.com/blog"
ARTICLE, PEOPLE = "tipsheet article add", "tipsheet list add"


@pytest.mark.slow
def test_a_series_makes_its_campaign_and_takes_a_nod_and_a_skip(tmp_path: Path) -> None:
    add, decide = page("docs/series.md").blocks("sh")
    terminal = begun(tmp_path, ARTICLE, "tipsheet offer add", PEOPLE)
    told = terminal.types(ACTIVATE, add)
    assert told.count("the first Tuesday of the month at 09:00, America/Los_Angeles") == 2
    with terminal.service():
        until(lambda: terminal.asks("tipsheet campaign list"))
        told = terminal.types(ACTIVATE, decide)
    made, following, *_ = terminal.asks("tipsheet series next tips")["next"]
    assert f"{made['campaign']} is approved and leaves at" in told
    assert "tips leaves out Tuesday" in told
    assert (made["state"], following["article"]["slug"]) == ("skipped", "gardening")


@pytest.mark.slow
def test_articles_come_from_a_page_a_file_and_a_feed(tmp_path: Path) -> None:
    web_page, file, by_hand, feed = page("docs/add-a-source.md").blocks("sh")
    with site() as blog:
        terminal = begun(tmp_path, SOURCES__ALLOW=blog.address)
        there = blog.url("/blog")
        blog.answers["/blog/stiff-neck"] = said((PAGES / "wordpress.html").read_bytes())
        entries = atom(there, Piece("old", "Old Backs", 1), Piece("new", "New Backs", 2))
        blog.answers["/blog/feed"] = said(entries, "application/atom+xml")
        shutil.copy(PAGES / "ghost.html", terminal.home / "saved.html")
        told = terminal.types(ACTIVATE, *(block.replace(BLOG, there) for block in (web_page, file, by_hand, feed)))
    assert "The article stiff-neck is unchanged" in told
    articles = [one["slug"] for one in terminal.asks("tipsheet article list")]
    assert articles == ["new-backs", "old-stairs", "stiff-neck"]
    neck = terminal.asks("tipsheet article show stiff-neck")
    assert neck["by_hand"] == ["key_points"]


@pytest.mark.slow
def test_a_template_of_ones_own_is_copied_changed_checked_and_used(tmp_path: Path) -> None:
    copy, check, use = page("docs/templates.md").blocks("sh")
    terminal = begun(tmp_path, ARTICLE, PEOPLE)
    _point_to_own_templates(terminal)
    terminal.types(ACTIVATE, copy)
    assert (tmp_path / "opened").read_text().endswith("var/preview/template-our-tips-article-and-offer.html\n")
    footer = terminal.home / "my-templates/email/our-tips/_footer.html"
    footer.write_text(footer.read_text("utf-8").replace("you signed up for", "you asked us nicely for"), "utf-8")
    assert "our-tips is in order" in terminal.types(ACTIVATE, check)
    terminal.types(ACTIVATE, use)
    for name in ("template-our-tips-article-alone", "in-our-words"):
        assert "you asked us nicely for" in (terminal.home / f"var/preview/{name}.html").read_text("utf-8")


def test_every_part_of_a_template_that_is_named_lies_in_a_copy_of_some_template() -> None:
    named = {cell.strip("`") for row in page("docs/templates.md").tables() for cell in row[0].split(", ")}
    parts = {file.name for file in (ROOT / "templates" / "email").rglob("*.*")}
    assert {name for name in named if name.endswith((".html", ".txt"))} - parts == set()


def _point_to_own_templates(terminal: Terminal) -> None:
    """Step 1: the line of that name below [templates] becomes the one on the page."""
    (line,) = page("docs/templates.md").blocks("toml")
    config = terminal.home / "config.toml"
    before, after = config.read_text("utf-8").split("[templates]\n")
    assert after.count('\npath = ""\n') == 1
    config.write_text(before + "[templates]\n" + after.replace('path = ""\n', line), "utf-8")
