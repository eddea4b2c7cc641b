"""Articles from pages and feeds, as a person commands it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.campaigns.articles.feed_files import WHOLE, Piece, rss
from tests.campaigns.articles.hostile import NO_WEB, ODD, PUBLIC
from tests.cli.clinic import database
from tests.cli.conftest import Run
from tests.support.site import Site, said, site

PICTURE = '<img src="https://a.example/dig.jpg" alt="A spade">'


@pytest.fixture
def home(folder: Path) -> Iterator[Site]:
    with site() as running:
        (folder / "config.toml").write_text(f'[sources]\nallow = ["{running.address}"]\n')
        yield running


def page(title: str, more: str = "") -> bytes:
    return said(
        f"<html><head><title>{title}</title><meta name=author content='Robin Vale'></head>"
        f"<body><nav>Menu</nav><h1>{title}</h1>{PICTURE}{WHOLE}{more}</body></html>"
    )


def test_a_page_is_read_shown_and_read_again(home: Site, tipsheet: Run) -> None:
    home.answers["/dig"] = page("Dig well")
    added = tipsheet("article", "add", home.url("/dig"), "--json").json()
    assert (added["slug"], added["author"], added["read_from"]) == ("dig-well", "Robin Vale", home.url("/dig"))
    assert [block["kind"] for block in added["blocks"]][:2] == ["image", "paragraph"]
    assert "Robin Vale" in tipsheet("article", "show", "dig-well").out
    assert "is unchanged" in tipsheet("article", "refresh", "dig-well").out
    home.answers["/dig"] = page("Dig very well", "<p>One more paragraph.</p>")
    refreshed = tipsheet("article", "refresh", "dig-well", "--json").json()
    assert (refreshed["changed"], refreshed["title"]) == (True, "Dig very well")
    again = tipsheet("article", "add", home.url("/dig")).refused()
    assert again == "This page is there already: read it again with: tipsheet article refresh dig-well"


def test_what_a_hand_set_stands_in_the_mail_and_stays(home: Site, tipsheet: Run, folder: Path) -> None:
    home.answers["/dig"] = page("Dig well")
    tipsheet("article", "add", home.url("/dig"), "--title", "My dig")
    tipsheet("article", "set", "my-dig", "--lead", "Slowly does it.", "--key-point", "Walk", "--key-point", "Bend")
    home.answers["/dig"] = page("Dig very well", "<p>One more paragraph.</p>")
    shown = tipsheet("article", "refresh", "my-dig", "--json").json()
    assert (shown["title"], shown["excerpt"]["lead"]) == ("My dig", "Slowly does it.")
    assert shown["excerpt"]["key_points"][0]["items"] == ["Walk", "Bend"]
    assert shown["by_hand"] == ["key_points", "lead", "title"]
    tipsheet("list", "add", "tips", "--name", "Tips")
    assert tipsheet("campaign", "add", "spring", "--list", "tips", "--article", "my-dig", "--subject", "Dig").code == 0
    assert tipsheet("campaign", "preview", "spring").code == 0
    mail = (folder / "var" / "preview" / "spring.txt").read_text()
    assert "Slowly does it." in mail
    assert "Every spring" not in mail
    back = tipsheet("article", "set", "my-dig", "--reset", "title", "--reset", "lead", "--json").json()
    assert (back["title"], back["by_hand"]) == ("Dig very well", ["key_points"])
    warned = tipsheet("article", "set", "my-dig", "--image", "https://a.example/other.jpg", "--no-key-points").out
    assert "has no alt text" in warned


def test_what_cannot_be_set_or_read_again_is_one_sentence(folder: Path, tipsheet: Run) -> None:
    (folder / "post.md").write_text("# A title\n\nA paragraph that says something, in a whole sentence.\n")
    tipsheet("article", "add", "post.md")
    assert "Nothing was given to set" in tipsheet("article", "set", "a-title").refused()
    assert "Give either" in tipsheet("article", "set", "a-title", "--key-point", "A", "--no-key-points").refused()
    assert "is no web address" in tipsheet("article", "set", "a-title", "--url", "ftp://a.example").refused()


def test_a_file_is_read_again_where_it_lies_and_what_a_hand_set_stays(folder: Path, tipsheet: Run) -> None:
    file = folder / "post.txt"
    file.write_text("Warm up\n\nWalk for five minutes before you run, at any pace.\n")
    tipsheet("article", "add", "post.txt", "--title", "Before a run", "--slug", "run")
    assert "is unchanged" in tipsheet("article", "refresh", "run").out
    tipsheet("article", "set", "run", "--lead", "Slowly does it.", "--image", "https://a.example/run.jpg")
    tipsheet("article", "set", "run", "--key-point", "Walk", "--image-alt", "A runner")
    file.write_text("Warm up\n\nWalk for ten minutes before you run, at any pace.\n")
    again = tipsheet("article", "refresh", "run", "--json").json()
    assert again["changed"]
    assert again["blocks"][-1]["text"].startswith("Walk for ten minutes")
    assert (again["title"], again["image_url"]) == ("Before a run", "https://a.example/run.jpg")
    assert (again["excerpt"]["lead"], again["excerpt"]["key_points"][0]["items"]) == ("Slowly does it.", ["Walk"])


def test_a_file_that_moved_is_read_from_where_it_is_now(folder: Path, tipsheet: Run) -> None:
    (folder / "post.md").write_text("# A title\n\nA paragraph that says something, in a whole sentence.\n")
    tipsheet("article", "add", "post.md")
    (folder / "old").mkdir()
    (folder / "post.md").rename(folder / "old" / "post.md")
    gone = tipsheet("article", "refresh", "a-title").refused()
    assert gone == (
        f"{folder / 'post.md'} is not there any more: say where it is now with: "
        "tipsheet article refresh a-title --from FILE"
    )
    assert "There is no file nowhere.md" in tipsheet("article", "refresh", "a-title", "--from", "nowhere.md").refused()
    assert "is unchanged" in tipsheet("article", "refresh", "a-title", "--from", "old/post.md").out
    assert str(folder / "old" / "post.md") in tipsheet("article", "refresh", "a-title").out


def test_what_came_from_standard_input_is_read_again_from_where_a_person_says(tipsheet: Run) -> None:
    text = b"# A title\n\nA paragraph that says something, in a whole sentence.\n"
    tipsheet("article", "add", "-", "--slug", "piped", stdin=text)
    assert "came from nowhere that can be read again: say where" in tipsheet("article", "refresh", "piped").refused()
    assert "from standard input" in tipsheet("article", "refresh", "piped", "--from", "-", stdin=text * 2).out


def test_a_page_may_be_a_file_or_standard_input(folder: Path, tipsheet: Run) -> None:
    html = page("Dig well").partition(b"\r\n\r\n")[2]
    for name in ("dig.html", "dig.txt"):
        (folder / name).write_bytes(html)
        added = tipsheet("article", "add", name, "--slug", name.replace(".", "-"), "--json").json()
        assert (added["title"], added["read_from"]) == ("Dig well", str(folder / name))
    piped = tipsheet("article", "add", "-", "--title", "Mine", "--json", stdin=html).json()
    assert (piped["slug"], len(piped["blocks"])) == ("mine", 6)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("http://127.0.0.1:9090/", PUBLIC),
        ("http://169.254.169.254/", PUBLIC),
        ("http://2130706433/", ODD),
        ("https://user:pw@example.com/", "carries a user name or password"),
        ("file:///etc/passwd", NO_WEB),
        ("gopher://127.0.0.1:6379/_FLUSHALL", NO_WEB),
    ],
)
def test_what_is_not_public_is_refused_and_nothing_is_kept(source: str, sentence: str, tipsheet: Run) -> None:
    by_article, by_feed = (tipsheet(noun, "add", source).refused() for noun in ("article", "feed"))
    assert by_article == by_feed
    assert sentence in by_article
    assert "\n" not in by_article
    assert tipsheet("article", "list", "--json").json() == []
    assert tipsheet("feed", "list", "--json").json() == []


def test_a_file_may_be_called_like_an_address(folder: Path, tipsheet: Run) -> None:
    (folder / "tips: backs.md").write_text("# Backs\n\nA paragraph that says something, in a whole sentence.\n")
    assert tipsheet("article", "add", "tips: backs.md").code == 0
    assert "is no web address" in tipsheet("article", "add", "tips: knees.md").refused()


def test_a_feed_is_followed_looked_at_and_let_go(home: Site, tipsheet: Run) -> None:
    assert "No feed yet" in tipsheet("feed", "list").out
    assert "No feed yet" in tipsheet("feed", "check").out
    home.answers["/feed"] = said(rss(home.url(""), Piece("dig", "Dig well"), Piece("desk", "Desk", 2)), "text/xml")
    added = tipsheet("feed", "add", home.url("/feed"))
    assert "new: desk" in added.out
    assert "Left out of what was in it before: 1;" in added.out
    assert f"Dig well  {home.url('/dig')}" in added.out
    home.answers["/feed"] = said(rss(home.url(""), Piece("dig", "Dig"), Piece("lift", "Lift", 3)), "text/xml")
    assert "new: lift" in tipsheet("feed", "check").out
    assert "nothing new" in tipsheet("feed", "check", home.url("/feed")).out
    home.answers["/feed"] = said(status=500)
    assert "status 500" in tipsheet("feed", "check").out
    (listed,) = tipsheet("feed", "list", "--json").json()
    assert (listed["title"], listed["articles"], "status 500" in listed["trouble"]) == ("Larkfield Notes", 2, True)
    assert "already" in tipsheet("feed", "add", home.url("/feed")).refused()
    assert tipsheet("feed", "remove", home.url("/feed")).code == 0
    assert "No feed is followed at" in tipsheet("feed", "remove", home.url("/feed")).refused()
    assert len(tipsheet("article", "list", "--json").json()) == 2


@pytest.mark.parametrize(("take", "new", "left"), [("0", 0, 3), ("2", 2, 1), ("9", 3, 0), ("all", 3, 0)])
def test_of_a_backlog_as_many_arrive_as_were_asked_for(
    take: str, new: int, left: int, home: Site, tipsheet: Run
) -> None:
    pieces = (Piece("dig", "Dig well"), Piece("desk", "Desk", 2), Piece("lift", "Lift", 3))
    home.answers["/feed"] = said(rss(home.url(""), *pieces), "text/xml")
    added = tipsheet("feed", "add", home.url("/feed"), "--take", take, "--json").json()
    assert (len(added["new"]), [each["title"] for each in added["left"]]) == (
        new,
        ["Lift", "Desk", "Dig well"][3 - left :],
    )


@pytest.mark.parametrize("take", ["some", "-1", "1.5", "", "1" * 6])
def test_what_says_no_number_of_articles_is_refused(take: str, tipsheet: Run) -> None:
    sentence = tipsheet("feed", "add", "https://larkfield.example/feed", f"--take={take}").refused()
    assert sentence.endswith("is nothing for --take; give a number, or all")


def test_a_feed_that_stays_unreadable_is_in_status_and_doctor_until_it_is_read(home: Site, tipsheet: Run) -> None:
    home.answers["/feed"] = said(rss(home.url(""), Piece("dig", "Dig well")), "text/xml")
    tipsheet("feed", "add", home.url("/feed"))
    home.answers["/feed"] = said(status=500)
    for _ in range(3):
        tipsheet("feed", "check")
    assert needs(tipsheet, "status") == needs(tipsheet, "doctor") == []
    with database() as db, db.write() as s:
        s.execute(text("UPDATE feeds SET checked_at = checked_at - 6 * 3600 * 1000"))
    assert needs(tipsheet, "status") == needs(tipsheet, "doctor") == ["feed:1"]
    home.answers["/feed"] = said(rss(home.url(""), Piece("dig", "Dig well")), "text/xml")
    tipsheet("feed", "check")
    assert needs(tipsheet, "status") == needs(tipsheet, "doctor") == []


def needs(tipsheet: Run, command: str) -> list[str]:
    return [each["cause"] for each in json.loads(tipsheet(command, "--json").out)["needs"]]
