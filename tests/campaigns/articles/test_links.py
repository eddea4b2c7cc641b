"""Which links of an article come into mails; what is said of those that do not."""

from __future__ import annotations

import pytest

from campaigns.articles.blocks import Block, block_of
from campaigns.articles.links import target, usable_links
from campaigns.articles.page import read_page
from campaigns.articles.runs import Run
from campaigns.articles.source import ReadArticle, read_bytes

WORDS = " ".join(["Rise once an hour and remind your back of what it can do, whatever the calendar says."] * 3)


@pytest.mark.parametrize(
    ("href", "base", "url"),
    [
        ("https://example.com/a?b=1&c=2#d", "", "https://example.com/a?b=1&c=2#d"),
        ("http://example.com", "", "http://example.com"),
        ("//example.com/a", "", "https://example.com/a"),
        ("my notes.pdf", "https://example.com/blog/", "https://example.com/blog/my%20notes.pdf"),
        ("../a", "https://example.com/blog/b", "https://example.com/a"),
        ("tel:+1 408 555-0142", "", "tel:+1-408-555-0142"),
        ("mailto:desk@example.com?bcc=all@example.com&body=Yes", "", "mailto:desk@example.com"),
        ("notes.html", "", ""),
        ("javascript:alert(1)", "https://example.com/", ""),
        ("data:text/html,x", "https://example.com/", ""),
        ("https://user:word@example.com/", "", ""),
        ("https://example.com/{{ links.unsubscribe }}", "", ""),
        ('https://example.com/"onclick="x', "", ""),
        ("https://example.com/\r\nBcc: all@example.com", "", ""),
        ("https://example.com/" + "x" * 2000, "", ""),
        ("https://[half", "https://example.com/", ""),
        ("mailto:desk@example.com,all@example.com", "", ""),
        ("mailto:", "", ""),
        ("tel:+1;ext=x", "", ""),
    ],
)
def test_links_lead_to_whole_addresses_or_nowhere(href: str, base: str, url: str) -> None:
    assert target(href, base) == url


def test_what_leads_nowhere_keeps_its_words_with_one_warning() -> None:
    line = (Run("See "), Run("this", "a.html"), Run(", "), Run("that", "b.html"), Run(" or "), Run("up", "#top"))
    (block,), warnings = usable_links([block_of("paragraph", line)])
    assert block == Block("paragraph", "See this, that or up")
    assert warnings == [
        "The link to 'a.html' and 1 more lost its address, only its words stayed: give whole addresses, with https://, "
        "or the article's own with --url."
    ]
    _, (warning,) = usable_links([block_of("paragraph", (Run("this", "ftp://example.com/a"),))])
    assert warning.endswith("give whole addresses, with https://.")


def from_page(body: str, **how: str) -> ReadArticle:
    html = f"<title>Sit less</title><h1>Sit less</h1><p>{WORDS}</p>{body}<p>{WORDS}</p>"
    return read_page(html.encode(), name="page.html", **how)


def test_a_page_that_was_fetched_completes_its_links_and_a_file_cannot() -> None:
    body = '<p>Read <a href="../neck">about necks</a> first.</p>'
    fetched = from_page(body, found_at="https://example.com/blog/2026/sit")
    assert fetched.blocks[1].runs()[0][1] == Run("about necks", "https://example.com/blog/neck")
    assert fetched.warnings == ()
    filed = from_page(body)
    assert filed.blocks[1] == Block("paragraph", "Read about necks first.")
    assert "'../neck'" in filed.warnings[0]
    assert from_page(body, url="https://example.com/blog/2026/sit").blocks == fetched.blocks


def test_markdown_completes_its_links_by_the_articles_address() -> None:
    text = b"# Sit less\n\nRead [about necks](../neck), or [jump](#end), or [ask](mailto:desk@example.com).\n"
    read = read_bytes(text, name="a.md", markdown=True, url="https://example.com/blog/sit")
    assert [run.href for run in read.blocks[0].runs()[0] if run.href] == [
        "https://example.com/neck",
        "mailto:desk@example.com",
    ]
    lost = read_bytes(text, name="a.md", markdown=True)
    assert [run.href for run in lost.blocks[0].runs()[0] if run.href] == ["mailto:desk@example.com"]
    assert len(lost.warnings) == 1


def test_links_stand_in_lists_tables_quotes_headings_and_captions() -> None:
    link = '<a href="/x">this one</a>'
    blocks = from_page(
        f"<h2>On {link}</h2><ul><li>Like {link}</li><li>Or not</li></ul><blockquote>So {link}.</blockquote>"
        f"<table><tr><td>When</td><td>by {link}</td></tr></table>"
        f'<figure><img src="/a.png" alt="A"><figcaption>See {link}</figcaption></figure>',
        found_at="https://example.com/",
    ).blocks[1:-1]
    assert [block.kind for block in blocks] == ["heading", "list", "quote", "list", "image"]
    assert all(Run("this one", "https://example.com/x") in block.runs()[0] for block in blocks)


@pytest.mark.parametrize("href", ["javascript:alert(1)", "vbscript:x", "data:text/html,x", "file:///etc/passwd"])
def test_no_script_comes_in_by_a_link(href: str) -> None:
    page = from_page(f'<p>Read <a href="{href}">about necks</a> first.</p>', found_at="https://example.com/")
    assert page.blocks[1] == Block("paragraph", "Read about necks first.")
    markdown = read_bytes(f"Read [necks]({href}) <{href}>.\n".encode(), name="a.md", markdown=True)
    assert markdown.blocks[0].linked == ()
