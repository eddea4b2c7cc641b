"""Lists, subscribers and segments by their commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run

CSV = "email,first_name,city,tags\nbo@example.com,Bo,Milpitas,runner\ncy@example.com,Cy,Fremont,\nnobody,,,\n"


@pytest.fixture
def with_list(tipsheet: Run) -> Run:
    assert tipsheet("list", "add", "monthly-tips", "--name", "Monthly tips").code == 0
    return tipsheet


def test_a_list_is_added_and_counted(with_list: Run) -> None:
    with_list("subscriber", "add", "ana@example.com", "--list", "monthly-tips", "--basis", "asked")
    counted = {
        "slug": "monthly-tips",
        "name": "Monthly tips",
        "mailable": 1,
        "confirmed": 1,
        "pending": 0,
        "withdrawn": 0,
        "waiting": 0,
        "archived": False,
    }
    assert with_list("list", "list", "--json").json() == [counted]
    shown = with_list("list", "show", "monthly-tips", "--json").json()
    assert shown | counted == shown
    assert "Monthly tips" in with_list("list", "list").out
    assert "There is no list" in with_list("list", "show", "weekly").refused()


def test_where_a_list_can_be_read_is_said_as_often_as_it_is_asked(with_list: Run) -> None:
    def shown() -> tuple[str | None, str | None]:
        found = with_list("list", "show", "monthly-tips", "--json").json()
        return found["page"], found["feed"]

    assert shown() == (None, None)
    first = with_list("list", "publish", "monthly-tips", "--json").json()
    assert first["feed"] == f"{first['page']}/feed.xml"
    again = with_list("list", "publish", "monthly-tips")
    assert (again.code, again.out.startswith("Anybody may read what was sent to all of monthly-tips")) == (0, True)
    assert first["feed"] in again.out
    assert shown() == (first["page"], first["feed"])
    assert first["page"] in with_list("list", "show", "monthly-tips").out
    published = [each for each in with_list("audit", "--json").json() if each["action"] == "list publish"]
    assert len(published) == 1
    with_list("list", "unpublish", "monthly-tips")
    assert shown() == (None, None)


def test_a_subscriber_is_added_with_everything_given(with_list: Run) -> None:
    with_list(
        *(
            "subscriber",
            "add",
            "Ana@Example.com",
            "--list",
            "monthly-tips",
            "--basis",
            "asked",
            "--first-name",
            "Ana",
            "--tag",
            "runner",
        ),
        *("--tag", "newcomer", "--field", "city=Milpitas", "--zone", "Europe/Berlin", "--source", "front desk"),
    )
    card = with_list("subscriber", "show", "ana@example.com", "--json").json()
    assert (card["email"], card["first_name"], card["zone"]) == ("Ana@example.com", "Ana", "Europe/Berlin")
    assert (card["tags"], card["custom"]) == (["newcomer", "runner"], {"city": "Milpitas"})
    assert card["lists"][0]["state"] == "confirmed"
    consent = card["consents"][0]
    assert (consent["how"], consent["source"], consent["actor"]) == ("command", "front desk", "robin")


def test_an_opt_out_holds_against_add_and_import(with_list: Run, folder: Path) -> None:
    with_list("subscriber", "add", "bo@example.com", "--list", "monthly-tips", "--basis", "asked")
    done = with_list("subscriber", "opt-out", "BO@example.com", "--list", "monthly-tips", "--json").json()
    assert (done["changed"], done["lists"]) == (True, ["monthly-tips"])
    assert "before" in with_list("subscriber", "opt-out", "bo@example.com", "--list", "monthly-tips").out
    assert (
        "opted out"
        in with_list("subscriber", "add", "bo@example.com", "--list", "monthly-tips", "--basis", "asked").refused()
    )
    (folder / "people.csv").write_text(CSV)
    given = ("--list", "monthly-tips", "--basis", "asked", "--json")
    report = with_list("subscriber", "import", "people.csv", *given).json()
    assert (report["read"], report["new"], report["suppressed"], report["invalid"]) == (3, 1, 1, 1)
    shown = with_list("subscriber", "show", "bo@example.com").out
    assert "withdrawn" in shown
    assert "opt-out" in shown


def test_an_opt_out_needs_no_subscriber(with_list: Run) -> None:
    assert with_list("subscriber", "opt-out", "stranger@example.com", "--json").json()["changed"] is True
    assert (
        "opted out"
        in with_list(
            "subscriber", "add", "stranger@example.com", "--list", "monthly-tips", "--basis", "asked"
        ).refused()
    )


def test_who_is_stopped_and_nobody_is_shown_as_that_in_the_newsletters_zone(with_list: Run) -> None:
    with_list("subscriber", "opt-out", "stranger@example.com")
    told = with_list("subscriber", "show", "stranger@example.com").refused()
    assert re.search(r"is stopped: opt-out on every list since [0-9-]+ [0-9:]+ CES?T;", told)
    assert with_list("consent", "proof", "stranger@example.com").code == 0


def test_an_import_tells_what_it_left_out(with_list: Run, folder: Path) -> None:
    (folder / "people.csv").write_text(CSV)
    ended = with_list("subscriber", "import", "people.csv", "--list", "monthly-tips", "--wording", "Send me tips")
    assert ended.code == 0
    assert "nobody" in ended.out
    consent = with_list("subscriber", "show", "bo@example.com", "--json").json()["consents"][0]
    assert consent["wording"] == "Send me tips"
    assert consent["source"].startswith("people.csv sha256:")


def test_known_since_is_the_day_that_rules_ask_for(with_list: Run, folder: Path) -> None:
    (folder / "people.csv").write_text("email,joined\nbo@example.com,2024-03-01 23:30\n")
    assert with_list("subscriber", "import", "people.csv", "--list", "monthly-tips", "--basis", "asked").code == 0
    counted = with_list("segment", "count", "joined = 2024-03-01", "--list", "monthly-tips", "--json").json()
    assert counted["recipients"] == 1
    shown = with_list("subscriber", "show", "bo@example.com").out
    assert re.search(r"known since +2024-03-01 *$", shown, re.MULTILINE)


def test_text_from_outside_cannot_steer_the_terminal(with_list: Run) -> None:
    name = "[red]A\x1b]0;title\x07na\u202e"
    with_list(
        "subscriber", "add", "ana@example.com", "--list", "monthly-tips", "--basis", "asked", "--first-name", name
    )
    shown = with_list("subscriber", "show", "ana@example.com").out
    assert "[red]A" in shown
    assert not set("\x1b\x07\u202e") & set(shown)


@pytest.mark.parametrize("field", ["city", "=Milpitas", ""])
def test_a_field_needs_name_and_value(field: str, with_list: Run) -> None:
    sentence = with_list(
        "subscriber", "add", "a@example.com", "--list", "monthly-tips", "--basis", "asked", "--field", field
    ).refused()
    assert "--field city=Milpitas" in sentence


def test_a_segment_is_saved_and_counted(with_list: Run, folder: Path) -> None:
    (folder / "people.csv").write_text(CSV)
    with_list("subscriber", "import", "people.csv", "--list", "monthly-tips", "--basis", "they asked for it")
    rule = 'city = "Milpitas" and tag has runner'
    added = with_list("segment", "add", "milpitas-runners", rule, "--json").json()
    assert added == {"slug": "milpitas-runners", "rule": rule, "warnings": []}
    expected = {"list": "monthly-tips", "rule": rule, "recipients": 1, "mailable": 2, "warnings": []}
    assert with_list("segment", "count", "milpitas-runners", "--list", "monthly-tips", "--json").json() == expected
    assert with_list("segment", "count", rule, "--list", "monthly-tips", "--json").json() == expected
    assert with_list("segment", "list", "--json").json() == [{"slug": "milpitas-runners", "rule": rule}]
    assert "1 of the 2 people" in with_list("segment", "count", rule, "--list", "monthly-tips").out


def test_a_rule_that_asks_for_what_nobody_has_is_kept_with_a_warning(with_list: Run) -> None:
    added = with_list("segment", "add", "typo", 'ctiy = "Milpitas"', "--json").json()
    assert "ctiy" in added["warnings"][0]


def test_a_rule_that_cannot_be_read_points_at_the_column(with_list: Run) -> None:
    assert "column 6" in with_list("segment", "add", "broken", 'city or "').refused()
    assert "There is no segment 'nope'" in with_list("segment", "count", "nope", "--list", "monthly-tips").refused()
    assert "No segment yet" in with_list("segment", "list").out


def test_nobody_is_added_without_the_ground_for_it(with_list: Run) -> None:
    add = ("subscriber", "add", "ana@example.com", "--list", "monthly-tips")
    assert "--basis" in with_list(*add).err
    for ground in ("", " \n"):
        assert "what they agreed to, or why they may be mailed" in with_list(*add, "--basis", ground).refused()
    assert "500 characters" in with_list(*add, "--basis", "x" * 501).refused()
    assert with_list("subscriber", "search", "ana@example.com", "--json").json()["people"] == []
    assert with_list(*add, "--basis", "a customer who asked for it").code == 0
    (consent,) = with_list("subscriber", "show", "ana@example.com", "--json").json()["consents"]
    assert consent["wording"] == "a customer who asked for it"
