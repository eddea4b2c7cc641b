from __future__ import annotations

from tests.cli.conftest import Run


def test_every_change_by_a_command_is_on_record_with_who_made_it(tipsheet: Run) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips")
    tipsheet("list", "publish", "tips")
    tipsheet("list", "unpublish", "tips")
    tipsheet("segment", "add", "runners", "tag has runner")
    tipsheet("subscriber", "add", "ana@example.com", "--list", "tips")
    tipsheet("subscriber", "opt-out", "ana@example.com")
    tipsheet("subscriber", "opt-out", "stranger@example.com")
    rows = tipsheet("audit", "--json").json()
    assert [row["action"] for row in rows] == [
        *("list add", "list publish", "list unpublish", "segment add"),
        *("subscriber add", "subscriber opt-out", "subscriber opt-out"),
    ]
    assert {row["actor"] for row in rows} == {"robin"}
    assert "stranger@example.com" not in str(rows), "nobody's row could be emptied of it"
    assert "name=Tips" in tipsheet("audit").out


def test_the_log_is_asked_about_one_thing(tipsheet: Run) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips")
    tipsheet("list", "add", "news", "--name", "News")
    tipsheet("subscriber", "add", "ana@example.com", "--list", "tips")
    assert [row["about"] for row in tipsheet("audit", "--about", "news", "--json").json()] == ["news"]
    (added,) = tipsheet("audit", "--about", "Ana@Example.com", "--json").json()
    assert added["action"] == "subscriber add"
    assert tipsheet("audit", "--since", "1h", "--most", "1", "--json").json() == [added]
    assert tipsheet("audit", "--since", "2999-01-01", "--json").json() == []
    assert "Nothing on record" in tipsheet("audit", "--since", "2999-01-01").out
    assert "no date" in tipsheet("audit", "--since", "yesterday").refused()
