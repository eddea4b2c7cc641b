"""`tipsheet status` may be asked by anybody on the machine, and leaves the journal to the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery import heartbeat
from tests.cli.clinic import database
from tests.cli.conftest import Run


@pytest.fixture
def running(tipsheet: Run) -> Run:
    """A service has just said that it is at work."""
    with database() as db, db.write() as s:
        heartbeat.beat(s, "another process")
    return tipsheet


def _spoiled(folder: Path) -> Path:
    journal = folder / "var/journal"
    journal.parent.mkdir(exist_ok=True)
    journal.unlink(missing_ok=True)
    journal.symlink_to("/dev/full")
    return journal


def test_who_cannot_write_the_journal_hears_that_the_service_runs_all_the_same(running: Run, folder: Path) -> None:
    _spoiled(folder)
    said = " ".join(running("status").out.split())
    assert said.startswith(
        "The service is running. From here the journal cannot be written; unless the service can, nothing leaves: "
        "The journal var/journal cannot be written (No space left on device)"
    )
    found = running("status", "--json").json()
    assert found["running"] is True
    assert "cannot be written" in found["trouble"]


def test_where_nothing_runs_a_journal_that_cannot_be_written_comes_first(tipsheet: Run, folder: Path) -> None:
    _spoiled(folder)
    assert tipsheet("status").out.startswith("Nothing leaves: The journal ")


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_asking_makes_neither_the_journal_nor_its_folder(tipsheet: Run, folder: Path, command: str) -> None:
    """Made by root, they would lock the service out."""
    (folder / "config.toml").write_text('[campaigns]\nzone = "Europe/Berlin"\n[journal]\npath = "kept/here/journal"\n')
    assert "cannot be written" not in tipsheet(command).out
    assert not (folder / "kept").exists()
