"""Stops by command: adding, files of them, lifting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

ANA = "ana@example.com"


@pytest.fixture
def with_ana(tipsheet: Run) -> Run:
    tipsheet("list", "add", "tips", "--name", "Tips")
    assert tipsheet("subscriber", "add", ANA, "--list", "tips", "--basis", "asked").code == 0
    return tipsheet


def mailable(run: Run) -> int:
    return int(run("list", "show", "tips", "--json").json()["mailable"])


def test_a_stop_is_added_once_and_lifted_with_a_reason(with_ana: Run) -> None:
    assert with_ana("suppression", "add", "ANA@example.com", "--json").json()["new"] is True
    assert with_ana("suppression", "add", ANA, "--json").json()["new"] is False
    assert mailable(with_ana) == 0
    assert "--because" in with_ana("suppression", "lift", ANA, "--because", " ").refused()
    lifted = with_ana("suppression", "lift", ANA, "--because", "a mistake", "--json").json()["lifted"]
    assert [x["reason"] for x in lifted] == ["manual"]
    assert mailable(with_ana) == 1
    assert "nothing to lift" in with_ana("suppression", "lift", ANA, "--because", "again").refused()
    actions = [row["action"] for row in with_ana("audit", "--about", ANA, "--json").json()]
    assert actions == ["subscriber add", "suppression add", "suppression lift"]


@pytest.mark.parametrize("reason", ["hard bounce", "complaint", "invalid", "manual"])
def test_what_befell_an_address_is_lifted(with_ana: Run, reason: str) -> None:
    with_ana("suppression", "add", ANA, "--reason", reason, "--list", "tips")
    assert with_ana("suppression", "lift", ANA, "--because", "looked at").code == 0
    assert mailable(with_ana) == 1


@pytest.mark.parametrize("reason", ["opt-out", "erasure"])
def test_what_a_person_said_is_never_lifted_by_a_command(with_ana: Run, reason: str) -> None:
    with_ana("suppression", "add", ANA, "--reason", reason)
    assert "only they themselves" in with_ana("suppression", "lift", ANA, "--because", "please").refused()
    with_ana("suppression", "add", ANA, "--reason", "hard bounce")
    assert with_ana("suppression", "lift", ANA, "--because", "please").code == 0
    assert mailable(with_ana) == 0


def test_a_lifted_gmail_stop_lets_the_other_spellings_through_too(with_ana: Run) -> None:
    with_ana("suppression", "add", "ann.lee+x@gmail.com")
    assert (
        "manual"
        in with_ana("subscriber", "add", "annlee@googlemail.com", "--list", "tips", "--basis", "asked").refused()
    )
    with_ana("suppression", "lift", "ann.lee+x@gmail.com", "--because", "a mistake")
    assert with_ana("subscriber", "add", "annlee@googlemail.com", "--list", "tips", "--basis", "asked").code == 0


def test_every_row_of_a_file_ends_in_one_count(with_ana: Run, folder: Path) -> None:
    (folder / "stops.csv").write_text("name,E-Mail\nA,ana@example.com\nB,bo@example.com\nB,BO@example.com\nC,nobody\n")
    done = with_ana("suppression", "import", "stops.csv", "--reason", "hard bounce", "--json").json()
    assert (done["read"], done["new"], done["known"], done["invalid"]) == (4, 2, 1, 1)
    assert done["rows"][0][:2] == [5, "nobody"]
    assert mailable(with_ana) == 0
    again = with_ana("suppression", "import", "stops.csv", "--reason", "hard bounce", "--json").json()
    assert (again["new"], again["known"]) == (0, 3)


def test_a_file_without_titles_is_read_from_its_first_line(with_ana: Run, folder: Path) -> None:
    (folder / "stops.txt").write_text("ana@example.com\nbo@example.com\n")
    done = with_ana("suppression", "add", "--file", "stops.txt", "--reason", "opt-out", "--json").json()
    assert (done["read"], done["new"]) == (2, 2)
    card = with_ana("subscriber", "show", ANA, "--json").json()
    assert card["lists"][0]["state"] == "withdrawn"


def test_an_export_of_all_stops_imports_back_to_the_same(with_ana: Run, folder: Path) -> None:
    with_ana("suppression", "add", ANA, "--reason", "complaint", "--list", "tips")
    with_ana("suppression", "add", "ann.lee@gmail.com")
    with_ana("export", "suppressions", "stops.csv")
    done = with_ana("suppression", "import", "stops.csv", "--json").json()
    assert (done["read"], done["new"], done["invalid"]) == (3, 0, 0)
    (folder / "bare.csv").write_text("email\nana@example.com\n")
    assert "--reason" in with_ana("suppression", "import", "bare.csv").refused()


def test_stops_are_counted_and_the_newest_shown(with_ana: Run) -> None:
    with_ana("suppression", "add", ANA, "--reason", "complaint")
    with_ana("suppression", "add", "stranger@example.com")
    shown = with_ana("suppression", "list", "--json").json()
    assert shown["counts"] == {"complaint": 1, "manual": 1}
    assert [x["email"] for x in shown["newest"]] == ["", ANA]
    assert [x["reason"] for x in with_ana("suppression", "list", "--reason", "manual", "--json").json()["newest"]] == [
        "manual"
    ]
    assert "Nothing is stopped for the reason invalid." in with_ana("suppression", "list", "--reason", "invalid").out
    assert "no reason" in with_ana("suppression", "list", "--reason", "spite").refused()
