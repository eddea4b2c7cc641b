"""`tipsheet series`: what staff type, and what they and programs read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from campaigns.series.words import day_words
from tests.cli.conftest import Run

WHEN = ("--when", "last day 23:50", "--zone", "Etc/GMT+12")


@pytest.fixture
def with_list(tipsheet: Run, folder: Path) -> Run:
    for slug in ("knees", "backs"):
        (folder / f"{slug}.md").write_text(f"# About {slug}\n\nWalk with a friend, and think of {slug}.\n")
        assert tipsheet("article", "add", f"{slug}.md").code == 0
    assert tipsheet("list", "add", "tips", "--name", "Tips").code == 0
    assert tipsheet("subscriber", "add", "ana@example.com", "--list", "tips", "--wording", "Yes").code == 0
    assert tipsheet("offer", "add", "--title", "Check", "--url", "https://example.com/o").code == 0
    return tipsheet


def test_a_series_says_its_words_back_and_what_is_to_come(with_list: Run) -> None:
    added = with_list("series", "add", "tips", "--list", "tips", "--when", "31st 9am", "--zone", "Asia/Tokyo")
    assert added.code == 0, added.err
    assert "The series tips goes out the 31st of the month at 09:00, Asia/Tokyo. Its next dates:" in added.out
    assert "in a shorter month the 31st means its last day" in added.out
    assert added.out.count("to be made") == 5
    assert "About knees" in added.out
    assert added.out.count("no article is left that tips has not had") == 1
    assert ", and on 2 later dates: no article is left" in added.out
    found = with_list("series", "next", "tips", "--json").json()
    assert [each["article"] and each["article"]["slug"] for each in found["next"]] == [
        *("about-knees", "about-backs"),
        *(None, None, None),
    ]
    assert (found["approval"], found["offer"], found["days_ahead"]) == ("required", "required", 5)
    assert "the 31st of the month at 09:00" in with_list("series", "list").out


def test_a_date_is_approved_and_another_left_out(with_list: Run) -> None:
    with_list("series", "add", "tips", "--list", "tips", *WHEN, "--days-ahead", "60")
    days = [each["date"] for each in with_list("series", "next", "tips", "--json").json()["next"]]
    approved = with_list("series", "approve", "tips", "--json").json()
    assert approved == {
        "series": "tips",
        "campaign": f"tips-{days[0]}",
        "wall": f"{days[0]} 23:50",
        "zone": "Etc/GMT+12",
    }
    assert with_list("series", "skip", "tips", "--date", days[2], "--json").json()["skipped"] == days[2]
    states = [each["state"] for each in with_list("series", "next", "tips", "--json").json()["next"]]
    assert (states[0], states[2]) == ("scheduled", "skipped")
    assert with_list("series", "skip", "tips").out.startswith("tips leaves out ")
    assert with_list("campaign", "show", f"tips-{days[0]}", "--json").json()["state"] == "cancelled"


def test_the_next_date_in_the_list_is_one_that_is_not_left_out(with_list: Run) -> None:
    with_list("series", "add", "tips", "--list", "tips", *WHEN)
    days = [each["date"] for each in with_list("series", "next", "tips", "--json").json()["next"]]
    with_list("series", "skip", "tips")
    with_list("series", "skip", "tips")
    (listed,) = with_list("series", "list", "--json").json()
    assert (listed["next"]["date"], listed["next"]["state"]) == (days[2], "to be made")
    assert listed["left_out"] == days[:2]
    assert with_list("status", "--json").json()["next"][0]["at"] == listed["next"]["at"]
    shown = with_list("series", "list").out
    assert f"{days[2]} 23:50" in shown
    assert f"to be made; {day_words(date.fromisoformat(days[0]))} is left out; " in shown


def test_an_ended_series_has_no_date_to_come(with_list: Run) -> None:
    with_list("series", "add", "tips", "--list", "tips", *WHEN)
    assert "The series tips has ended" in with_list("series", "end", "tips").out
    assert "it was ended" in with_list("series", "next", "tips").out
    assert "ended" in with_list("series", "list").out
    assert "was ended before" in with_list("series", "end", "tips").refused()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--when", "frist tuesday 09:00"], "'frist' (did you mean first?)"),
        (["--when", "first tuesday 09:00", "--zone", "Mars"], "is no time zone"),
        (["--when", "first tuesday 09:00", "--template", "nothing"], "There is no template nothing"),
        (["--when", "first tuesday 09:00", "--segment", "nobody"], "There is no segment 'nobody'"),
        (["--when", "first tuesday 09:00", "--days-ahead", "61"], "give a number from 0 to 60"),
        (["--when", "first tuesday 09:00", "--approval", "maybe"], "write required or not"),
        (["--when", "first tuesday 09:00", "--offer", "maybe"], "write required or if-any"),
        (["--when", "first tuesday 09:00", "--subject", "a\nb"], "must be one line"),
        (["--when", "first tuesday 09:00", "--from", "soon"], "'soon' is no date for --from"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(options: list[str], words: str, with_list: Run) -> None:
    assert words in with_list("series", "add", "tips", "--list", "tips", *options).refused()
    assert "No series yet" in with_list("series", "list").out


def test_names_that_are_not_there_are_named(with_list: Run) -> None:
    assert "There is no list 'x'" in with_list("series", "add", "tips", "--list", "x", *WHEN).refused()
    for command in ("next", "approve", "skip", "end"):
        assert "There is no series 'x'" in with_list("series", command, "x").refused()
    with_list("series", "add", "tips", "--list", "tips", *WHEN)
    assert "is there already" in with_list("series", "add", "tips", "--list", "tips", *WHEN).refused()
    assert "is no date of tips; its next are" in with_list("series", "skip", "tips", "--date", "2030-01-02").refused()
    assert "cannot be a slug" in with_list("series", "add", "Tips!", "--list", "tips", *WHEN).refused()
    assert "is too long" in with_list("series", "add", "t" * 60, "--list", "tips", *WHEN).refused()
    assert "Nothing of tips waits for approval" in _not_yet(with_list)


def _not_yet(tipsheet: Run) -> str:
    """A series whose campaign is not made for a long time."""
    today = date.today()
    later = today.replace(year=today.year + 1, day=1)
    tipsheet("series", "add", "far", "--list", "tips", *WHEN, "--from", later.isoformat())
    return tipsheet("series", "approve", "far").refused().replace("far", "tips")
