"""Finding people, and lists as a whole, by commands."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from base.database import Database, database_now
from subscribers import preferences
from subscribers.keys import load_keys
from subscribers.people import get_subscriber
from tests.cli.conftest import Run


@pytest.fixture
def with_people(tipsheet: Run) -> Run:
    for slug in ("tips", "news"):
        tipsheet("list", "add", slug, "--name", slug.title())
    tipsheet(
        "subscriber",
        "add",
        "Ana@example.com",
        "--list",
        "tips",
        "--basis",
        "asked",
        "--last-name",
        "Lee",
        "--tag",
        "runner",
    )
    tipsheet("subscriber", "add", "leo_1@example.com", "--list", "news", "--basis", "asked")
    tipsheet("subscriber", "add", "bo@example.com", "--list", "tips", "--basis", "asked", "--first-name", "Bo")
    tipsheet("subscriber", "opt-out", "bo@example.com", "--list", "tips")
    return tipsheet


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["ana@example.com"], ["Ana@example.com"]),
        (["LE"], ["Ana@example.com", "leo_1@example.com", "bo@example.com"]),
        (["lee"], ["Ana@example.com"]),
        (["_"], ["leo_1@example.com"]),
        (["--tag", "runner"], ["Ana@example.com"]),
        (["--list", "tips"], ["Ana@example.com", "bo@example.com"]),
        (["--list", "tips", "--state", "withdrawn"], ["bo@example.com"]),
        (["--rule", 'first_name = "Bo"'], ["bo@example.com"]),
        (["example", "--after", "2"], ["bo@example.com"]),
    ],
)
def test_people_are_found(with_people: Run, asked: list[str], found: list[str]) -> None:
    assert [x["email"] for x in with_people("subscriber", "search", *asked, "--json").json()["people"]] == found


def test_whom_nobody_finds_is_said_so(with_people: Run) -> None:
    assert "Nobody fits" in with_people("subscriber", "search", "zoe").out
    assert "no state" in with_people("subscriber", "search", "--state", "gone").refused()
    assert "runner" in with_people("subscriber", "search", "ana").out


def test_a_person_is_shown_with_what_happened_in_order(with_people: Run) -> None:
    with_people("subscriber", "tag", "add", "bo@example.com", "new")
    moments = with_people("subscriber", "show", "bo@example.com", "--json").json()["timeline"]
    happened = ("consent confirmed", "subscriber add", "stopped: opt-out", "consent withdrawn", "subscriber opt-out")
    assert sorted(x["what"] for x in moments) == sorted([*happened, "subscriber tag"])
    assert (moments[0]["what"], moments[-1]["what"]) == ("consent confirmed", "subscriber tag")
    assert "subscriber tag" in with_people("subscriber", "show", "bo@example.com").out


def test_a_person_is_shown_with_what_they_wish_and_what_each_consent_is_for(with_people: Run, folder: Path) -> None:
    with closing(Database(f"sqlite:///{folder}/var/tipsheet.db")) as db, db.write() as s:
        ana = get_subscriber(s, load_keys(folder / "keys"), "ana@example.com")
        until = database_now(s) + timedelta(days=40)
        preferences.arrange(s, ana, "tips", frequency="monthly", paused_until=until, opens=True, source="test")
    shown = with_people("subscriber", "show", "ana@example.com").out
    assert f"one mail a month, nothing before {until:%Y-%m}" in shown
    assert "opening may be seen" in shown
    assert "consent to open tracking confirmed" in shown
    assert "None" not in shown


def test_a_list_shows_how_people_get_on_it(with_people: Run) -> None:
    assert "by commands only" in with_people("list", "show", "tips").out
    with_people("list", "edit", "tips", "--public", "--double", "--wording", "Yes, mail me.")
    shown = with_people("list", "show", "tips").out
    for words in ("/signup/tips", "double", "Yes, mail me."):
        assert words in shown
    with_people("list", "archive", "tips")
    assert "by commands only" in with_people("list", "show", "tips").out


def test_a_list_shows_how_it_grew(with_people: Run) -> None:
    shown = with_people("list", "show", "tips", "--json").json()
    assert (shown["weeks"][-1]["joined"], shown["weeks"][-1]["left"], len(shown["weeks"])) == (2, 1, 26)
    drawn = with_people("list", "show", "tips").out
    assert "+" * 40 + "-" * 20 in drawn
    with_people("subscriber", "edit", "ana@example.com", "--email", "ana.lee@example.com", "--because", "her mail")
    again = with_people("list", "show", "tips", "--json").json()
    assert again["weeks"][-1]["joined"] == 2  # another address is nobody new


def test_an_archived_list_takes_nobody_and_sends_nothing(with_people: Run) -> None:
    assert with_people("list", "archive", "tips", "--json").json()["archived"] is True
    assert "list unarchive tips" in with_people("list", "archive", "tips").refused()
    assert (
        "archived"
        in with_people("subscriber", "add", "zoe@example.com", "--list", "tips", "--basis", "asked").refused()
    )
    assert "archived" in with_people("list", "list").out
    with_people("list", "unarchive", "tips")
    assert with_people("subscriber", "add", "zoe@example.com", "--list", "tips", "--basis", "asked").code == 0
    assert "not archived" in with_people("list", "unarchive", "tips").refused()


def test_no_series_is_added_for_an_archived_list(with_people: Run) -> None:
    with_people("list", "archive", "tips")
    assert "archived" in with_people("series", "add", "s", "--list", "tips", "--when", "first tuesday 09:00").refused()
