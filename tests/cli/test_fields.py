from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

PEOPLE = "email,visits,city\nann@example.com,3,Milpitas\nbob@example.com,often,Fremont\ncat@example.com,,Fremont\n"


@pytest.fixture
def with_list(tipsheet: Run) -> Run:
    tipsheet("list", "add", "monthly-tips", "--name", "Monthly tips")
    return tipsheet


def test_a_field_is_added_listed_and_asked_for(with_list: Run) -> None:
    added = with_list("field", "add", "Shirt", "--type", "choice", "--choice", "S", "--choice", "L", "--json").json()
    assert added == {"name": "shirt", "type": "choice", "choices": ["S", "L"]}
    assert with_list("field", "list", "--json").json() == [added]
    assert "S, L" in with_list("segment", "fields").out
    assert "is none of the choices; they are S, L" in with_list("segment", "add", "m", 'shirt = "M"').out
    with_list(
        "subscriber", "add", "ann@example.com", "--list", "monthly-tips", "--basis", "asked", "--field", "shirt=l"
    )
    assert with_list("segment", "count", 'shirt = "L"', "--list", "monthly-tips", "--json").json()["recipients"] == 1


def test_a_type_is_changed_after_a_dry_run(with_list: Run, folder: Path) -> None:
    (folder / "people.csv").write_text(PEOPLE)
    with_list("subscriber", "import", "people.csv", "--list", "monthly-tips", "--basis", "the form at the desk")
    with_list("segment", "add", "regulars", 'visits contains "3"')
    dry = with_list("field", "change", "visits", "--type", "number", "--dry-run", "--json").json()
    assert (dry["fit"], dry["lost"], dry["examples"]) == (1, 1, ["often"])
    words = "1 value does not fit, such as 'often'; --lossy would empty it\n"
    assert words in with_list("field", "change", "visits", "--type", "number", "--dry-run").out
    assert "--lossy" in with_list("field", "change", "visits", "--type", "number").refused()
    assert (
        with_list("segment", "count", 'visits = "often"', "--list", "monthly-tips", "--json").json()["recipients"] == 1
    )
    changed = with_list("field", "change", "visits", "--type", "number", "--lossy")
    assert "1 value fits" in changed.out
    assert "The segment regulars cannot be used any more" in changed.out
    assert with_list("segment", "count", "visits > 2", "--list", "monthly-tips", "--json").json()["recipients"] == 1
    assert (
        with_list("segment", "count", "visits is empty", "--list", "monthly-tips", "--json").json()["recipients"] == 2
    )
    recorded = with_list("audit", "--json").out
    assert "field change" in recorded
