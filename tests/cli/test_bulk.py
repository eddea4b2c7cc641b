"""One change to many people by commands."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run

RUNNERS = ("--rule", "tag has runner", "--list", "tips")


@pytest.fixture
def with_people(tipsheet: Run) -> Run:
    for slug in ("tips", "news"):
        tipsheet("list", "add", slug, "--name", slug.title())
    for number in range(7):
        tipsheet("subscriber", "add", f"p{number}@example.com", "--list", "tips", "--basis", "asked", "--tag", "runner")
    tipsheet("subscriber", "add", "other@example.com", "--list", "tips", "--basis", "asked")
    tipsheet("subscriber", "opt-out", "p6@example.com", "--list", "tips")
    return tipsheet


def test_without_yes_it_only_shows_whom_it_would_be_done_to(with_people: Run) -> None:
    done = with_people("subscriber", "bulk", "tag", "fast", *RUNNERS, "--json").json()
    assert (done["people"], done["done"]) == (6, 0)
    assert done["examples"] == [f"p{number}@example.com" for number in range(5)]
    assert with_people("subscriber", "search", "--tag", "fast", "--json").json()["people"] == []
    assert "Say --yes" in with_people("subscriber", "bulk", "untag", "runner", *RUNNERS).out


def test_it_says_whether_it_was_done_to_all_to_some_or_to_nobody(with_people: Run) -> None:
    tag = ("subscriber", "bulk", "tag", "fast")
    assert "Done to all of them." in with_people(*tag, *RUNNERS, "--yes").out
    assert "nothing had to change" in with_people(*tag, *RUNNERS, "--yes").out
    nobody = with_people(*tag, "--rule", "tag has walker", "--list", "tips").out
    assert "true of nobody on tips" in nobody
    assert "--yes" not in nobody


def test_tags_are_given_and_taken_and_it_is_on_record_once(with_people: Run) -> None:
    assert with_people("subscriber", "bulk", "tag", "fast", *RUNNERS, "--yes", "--json").json()["done"] == 6
    assert with_people("subscriber", "bulk", "tag", "fast", *RUNNERS, "--yes", "--json").json()["done"] == 0
    assert len(with_people("subscriber", "search", "--tag", "fast", "--json").json()["people"]) == 6
    assert with_people("subscriber", "bulk", "untag", "runner", *RUNNERS, "--yes", "--json").json()["done"] == 6
    told = [row for row in with_people("audit", "--about", "tips", "--json").json() if "bulk" in row["action"]]
    assert [(row["action"], row["after"]["people"]) for row in told] == [
        ("subscriber bulk tag", 6),
        ("subscriber bulk tag", 6),
        ("subscriber bulk untag", 6),
    ]


def test_all_are_moved_but_for_whom_it_is_refused(with_people: Run) -> None:
    with_people("subscriber", "opt-out", "p0@example.com", "--list", "news")
    because = ("--to", "news", "--because", "we asked them", "--yes", "--json")
    assert with_people("subscriber", "bulk", "move", *RUNNERS, *because).json()["done"] == 5
    assert with_people("list", "show", "news", "--json").json()["mailable"] == 5
    assert with_people("list", "show", "tips", "--json").json()["mailable"] == 2
    assert "--because" in with_people("subscriber", "bulk", "move", *RUNNERS, "--to", "news", "--because", "").refused()


def test_all_are_opted_out_or_erased(with_people: Run) -> None:
    assert with_people("subscriber", "bulk", "opt-out", *RUNNERS, "--yes", "--json").json()["done"] == 6
    assert with_people("subscriber", "bulk", "opt-out", *RUNNERS, "--yes", "--json").json()["done"] == 0
    everybody = ("--rule", "not tag has runner", "--list", "tips")
    assert with_people("subscriber", "bulk", "erase", *everybody, "--yes", "--json").json()["done"] == 1
    assert "Nobody with the address" in with_people("subscriber", "show", "other@example.com").refused()
