"""`tipsheet export`: files for spreadsheets and programs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def people(tipsheet: Run) -> Run:
    tipsheet("list", "add", "tips", "--name", "Monthly tips")
    given = ("--list", "tips", "--basis", "asked", "--tag", "runner", "--field", "city==HYPERLINK(1)")
    assert tipsheet("subscriber", "add", "ana@example.com", *given).code == 0
    tipsheet("subscriber", "opt-out", "bo@example.com")
    return tipsheet


def test_people_are_written_as_csv_that_no_spreadsheet_runs(people: Run, folder: Path) -> None:
    ended = people("export", "subscribers", "people.csv", "--list", "tips")
    assert "1 row is in people.csv" in ended.out
    row = next(csv.DictReader((folder / "people.csv").read_text("utf-8").splitlines()))
    assert (row["email"], row["tags"], row["city"]) == ("ana@example.com", "runner", "'=HYPERLINK(1)")


def test_a_dash_means_standard_output_and_nothing_else_is_said(people: Run) -> None:
    out = people("export", "suppressions", "-").out
    assert out.startswith("address_key,email,list,reason,at,source,key_of\n")
    assert len(out.splitlines()) == 2


def test_consents_are_written_as_json_lines(people: Run, folder: Path) -> None:
    assert people("export", "consents", "consents.jsonl", "--json").json() == {"file": "consents.jsonl", "rows": 1}
    assert '"email":"ana@example.com"' in (folder / "consents.jsonl").read_text()


def test_a_file_of_no_known_kind_is_refused_in_one_sentence(people: Run) -> None:
    assert ".csv (for spreadsheets) or .jsonl" in people("export", "consents", "consents.xlsx").refused()


def test_a_file_that_is_there_is_not_overwritten(people: Run, folder: Path) -> None:
    (folder / "a.csv").write_text("mine")
    assert "--replace" in people("export", "consents", "a.csv").refused()
    assert people("export", "consents", "a.csv", "--replace").code == 0


def test_a_segment_or_a_rule_narrows_whom_an_export_has(people: Run, folder: Path) -> None:
    people("segment", "add", "runners", "tag has runner")
    people("subscriber", "add", "cy@example.com", "--list", "tips", "--basis", "asked")
    people("subscriber", "opt-out", "ana@example.com", "--list", "tips")
    tips = ("--list", "tips", "--replace", "--json")
    assert people("export", "subscribers", "all.csv", *tips).json()["rows"] == 2
    assert people("export", "subscribers", "some.csv", *tips, "--rule", "runners").json()["rows"] == 1
    (row,) = csv.DictReader((folder / "some.csv").read_text("utf-8").splitlines())
    assert (row["email"], row["tipsheet_state"]) == ("ana@example.com", "withdrawn")
    assert people("export", "subscribers", "some.csv", *tips, "--rule", "not tag has runner").json()["rows"] == 1
    assert "cy@example.com" in (folder / "some.csv").read_text("utf-8")
    assert "no segment" in people("export", "subscribers", "none.csv", "--list", "tips", "--rule", "walkers").refused()
    assert not (folder / "none.csv").exists()


def test_what_is_exported_as_json_lines_imports_back_by_the_command_that_the_docs_name(people: Run) -> None:
    people("export", "subscribers", "people.jsonl", "--list", "tips")
    people("export", "suppressions", "stops.jsonl")
    people("list", "add", "other", "--name", "Other")
    done = people("subscriber", "import", "people.jsonl", "--list", "other", "--basis", "as there", "--json").json()
    assert (done["read"], done["updated"], done["read_as"]) == (1, 1, "UTF-8, JSON Lines")
    assert people("suppression", "import", "stops.jsonl", "--json").json()["known"] == 1
