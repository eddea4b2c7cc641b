"""Three dialects of feeds, and what is sent in their place."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from base.errors import BadInput
from campaigns.articles.blocks import Block
from campaigns.articles.feeds import ReadFeed, from_entry, read_feed
from campaigns.articles.fetch import Fetched
from campaigns.articles.runs import Run
from tests.campaigns.articles.feed_files import WHOLE, Piece, atom, rdf, rss

HOME = "https://larkfield.example"
DIG, DESK = Piece("dig", "Dig & be well"), Piece("desk", "The desk", day=5)


def fetched(body: str | bytes, charset: str = "") -> Fetched:
    data = body.encode() if isinstance(body, str) else body
    return Fetched(f"{HOME}/feed", data, charset, False, "", "")


def read(body: str | bytes, charset: str = "") -> ReadFeed:
    return read_feed(fetched(body, charset))


@pytest.mark.parametrize("dialect", [rss, atom, rdf])
def test_each_dialect_says_the_same(dialect: Callable[..., str]) -> None:
    feed = read(dialect(HOME, DESK, DIG))
    assert feed.title == "Larkfield Notes"
    assert [entry.title for entry in feed.entries] == ["Dig & be well", "The desk"]  # the oldest first
    entry = feed.entries[0]
    assert (entry.link, entry.author, entry.published) == (f"{HOME}/dig", "Robin Vale", "2026-03-01")
    article = from_entry(entry)
    assert article is not None
    assert [block.kind for block in article.blocks] == ["paragraph", "heading", "paragraph", "list", "paragraph"]
    assert (article.title, article.url, article.author) == ("Dig & be well", f"{HOME}/dig", "Robin Vale")


@pytest.mark.parametrize("dialect", [rss, atom, rdf])
def test_an_entry_is_known_again_and_seen_to_have_changed(dialect: Callable[..., str]) -> None:
    (before,) = read(dialect(HOME, DIG)).entries
    (same,) = read(dialect(HOME, DIG)).entries
    (changed,) = read(dialect(HOME, Piece("dig", "Dig & be well", html=WHOLE + "<p>One more.</p>"))).entries
    (other,) = read(dialect(HOME, DESK)).entries
    assert same == before
    assert (changed.key, changed.digest == before.digest) == (before.key, False)
    assert other.key != before.key


@pytest.mark.parametrize("dialect", [rss, atom, rdf])
def test_links_and_code_of_an_entry_come_along(dialect: Callable[..., str]) -> None:
    html = WHOLE + '<p>Read <a href="../neck">about necks</a>, please.</p><pre>dig\n  rest</pre><p>Then go home.</p>'
    article = from_entry(read(dialect(HOME, Piece("dig", "Dig & be well", html=html))).entries[0])
    assert article is not None
    assert article.blocks[-3].runs()[0][1] == Run("about necks", f"{HOME}/neck")
    assert article.blocks[-2] == Block("code", "dig\n  rest")


CUT = [
    "<p>Every spring the same people come to us.</p>",
    WHOLE + "<p>And then […]</p>",
    WHOLE + "<p>And then there is the wheelbarrow...</p>",
    WHOLE + '<p>Of wheelbarrows <a href="/dig">Continue reading</a></p>',
]


@pytest.mark.parametrize("html", CUT)
def test_an_entry_that_is_only_the_beginning_sends_us_to_its_page(html: str) -> None:
    (entry,) = read(rss(HOME, Piece("dig", "Dig", html=html))).entries
    assert from_entry(entry) is None


def test_what_feeds_add_to_their_entries_is_left_out() -> None:
    added = f'<p>The post <a href="{HOME}/dig">Dig</a> appeared first on <a href="{HOME}">Larkfield</a>.</p>'
    hostile = "<script>alert(1)</script><h1>Dig</h1><iframe src='https://a.example'></iframe>"
    (entry,) = read(rss(HOME, Piece("dig", "Dig", html=hostile + WHOLE + added))).entries
    article = from_entry(entry)
    assert article is not None
    said = " ".join(line for block in article.blocks for line in block.lines())
    assert said.startswith("Every spring")
    assert said.endswith("let us look at it together.")


def test_a_picture_beside_the_words_is_the_articles() -> None:
    enclosure = '<enclosure url="https://larkfield.example/dig.jpg" type="image/jpeg" length="1"/></item>'
    (entry,) = read(rss(HOME, DIG).replace("</item>", enclosure)).entries
    article = from_entry(entry)
    assert article is not None
    assert article.image_url == "https://larkfield.example/dig.jpg"


def test_an_address_for_a_name_is_not_kept() -> None:
    (entry,) = read(rss(HOME, DIG).replace("Robin Vale", "robin@example.com (Robin)")).entries
    assert "@" not in entry.author


def test_an_entry_without_page_and_words_is_refused_in_one_sentence() -> None:
    (entry,) = read(
        rss(HOME, Piece("dig", "Dig", html="<p>Short.</p>")).replace(f"<link>{HOME}/dig</link>", "")
    ).entries
    with pytest.raises(BadInput, match="The feed's entry 'Dig' has no article in it"):
        from_entry(entry)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "is no RSS or Atom feed"),
        ("{}", "is no RSS or Atom feed"),
        ("/etc/passwd", "is no RSS or Atom feed"),
        ("https://larkfield.example/other", "is no RSS or Atom feed"),
        ("<html><body><p>Hello</p></body></html>", "is no RSS or Atom feed"),
        ("<rss", "is no RSS or Atom feed"),
        (
            '<html><head><link rel="alternate" type="application/rss+xml" href="/feed?a=1&amp;b=2"></head></html>',
            r"whose feed is at https://larkfield\.example/feed\?a=1&b=2: give that address",
        ),
    ],
)
def test_what_is_no_feed_is_refused_in_one_sentence(body: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=rf"^larkfield\.example answers with .*{sentence}"):
        read(body)


def test_an_empty_feed_is_a_feed() -> None:
    assert read(rss(HOME)).entries == ()


def test_a_feed_that_breaks_off_gives_what_came_whole() -> None:
    whole = rss(HOME, DIG, DESK)
    feed = read(whole[: whole.index("<item><title>The desk")])
    assert [entry.title for entry in feed.entries] == ["Dig & be well"]


def test_letters_come_in_the_charset_of_the_feed() -> None:
    text = rss(HOME, Piece("dig", "Rücken", html=WHOLE)).replace("UTF-8", "ISO-8859-1")
    assert read(text.encode("iso-8859-1")).entries[0].title == "Rücken"


def test_a_feed_cannot_blow_up_nor_reach_for_files() -> None:
    bomb = "<!DOCTYPE r [<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {name} '{('&' + before + ';') * 20}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    files = "<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    body = rss(HOME, Piece("dig", "TITLE")).replace("<rss", f"{bomb}{files}<rss", 1).replace("TITLE", "&i;&f;")
    began = time.monotonic()
    (entry,) = read(body).entries
    assert time.monotonic() - began < 10
    assert len(entry.title) < 1000
    assert "root:" not in entry.title


def test_titles_are_words_even_where_they_are_written_as_html() -> None:
    (entry,) = read(atom(HOME, Piece("dig", "Dig <b>well</b>"))).entries
    assert entry.title in ("Dig well", "Dig <b>well</b>")
    (entry,) = read(rss(HOME, Piece("dig", "<i>Dig</i> well"))).entries
    assert entry.title == "Dig well"
