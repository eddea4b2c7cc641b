from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_every_change_by_a_command_is_on_record_with_who_made_it(tipsheet: Run) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips")
    tipsheet("list", "publish", "tips")
    tipsheet("list", "unpublish", "tips")
    tipsheet("segment", "add", "runners", "tag has runner")
    tipsheet("subscriber", "add", "ana@example.com", "--list", "tips", "--basis", "asked")
    tipsheet("subscriber", "opt-out", "ana@example.com")
    tipsheet("subscriber", "opt-out", "stranger@example.com")
    rows = tipsheet("audit", "--json").json()
    assert [row["action"] for row in rows] == [
        *("list add", "list publish", "list unpublish", "segment add"),
        *("subscriber add", "subscriber opt-out", "subscriber opt-out"),
    ]
    assert {row["actor"] for row in rows} == {"robin"}
    assert "stranger@example.com" not in str(rows), "nobody's row could be emptied of it"
    assert "name: Tips" in tipsheet("audit").out


def test_the_log_is_asked_about_one_thing(tipsheet: Run) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips")
    tipsheet("list", "add", "news", "--name", "News")
    tipsheet("subscriber", "add", "ana@example.com", "--list", "tips", "--basis", "asked")
    assert [row["about"] for row in tipsheet("audit", "--about", "news", "--json").json()] == ["news"]
    (added,) = tipsheet("audit", "--about", "Ana@Example.com", "--json").json()
    assert added["action"] == "subscriber add"
    assert tipsheet("audit", "--since", "1h", "--most", "1", "--json").json() == [added]
    assert tipsheet("audit", "--since", "2999-01-01", "--json").json() == []
    assert "Nothing on record" in tipsheet("audit", "--since", "2999-01-01").out
    assert "no date" in tipsheet("audit", "--since", "yesterday").refused()


def test_every_change_has_both_sides(tipsheet: Run, folder: Path) -> None:
    (folder / "people.csv").write_text("email\nana@example.com\nbo@example.com\n")
    tipsheet("list", "add", "tips", "--name", "Tips")
    for command in (
        ("list", "edit", "tips", "--name", "Monthly tips"),
        ("list", "archive", "tips"),
        ("list", "unarchive", "tips"),
        ("field", "add", "visits"),
        ("field", "change", "visits", "--type", "number"),
        ("segment", "add", "runners", "tag has runner"),
        ("segment", "edit", "runners", "tag has fast"),
        ("subscriber", "import", "people.csv", "--list", "tips", "--basis", "They asked."),
        ("subscriber", "tag", "add", "ana@example.com", "fast"),
        ("subscriber", "bulk", "tag", "slow", "--rule", "segment runners", "--list", "tips", "--yes"),
        ("import", "undo", "1"),
        ("suppression", "add", "ana@example.com"),
        ("suppression", "lift", "ana@example.com", "--because", "a mistake"),
    ):
        assert tipsheet(*command).code == 0, command
    rows = {row["action"]: row for row in tipsheet("audit", "--json").json()}
    assert {row["actor"] for row in rows.values()} == {"robin"}
    told = {action: (row["before"], row["after"]) for action, row in rows.items()}
    imported = {name: told["subscriber import"][1][name] for name in ("import", "file", "read", "new")}
    assert imported == {"import": 1, "file": "people.csv", "read": 2, "new": 2}
    assert told["list edit"] == ({"name": "Tips"}, {"name": "Monthly tips"})
    assert told["list archive"] == ({"archived": False}, {"archived": True})
    assert told["list unarchive"] == ({"archived": True}, {"archived": False})
    assert told["field add"][1]["name"] == "visits"
    assert [side["type"] for side in told["field change"]] == ["text", "number"]
    assert told["segment edit"] == ({"rule": "tag has runner"}, {"rule": "tag has fast"})
    assert told["subscriber tag"] == ({"tags": []}, {"tags": ["fast"]})
    assert told["subscriber bulk tag"][1] == {"tag": "slow", "rule": "segment runners", "people": 1}
    assert told["import undo"] == ({"consents": 2}, {"consents": 0, "file": "people.csv", "list": "tips"})
    assert told["suppression lift"] == ({"stops": ["manual on every list"]}, {"stops": [], "because": "a mistake"})


def test_what_was_not_there_and_several_values_are_readable(tipsheet: Run) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips")
    tipsheet("list", "edit", "tips", "--wording", "Send me tips")
    tipsheet("subscriber", "add", "ana@example.com", "--list", "tips", "--basis", "asked", "--tag", "a", "--tag", "b")
    shown = tipsheet("audit").out
    assert "wording: –" in shown
    assert "tags: a + b" in shown
    assert not any(sign in shown for sign in ("None", "[", "{"))
