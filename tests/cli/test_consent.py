"""Consent by its commands: verify, proof, and the texts that people agreed to."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from base.config import load
from base.database import Database
from subscribers.journal import Journal
from subscribers.proof import seals
from tests.cli.conftest import Run

WORDING = "Yes, send me the monthly tips."


@pytest.fixture
def sealed(tipsheet: Run, folder: Path) -> Run:
    tipsheet("list", "add", "tips", "--name", "Tips")
    for name in ("ana", "bo"):
        added = tipsheet("subscriber", "add", f"{name}@example.com", "--list", "tips", "--wording", WORDING)
        assert added.code == 0, added.err
    config = load(str(folder / "config.toml"))
    db = Database(config.database.url, Journal(config.journal.path).keep)
    seals.seal(db)
    db.close()
    return tipsheet


def change(folder: Path, statement: str) -> None:
    path = next(folder.glob("**/tipsheet.db"))
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


def test_verify_says_that_all_is_as_it_was_recorded(sealed: Run) -> None:
    assert "All of it is as it was recorded" in sealed("consent", "verify").out
    found = sealed("consent", "verify", "--json").json()
    assert (found["ok"], found["rows"], found["seals"], found["in_journal"]) == (True, 2, 1, 1)


def test_verify_names_what_was_changed_and_fails(sealed: Run, folder: Path) -> None:
    change(folder, "UPDATE consents SET at = at - 1 WHERE id = 2")
    ended = sealed("consent", "verify")
    assert ended.code == 1
    assert "Seal 1 is broken: row 2 is not what was sealed" in ended.out
    assert "not as it was recorded" in ended.err
    assert "tipsheet subscriber show NUMBER" in ended.out
    report = json.loads(sealed("consent", "verify", "--json").out)
    assert (report["ok"], report["findings"][0]["seal"], report["findings"][0]["row"]) == (False, 1, 2)
    (number, email), *others = report["people"].items()
    assert (others, sealed("subscriber", "show", number, "--json").json()["email"]) == ([], email)


def test_verify_names_people_of_whom_something_else_is_held(sealed: Run, folder: Path) -> None:
    change(folder, "UPDATE subscriptions SET since = since + 1 WHERE subscriber_id = 1")
    report = json.loads(sealed("consent", "verify", "--json").out)
    assert list(report["people"]) == ["1"]


def test_a_proof_is_shown_and_written_and_checked(sealed: Run, folder: Path) -> None:
    shown = sealed("consent", "proof", "ANA@example.com").out
    assert WORDING in shown
    assert "by seal 1, which proves" in shown
    written = sealed("consent", "proof", "ana@example.com", "--file", "ana.json")
    assert "tipsheet consent verify ana.json" in written.out
    assert "is there already" in sealed("consent", "proof", "ana@example.com", "--file", "ana.json").refused()
    checked = sealed("consent", "verify", "ana.json").out
    assert "1 of them under a seal that proved" in checked
    assert "this installation's" in checked
    (folder / "changed.json").write_bytes((folder / "ana.json").read_bytes().replace(b"robin", b"jamie"))
    ended = sealed("consent", "verify", "changed.json")
    assert (ended.code, "The signature does not fit" in ended.out) == (1, True)


def test_a_proof_can_be_checked_without_an_installation(
    sealed: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed("consent", "proof", "ana@example.com", "--file", "ana.json")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (folder / "ana.json").rename(elsewhere / "ana.json")
    monkeypatch.chdir(elsewhere)
    assert "no keys are here to compare with" in sealed("consent", "verify", "ana.json").out


def test_what_cannot_be_proved_or_read_is_said(sealed: Run, folder: Path) -> None:
    assert "Nothing is known of" in sealed("consent", "proof", "cy@example.com").refused()
    assert "cannot be read" in sealed("consent", "verify", "nowhere.json").refused()
    assert "is no proof" in sealed("consent", "verify", "config.toml").refused()
    assert "cannot be written" in sealed("consent", "proof", "bo@example.com", "--file", "nowhere/bo.json").refused()


def test_wordings_are_listed_and_shown(sealed: Run) -> None:
    assert WORDING in sealed("consent", "wording").out
    (text,) = sealed("consent", "wording", "--json").json()
    assert WORDING in sealed("consent", "wording", str(text["number"])).out
    assert sealed("consent", "wording", str(text["number"]), "--json").json() == text
    assert "There is no wording 99" in sealed("consent", "wording", "99").refused()


def test_a_consent_says_under_which_law_it_was_given(tipsheet: Run, folder: Path) -> None:
    assert tipsheet("list", "add", "tips", "--name", "Tips", "--law", "DE").code == 0
    assert "names no country" in tipsheet("list", "edit", "tips", "--law", "Germany").refused()
    (folder / "people.csv").write_text("email\nbo@example.com\n", encoding="utf-8")
    tipsheet("subscriber", "add", "ana@example.com", "--list", "tips", "--wording", WORDING)
    assert tipsheet("list", "edit", "tips", "--law", "US-CA").code == 0
    tipsheet("subscriber", "import", "people.csv", "--list", "tips", "--basis", WORDING)
    for name, law in (("ana", "DE"), ("bo", "US-CA")):
        assert f'"jurisdiction":"{law}"' in tipsheet("consent", "proof", f"{name}@example.com", "--json").out.replace(
            " ", ""
        )
