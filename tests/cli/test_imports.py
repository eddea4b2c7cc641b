"""`tipsheet subscriber import` and `tipsheet import`: what a person types, and is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

BASIS = ("--list", "tips", "--basis", "Yes, send me tips.")


@pytest.fixture
def tips(tipsheet: Run, folder: Path) -> Run:
    tipsheet("list", "add", "tips", "--name", "Monthly tips")
    (folder / "people.csv").write_text("Mail;Vorname;Note\nann@example.com;Ann;x\nbad;;\nANN@example.com;;\n", "cp1252")
    return tipsheet


def test_columns_may_be_named_by_hand(tips: Run) -> None:
    maps = ("--map", "Mail=email", "--map", "Vorname=first_name", "--map", "Note=-")
    ended = tips("subscriber", "import", "people.csv", *BASIS, *maps)
    assert ended.code == 0, ended.err
    assert "UTF-8, semicolons" in ended.out
    assert "columns left out  Note" in ended.out
    assert "the same address is in line 2" in ended.out
    assert "people.rejected.csv" in ended.out
    shown = tips("subscriber", "show", "ann@example.com", "--json").json()
    assert (shown["first_name"], shown["custom"]) == ("Ann", {})
    assert shown["consents"][0]["wording"] == "Yes, send me tips."


def test_without_a_column_of_addresses_it_says_what_to_type(tips: Run) -> None:
    assert "--map 'its name=email'" in tips("subscriber", "import", "people.csv", *BASIS).refused()
    assert "--map 'Mail'" in tips("subscriber", "import", "people.csv", *BASIS, "--map", "Mail").refused()


def test_a_dry_run_says_so_and_leaves_no_import(tips: Run, folder: Path) -> None:
    ended = tips("subscriber", "import", "people.csv", *BASIS, "--map", "Mail=email", "--dry-run")
    assert ended.out.startswith("A dry run: nothing was changed.")
    assert tips("import", "list", "--json").json() == []
    assert "Nothing was imported yet" in tips("import", "list").out


def test_a_basis_is_not_optional(tips: Run) -> None:
    ended = tips("subscriber", "import", "people.csv", "--list", "tips")
    assert ended.code == 2
    assert "--basis" in ended.err
    ended = tips("subscriber", "import", "people.csv", "--list", "tips", "--basis", " ", "--map", "Mail=email")
    assert ended.code == 1
    assert "what they agreed to" in ended.err


def test_a_column_that_would_hide_what_rules_ask_for_is_to_be_named_otherwise(tips: Run, folder: Path) -> None:
    (folder / "from.csv").write_text("email,Source\nann@example.com,fair\n")
    ended = tips("subscriber", "import", "from.csv", *BASIS)
    assert ended.code == 1
    assert "--map 'source=my_source'" in ended.err
    assert tips("import", "list", "--json").json() == []
    assert tips("subscriber", "import", "from.csv", *BASIS, "--map", "source=my_source", "--json").json()["new"] == 1


def test_dates_are_read_as_they_are_said_to_be_written(tips: Run, folder: Path) -> None:
    assert tips("field", "add", "born", "--type", "date").code == 0
    (folder / "born.csv").write_text("email,born\nann@example.com,1.2.1980\n")
    assert tips("subscriber", "import", "born.csv", *BASIS, "--json").json()["invalid"] == 1
    assert tips("subscriber", "import", "born.csv", *BASIS, "--dates", "dmy", "--json").json()["new"] == 1
    assert tips("subscriber", "show", "ann@example.com", "--json").json()["custom"] == {"born": "1980-02-01"}


@pytest.mark.parametrize(
    ("said", "written", "options"),
    [
        ((), "03/04/2026", ": --dates dmy or --dates mdy"),
        ((), "23.11.2026", ": --dates dmy"),
        (("--dates", "dmy"), "11/23/2026", ": --dates mdy"),
        ((), "31/31/2026", ""),
        ((), "soon", ""),
    ],
)
def test_a_date_that_an_option_would_read_is_refused_with_that_option(
    tips: Run, folder: Path, said: tuple[str, ...], written: str, options: str
) -> None:
    assert tips("field", "add", "renewal", "--type", "date").code == 0
    attributes = f'"{{""renewal"": ""{written}""}}"'
    rows = f"ann@example.com,{written},,\nben@example.com,,{written} 10:30,\ncy@example.com,,,{attributes}\n"
    (folder / "dates.csv").write_text(f"email,renewal,joined,more\n{rows}")
    told = tips("subscriber", "import", "dates.csv", *BASIS, *said, "--map", "more=attributes", "--json").json()
    for each in told["rows"]:
        assert each["reason"].partition(", or say how dates are written here")[2] == options
    assert told["invalid"] == 3


def test_an_import_is_listed_shown_and_undone(tips: Run) -> None:
    tips("subscriber", "import", "people.csv", *BASIS, "--map", "Mail=email", "--on-conflict", "fill")
    assert "people.csv" in tips("import", "list").out
    shown = tips("import", "show", "1").out
    for words in ("Yes, send me tips.", "robin", "done", "fill", "people.rejected.csv"):
        assert words in shown
    assert "1 consent of import 1 is void" in tips("import", "undo", "1").out
    assert "No consent of import 1 was left to be void" in tips("import", "undo", "1").out
    assert tips("import", "show", "1", "--json").json()["undone"]
    assert tips("list", "show", "tips", "--json").json()["mailable"] == 0
    assert "no import 2; see them all" in tips("import", "undo", "2").refused()


def test_only_some_of_many_rows_are_printed(tips: Run, folder: Path) -> None:
    (folder / "twice.csv").write_text("email\n" + "ann@example.com\n" * 80)
    ended = tips("subscriber", "import", "twice.csv", *BASIS)
    assert "… and 29 more in" in ended.out
    assert "twice.rejected.csv" in ended.out


def test_nobody_is_imported_to_an_archived_list(tips: Run) -> None:
    tips("list", "archive", "tips")
    assert "is archived" in tips("subscriber", "import", "people.csv", *BASIS, "--map", "Mail=email").refused()
    assert tips("subscriber", "search", "--json").json()["people"] == []


def test_what_was_imported_is_undone_on_an_archived_list_too(tips: Run) -> None:
    """It adds nobody, and whoever was put there by mistake should not come back with the list."""
    assert tips("subscriber", "import", "people.csv", *BASIS, "--map", "Mail=email").code == 0
    tips("list", "archive", "tips")
    assert tips("import", "undo", "1").code == 0
    tips("list", "unarchive", "tips")
    assert tips("list", "show", "tips", "--json").json()["mailable"] == 0


def test_the_report_names_the_fields_that_are_new(tipsheet: Run, folder: Path) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips")
    tipsheet("field", "add", "visits", "--type", "number")
    (folder / "people.csv").write_text("email,citty,visits,nobody_has\nana@example.com,Fremont,3,\n")
    command = ("subscriber", "import", "people.csv", "--list", "tips", "--basis", "asked")
    for options in (("--dry-run",), ()):
        assert tipsheet(*command, *options, "--json").json()["fields_created"] == ["citty"]
    assert tipsheet(*command, "--json").json()["fields_created"] == []
    (folder / "more.csv").write_text("email,town\nana@example.com,Fremont\n")
    shown = tipsheet(*command[:2], "more.csv", *command[3:]).out
    assert ["new", "fields", "town"] in [line.split() for line in shown.splitlines()]
