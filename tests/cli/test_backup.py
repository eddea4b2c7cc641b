"""Backup, restore, migrate and adopt as they are typed."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

import migrations
from base.database import Database
from migrations import Schema
from tests.cli.conftest import Run

ADD = ("subscriber", "add", "ann@example.com", "--list", "tips", "--wording", "Yes, send me the tips.")


def with_ann(tipsheet: Run) -> None:
    assert tipsheet("list", "add", "tips", "--name", "Tips").code == 0
    ended = tipsheet(*ADD)
    assert ended.code == 0, ended.err


def test_backup_and_restore_as_they_are_typed(tipsheet: Run, folder: Path) -> None:
    with_ann(tipsheet)
    made = tipsheet("backup", "tips.backup", "--json").json()
    assert made["rows"] > 5
    assert (folder / "tips.backup").stat().st_mode & 0o777 == 0o600
    assert tipsheet("backup", "tips.backup").refused() == (
        "tips.backup is there already and is kept; give the backup another name"
    )
    assert tipsheet("subscriber", "opt-out", "ann@example.com").code == 0
    assert "is not empty" in tipsheet("restore", "tips.backup").refused()
    ended = tipsheet("restore", "tips.backup", "--replace")
    assert "From the journal: 1 opt-out or other stop" in ended.out
    assert "the journal, after a restore" in tipsheet("subscriber", "show", "ann@example.com").out


def test_a_restore_into_nothing_needs_the_keys_and_the_journal(tipsheet: Run, folder: Path) -> None:
    with_ann(tipsheet)
    assert tipsheet("backup", "tips.backup").code == 0
    (folder / "keys").rename(folder / "elsewhere")
    for file in (folder / "var").glob("tipsheet.db*"):
        file.unlink()
    assert "address.key is missing" in tipsheet("restore", "tips.backup").refused()
    (folder / "elsewhere").rename(folder / "keys")
    (folder / "var/journal").rename(folder / "kept")
    assert "--without-journal" in tipsheet("restore", "tips.backup").refused()
    assert tipsheet("restore", "tips.backup", "--journal", "kept").code == 0
    assert "may be mailed" in tipsheet("list", "show", "tips").out


def test_without_the_journal_it_says_what_to_do(tipsheet: Run, folder: Path) -> None:
    with_ann(tipsheet)
    tipsheet("backup", "tips.backup")
    ended = tipsheet("restore", "tips.backup", "--replace", "--without-journal")
    assert "Nothing is sent, because the database was restored as it was at" in ended.out
    assert "tipsheet resume --after-restore" in ended.out
    assert "tipsheet suppression pull" in tipsheet("resume", "--after-restore").refused()
    assert "tipsheet campaign resume" in tipsheet("resume").refused()


def test_no_backup_is_one_sentence(tipsheet: Run, folder: Path) -> None:
    (folder / "text").write_text("no backup")
    assert "text" in tipsheet("restore", "text", "--replace").refused()
    assert "cannot be read (No such file or directory)" in tipsheet("restore", "nothing").refused()
    assert "cannot be written (No such file or directory)" in tipsheet("backup", "no/such/folder").refused()


def test_an_older_database_is_backed_up_and_migrated_but_not_by_init(tipsheet: Run, folder: Path) -> None:
    url = f"sqlite:///{folder}/var/tipsheet.db"
    with closing(Database(url)) as db, db.write() as s:
        rows = s.execute(text("SELECT * FROM key_fingerprints")).all()
        migrations.rebuild(s, "0001")
        for row in rows:
            s.execute(text("INSERT INTO key_fingerprints VALUES (:a, :b)"), {"a": row[0], "b": row[1]})
    sentence = tipsheet("list", "list").refused()
    assert sentence.endswith("was made by an older Tipsheet; back it up, then run: tipsheet migrate")
    assert tipsheet("init").refused() == sentence
    assert tipsheet("backup", "old.backup").code == 0
    assert tipsheet("migrate").out == "The database var/tipsheet.db is upgraded.\n"
    assert tipsheet("migrate", "--json").json()["schema"] == "unchanged"
    with closing(Database(url)) as db:
        assert migrations.state(db) is Schema.CURRENT


def test_migrate_makes_no_database(bare: Run, folder: Path) -> None:
    assert "make it with: tipsheet init" in bare("migrate").refused()
    assert not (folder / "var").exists()


def test_a_database_from_elsewhere_does_not_run_before_it_is_adopted(
    tipsheet: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIPSHEET_INSTALLATION__NAME", "another machine")
    sentence = tipsheet("run").refused()
    assert "was last used elsewhere" in sentence
    assert str(folder / "config.toml") in sentence
    for command in ("doctor", "status"):
        assert f"! {sentence}" in tipsheet(command).out
        (need,) = json.loads(tipsheet(command, "--json").out)["needs"]
        assert (need["cause"], need["words"]) == ("elsewhere", sentence)
    assert "tipsheet run" not in tipsheet("status").out
    assert tipsheet("adopt").out.startswith(f"This database sends from another machine:{folder}")
    assert "Nothing needs a person." in tipsheet("status").out
    monkeypatch.delenv("TIPSHEET_INSTALLATION__NAME")
    assert "tipsheet adopt" in tipsheet("run").refused()
