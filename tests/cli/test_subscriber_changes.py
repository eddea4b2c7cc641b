"""Changing one person by commands."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run

ANA, NEW = "ana@example.com", "ana.lee@example.com"


@pytest.fixture
def with_ana(tipsheet: Run) -> Run:
    for slug in ("tips", "news"):
        tipsheet("list", "add", slug, "--name", slug.title())
    assert (
        tipsheet(
            "subscriber", "add", ANA, "--list", "tips", "--basis", "asked", "--first-name", "An", "--tag", "new"
        ).code
        == 0
    )
    return tipsheet


def test_details_are_changed_and_taken_away(with_ana: Run) -> None:
    done = with_ana("subscriber", "edit", ANA, "--first-name", "Ana", "--field", "city=Fremont", "--json").json()
    assert (done["first_name"], done["custom"]) == ("Ana", {"city": "Fremont"})
    done = with_ana("subscriber", "edit", ANA, "--first-name", "", "--field", "city=", "--json").json()
    assert (done["first_name"], done["custom"]) == ("", {})
    assert "nothing is changed" in with_ana("subscriber", "edit", ANA, "--first-name", "").out
    assert "what to change" in with_ana("subscriber", "edit", ANA).refused()


def test_an_address_is_changed_with_a_reason(with_ana: Run) -> None:
    assert "--because" in with_ana("subscriber", "edit", ANA, "--email", NEW).refused()
    done = with_ana("subscriber", "edit", ANA, "--email", NEW, "--because", "her mail", "--json").json()
    assert done["email"] == NEW
    assert NEW in with_ana("subscriber", "show", ANA).refused()


def test_tags_are_added_and_removed(with_ana: Run) -> None:
    assert with_ana("subscriber", "tag", "add", ANA, "runner", "--json").json()["tags"] == ["new", "runner"]
    assert "no tags" in with_ana("subscriber", "tag", "remove", ANA, "new", "runner").out


def test_a_person_is_moved_with_a_reason(with_ana: Run) -> None:
    because = ("--because", "asked for by phone")
    done = with_ana("subscriber", "move", ANA, "--from", "tips", "--to", "news", *because, "--json").json()
    assert {x["list"]: x["state"] for x in done["lists"]} == {"tips": "withdrawn", "news": "confirmed"}
    assert [x["wording"] for x in done["consents"] if x["list"] == "news"] == ["asked for by phone"]


def test_two_are_made_one(with_ana: Run) -> None:
    with_ana("subscriber", "add", NEW, "--list", "news", "--basis", "asked", "--last-name", "Lee")
    done = with_ana("subscriber", "merge", ANA, NEW, "--because", "one person", "--json").json()
    assert (done["last_name"], [x["list"] for x in done["lists"]]) == ("Lee", ["news", "tips"])
    assert f"is {ANA} now" in with_ana("subscriber", "show", NEW).refused()


def test_an_erasure_wants_a_yes_and_gives_a_receipt(with_ana: Run) -> None:
    assert "--yes" in with_ana("subscriber", "erase", ANA).refused()
    receipt = with_ana("subscriber", "erase", ANA, "--yes", "--json").json()
    assert len(receipt["id"]) == 12
    assert ANA not in str(receipt)
    assert "Nobody with the address" in with_ana("subscriber", "show", ANA).refused()
    assert "erasure" in with_ana("subscriber", "add", ANA, "--list", "tips", "--basis", "asked").refused()
    with_ana("subscriber", "add", NEW, "--list", "tips", "--basis", "asked")
    shown = with_ana("subscriber", "erase", NEW, "--yes").out
    assert "Removed" in shown
    assert "backups made before" in shown


def test_the_number_on_a_receipt_leads_to_what_stayed(with_ana: Run) -> None:
    number = str(with_ana("subscriber", "show", ANA, "--json").json()["id"])
    assert with_ana("subscriber", "show", number, "--json").json()["email"] == ANA
    receipt = with_ana("subscriber", "erase", ANA, "--yes", "--json").json()
    assert str(receipt["subscriber"]) == number
    assert "erased" in with_ana("subscriber", "show", number).out
    assert with_ana("subscriber", "show", number, "--json").json()["email"] == ""
    for nobody in ("999", "9" * 5_000):
        assert "There is no subscriber" in with_ana("subscriber", "show", nobody).refused()


def test_the_number_of_who_was_merged_leads_to_whom_they_are_now(with_ana: Run) -> None:
    with_ana("subscriber", "add", NEW, "--list", "tips", "--basis", "asked")
    number = str(with_ana("subscriber", "show", NEW, "--json").json()["id"])
    with_ana("subscriber", "merge", ANA, NEW, "--because", "she told us")
    assert with_ana("subscriber", "show", number, "--json").json()["email"] == ANA
