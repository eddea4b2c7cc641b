from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_articles import POST

URL = "https://larkfield.example/gait"


@pytest.fixture
def with_article(tipsheet: Run, folder: Path) -> Run:
    (folder / "post.md").write_text(
        POST + "\nCall (555) 010-0142 to book.\n\n## Offer: two for one\n\nBring a friend.\n"
    )
    assert tipsheet("article", "add", "post.md", "--slug", "stretch").code == 0
    return tipsheet


def test_an_offer_is_kept_and_shown(tipsheet: Run) -> None:
    tipsheet(
        *("offer", "add", "--title", "Free gait check", "--body", "-", "--url", URL, "--cta-label", "Book now"),
        *("--phone", "(555) 010-0142", "--terms", "New clients only.", "--from", "2026-12-01", "--until", "2026-12-31"),
        stdin=b"Come by.\n\nBring shoes.\n",
    )
    assert tipsheet("offer", "show", "free-gait-check", "--json").json() == {
        "slug": "free-gait-check",
        "title": "Free gait check",
        "body": "Come by.\n\nBring shoes.",
        "cta_label": "Book now",
        "url": URL,
        "phone": "(555) 010-0142",
        "terms": "New clients only.",
        "valid_from": "2026-11-30T23:00:00Z",
        "valid_until": "2026-12-31T23:00:00Z",
        "zone": "Europe/Berlin",
    }
    assert "end of 2026-12-31 CET" in tipsheet("offer", "show", "free-gait-check").out


def test_the_zone_of_an_offer_may_be_its_own(tipsheet: Run) -> None:
    options = ("--until", "2026-12-31 18:00", "--zone", "America/Los_Angeles")
    added = tipsheet("offer", "add", "--title", "Late", "--url", URL, *options, "--json").json()
    assert added["valid_until"] == "2027-01-01T02:00:00Z"


def test_what_an_article_offers_is_proposed_with_what_it_says(with_article: Run) -> None:
    added = with_article("offer", "add", "--from-article", "stretch", "--url", URL, "--json")
    assert "other offers too, which are left out: two for one" in added.err
    offer = added.json()
    assert (offer["title"], offer["url"]) == ("free gait check", URL)
    assert offer["body"].startswith("Come by this month")
    assert offer["phone"] == "(555) 010-0142"


def test_options_go_before_what_was_found(with_article: Run) -> None:
    added = with_article("offer", "add", "--from-article", "stretch", "--url", URL, "--title", "Gait", "--json").json()
    assert (added["title"], added["slug"]) == ("Gait", "gait")
    assert added["body"].startswith("Come by this month")


def test_a_missing_address_is_never_made_up(with_article: Run) -> None:
    sentence = with_article("offer", "add", "--from-article", "stretch").refused()
    assert sentence == "The offer 'free gait check' has no address for its button to lead to; give it with --url"
    assert with_article("offer", "list", "--json").json() == []


def test_a_missing_address_is_asked_for_in_a_terminal(with_article: Run, folder: Path) -> None:
    ours, theirs = pty.openpty()
    code = "import sys; from cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "offer", "add", "--from-article", "stretch", "--json"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        os.write(ours, f"{URL}\n".encode())
        out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, err
    assert "Where does the button of “free gait check” lead" in err
    assert f'"url": "{URL}"' in out


def test_an_offer_by_phone_only_says_so_itself(tipsheet: Run) -> None:
    added = tipsheet("offer", "add", "--title", "Call us", "--url", "", "--phone", "(555) 010-0142", "--json").json()
    assert (added["url"], added["cta_label"]) == ("", "")
    assert "leads nowhere" in tipsheet("offer", "add", "--title", "Nothing", "--url", "").refused()


def test_an_offer_that_is_over_is_shown_as_such(tipsheet: Run) -> None:
    ended = tipsheet("offer", "add", "--title", "Old", "--url", URL, "--until", "2020-01-31")
    assert "over: no mail will carry it" in ended.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--url", URL], "needs a title"),
        (["--title", "A", "--url", "larkfield.example"], "is no address of a page"),
        (["--title", "A", "--url", "javascript:alert(1)"], "is no address of a page"),
        (["--title", "A", "--url", URL, "--until", "soon"], "is no date and time"),
        (["--title", "A", "--url", URL, "--from", "2026-12-02", "--until", "2026-12-01"], "would end"),
        (["--title", "A", "--url", URL, "--zone", "Mars"], "is no time zone"),
        (["--title", "A", "--url", URL, "--slug", "Ä"], "cannot be a slug"),
        (["--title", "!!!", "--url", URL], "--slug"),
        (["--from-article", "nothing"], "There is no article 'nothing'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(options: list[str], words: str, tipsheet: Run) -> None:
    assert words in tipsheet("offer", "add", *options).refused()
    assert "No offer yet" in tipsheet("offer", "list").out
