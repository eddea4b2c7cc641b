"""Events out of a file, and our opt-outs told to the provider, by command."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

ANA = "ana@example.com"
BOUNCE = {"event": "bounce", "type": "bounce", "email": ANA, "timestamp": 1_790_000_000}


def test_a_file_of_events_is_told_once_and_stands_on_the_audit_log(tipsheet: Run, tmp_path: Path) -> None:
    file = tmp_path / "missed.json"
    file.write_text(json.dumps([BOUNCE]))
    told = {"read": 1, "new": 1, "known": 0, "not_kept": 0, "of_no_run": 1}
    assert tipsheet("events", "replay", str(file), "--json").json() == told
    said = tipsheet("events", "replay", str(file)).out
    assert "known before" in said
    assert "not kept: opens of people who did not agree" in said
    held = tipsheet("suppression", "list", "--json").json()
    assert held["counts"] == {"hard bounce": 1}
    assert [row["action"] for row in tipsheet("audit", "--json").json()].count("events replay") == 2


def test_what_is_no_event_is_refused(tipsheet: Run, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"a": 1}')
    ended = tipsheet("events", "replay", str(tmp_path / "other.json"))
    assert ended.code != 0
    assert "no event of SendGrid's" in ended.err


def test_a_push_says_first_what_it_would_stop(tipsheet: Run) -> None:
    for slug in ("tips", "news"):
        tipsheet("list", "add", slug, "--name", slug)
    tipsheet("subscriber", "add", ANA, "--list", "tips", "--basis", "asked")
    tipsheet("subscriber", "add", "ben@example.com", "--list", "tips", "--basis", "asked")
    tipsheet("suppression", "add", ANA, "--reason", "opt-out")
    said = tipsheet("suppression", "push")
    assert "1 person left all lists" in said.out
    assert "EVERY mail" in said.out
    assert tipsheet("suppression", "push", "--json").json() == {"people": 1, "told": False}
