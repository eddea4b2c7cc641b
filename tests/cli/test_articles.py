from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run

POST = """---
title: Stretch before you run
url: https://larkfield.example/stretch
---
Running is good for you. Cold muscles are not good for running, so warm them up before you set out.

## 1. Walk for five minutes

Any pace will do.

## 2. Swing your legs

Hold on to something.

## Monthly offer: free gait check

Come by this month and see how you run.
"""


def test_an_article_is_read_kept_and_shown(tipsheet: Run, folder: Path) -> None:
    (folder / "post.md").write_text(POST)
    ended = tipsheet("article", "add", "post.md")
    assert ended.code == 0
    assert "tipsheet article show stretch-before-you-run" in ended.out
    shown = tipsheet("article", "show", "stretch-before-you-run", "--json").json()
    assert shown["title"] == "Stretch before you run"
    assert shown["url"] == "https://larkfield.example/stretch"
    assert {"kind": "heading", "level": 2, "text": "1. Walk for five minutes"} in shown["blocks"]
    assert shown["excerpt"]["lead"].startswith("Running is good for you.")
    assert shown["excerpt"]["key_points"][0]["items"] == ["Walk for five minutes", "Swing your legs"]
    assert shown["excerpt"]["minutes"] == 1
    assert {"title", "body", "phone", "url"} <= set(shown["offers"][0])
    assert shown["offers"][0]["title"] == "free gait check"
    assert isinstance(shown["warnings"], list)


def test_show_for_people_has_blocks_excerpt_and_offer(tipsheet: Run, folder: Path) -> None:
    (folder / "post.md").write_text(POST)
    tipsheet("article", "add", "post.md", "--slug", "stretch")
    shown = tipsheet("article", "show", "stretch").out
    assert "## 1. Walk for five minutes" in shown
    assert "Excerpt, 1 min to read" in shown
    assert "Offer found: free gait check" in shown


def test_an_article_may_come_from_standard_input(tipsheet: Run) -> None:
    text = b"Sit up straight\n\nWhoever sits all day should rise once an hour. It takes a minute.\n"
    added = tipsheet("article", "add", "-", "--title", "Sit", "--slug", "sit-up", "--json", stdin=text).json()
    assert (added["slug"], added["title"]) == ("sit-up", "Sit")


def test_a_name_is_given_once(tipsheet: Run, folder: Path) -> None:
    (folder / "post.md").write_text(POST.replace("url:", "about:"))
    tipsheet("article", "add", "post.md")
    sentence = tipsheet("article", "add", "post.md").refused()
    assert sentence == "The article stretch-before-you-run is there already; choose another name with --slug"
    assert tipsheet("article", "add", "post.md", "--slug", "again").code == 0
    listed = tipsheet("article", "list", "--json").json()
    assert [each["slug"] for each in listed] == ["again", "stretch-before-you-run"]
    assert listed[0]["added_by"] == "robin"


def test_an_address_is_of_one_article_whatever_it_is_called(tipsheet: Run, folder: Path) -> None:
    for name in ("post.md", "my copy.md"):
        (folder / name).write_text(POST)
    tipsheet("article", "add", "post.md", "--slug", "stretch")
    known = "The article stretch has the address https://larkfield.example/stretch already: "
    or_else = "; if this is another article, give its own address with --url"
    again = tipsheet("article", "add", "post.md", "--slug", "again").refused()
    assert again == f"{known}read it again with: tipsheet article refresh stretch{or_else}"
    again, copy = tipsheet("article", "add", "my copy.md", "--slug", "again").refused(), folder / "my copy.md"
    assert again == f"{known}read it again with: tipsheet article refresh stretch --from '{copy}'{or_else}"
    again = tipsheet("article", "add", "-", "--slug", "again", stdin=POST.encode()).refused()
    assert again == f"{known}read it again with: tipsheet article refresh stretch --from -{or_else}"
    for slug, page in (("other", "other"), ("second", "?p=2")):
        url = f"https://larkfield.example/{page}"
        assert tipsheet("article", "add", "post.md", "--slug", slug, "--url", url).code == 0
    # Many sites call each page by the address of their front page.
    for slug in ("one", "two"):
        assert tipsheet("article", "add", "post.md", "--slug", slug, "--url", "https://larkfield.example/").code == 0


def test_what_cannot_be_read_is_one_sentence_and_stores_nothing(tipsheet: Run, folder: Path) -> None:
    (folder / "empty.txt").write_text("")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 10)
    for source in ("empty.txt", "binary.txt", "nowhere.txt", "."):
        assert "\n" not in tipsheet("article", "add", source).refused()
    assert tipsheet("article", "list", "--json").json() == []


def test_a_name_that_is_not_there_is_refused(tipsheet: Run) -> None:
    sentence = tipsheet("article", "show", "nothing").refused()
    assert sentence == "There is no article 'nothing'; see them with: tipsheet article list"
    assert "No article yet" in tipsheet("article", "list").out
