from __future__ import annotations

import pytest

from base.database import Database
from base.errors import NotFound, Refused
from campaigns.articles.excerpt import excerpt
from campaigns.articles.runs import Run
from campaigns.articles.source import read_bytes
from campaigns.articles.store import add_article, all_articles, as_read, get_article

POST = b"""# Stretch before you run

Running is good for you. Warm up [before](https://larkfield.example/warm) you set out.

    walk(5)
      run(20)

|When|What|
|----|----|
|Now|Walk|

![A runner at a wall](https://larkfield.example/wall.png)

## 1. Walk

- slowly
- then faster

> Nobody regrets a warm-up.

## Monthly offer: free gait check

Come by this month, or call (555) 010-0142.
"""


def test_an_article_comes_back_as_it_was_read(db: Database) -> None:
    read = read_bytes(POST, name="post.md", markdown=True)
    with db.write() as s:
        assert add_article(s, read, actor="robin").slug == "stretch-before-you-run"
    with db.read() as s:
        kept = get_article(s, "stretch-before-you-run")
        assert as_read(kept) == read
        assert excerpt(as_read(kept)) == excerpt(read)
        assert kept.added_by == "robin"
        assert {block["kind"] for block in kept.blocks} == {"heading", "paragraph", "image", "list", "quote", "code"}


def test_an_article_that_was_kept_before_there_were_links_and_code_is_read_as_it_is(sqlite_db: Database) -> None:
    read = read_bytes(b"Warm up before you set out.", name="a.txt", markdown=False, title="Given")
    with sqlite_db.write() as s:
        add_article(s, read, actor="robin").blocks = [
            {"kind": "paragraph", "text": "Warm up."},
            {"kind": "list", "items": ["a", "b"]},
            {"kind": "image", "url": "https://a.example/b.png", "alt": "A"},
        ]
    with sqlite_db.read() as s:
        blocks = as_read(get_article(s, "given")).blocks
    assert [block.runs() for block in blocks] == [((Run("Warm up."),),), ((Run("a"),), (Run("b"),)), ()]


def test_a_slug_is_taken_once_and_the_newest_stands_first(sqlite_db: Database) -> None:
    read = read_bytes(POST, name="post.md", markdown=True)
    with sqlite_db.write() as s:
        add_article(s, read, slug="one", actor="robin")
        add_article(s, read, slug="two", actor="robin")
        with pytest.raises(Refused, match="The article one is there already"):
            add_article(s, read, slug="one", actor="robin")
        assert [each.slug for each in all_articles(s)] == ["two", "one"]
        with pytest.raises(NotFound, match="tipsheet article list"):
            get_article(s, "three")
