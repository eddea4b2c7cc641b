from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

PEOPLE = "email,city,tags\n" + "".join(f"p{n:02}@example.com,Milpitas,runner\n" for n in range(60))


@pytest.fixture
def filled(tipsheet: Run, folder: Path) -> Run:
    (folder / "people.csv").write_text(PEOPLE)
    tipsheet("list", "add", "monthly-tips", "--name", "Monthly tips")
    tipsheet("subscriber", "import", "people.csv", "--list", "monthly-tips", "--basis", "the form at the desk")
    return tipsheet


def test_people_are_shown_page_by_page(filled: Run) -> None:
    first = filled("segment", "people", "tag has runner", "--list", "monthly-tips", "--json").json()
    assert len(first["people"]) == 50
    rest = filled(
        "segment", "people", "tag has runner", "--list", "monthly-tips", "--after", str(first["next"]), "--json"
    )
    everybody = [each["email"] for each in (*first["people"], *rest.json()["people"])]
    assert sorted(everybody) == [f"p{n:02}@example.com" for n in range(60)]
    assert rest.json()["next"] is None
    assert "--after" in filled("segment", "people", "tag has runner", "--list", "monthly-tips").out


def test_a_rule_is_explained_for_one_person(filled: Run) -> None:
    told = filled("segment", "explain", 'city = "Milpitas" and not tag has runner', "p01@example.com")
    assert "p01@example.com is not in it" in told.out
    assert ["no", "not", "tag", "has", "runner", "runner"] in [line.split() for line in told.out.splitlines()]
    assert "known" in filled("segment", "explain", "tag has runner", "nobody@example.com").refused()


def test_a_segment_is_edited(filled: Run) -> None:
    filled("segment", "add", "a", "tag has walker")
    edited = filled("segment", "edit", "a", "tag has runner", "--json").json()
    assert edited == {"slug": "a", "rule": "tag has runner", "before": "tag has walker", "warnings": []}
    assert "a → a" in filled("segment", "edit", "a", "segment a").refused()


def test_a_rule_about_opens_says_of_how_many_they_are_seen(filled: Run) -> None:
    told = filled("segment", "count", "not opened within 180 days", "--list", "monthly-tips")
    assert "60 of the 60" in told.out
    assert "Opens can be seen of 0 of them" in told.out
