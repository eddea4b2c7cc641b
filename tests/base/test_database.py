"""The promises that both databases keep."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from base import database
from base.database import Database
from base.errors import Broken, ConfigError


def test_a_block_that_raises_changes_nothing(db: Database) -> None:
    def half_done() -> None:
        with db.write() as s:
            s.execute(text("INSERT INTO lists (slug, name, created_at) VALUES ('a', 'A', 0)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    with db.read() as s:
        assert s.execute(text("SELECT count(*) FROM lists")).scalar_one() == 0


def test_a_writer_waits_for_another_instead_of_failing(db: Database) -> None:
    """On SQLite a deferred transaction that reads first and then writes would fail at once."""
    done: list[str] = []

    def slow() -> None:
        with db.write() as s:
            s.execute(text("INSERT INTO lists (slug, name, created_at) VALUES ('slow', 'S', 0)"))
            time.sleep(0.5)
            done.append("slow")

    thread = threading.Thread(target=slow)
    thread.start()
    time.sleep(0.1)
    with db.write() as s:
        s.execute(text("SELECT count(*) FROM lists"))
        s.execute(text("INSERT INTO lists (slug, name, created_at) VALUES ('quick', 'Q', 0)"))
    thread.join()
    with db.read() as s:
        assert s.execute(text("SELECT count(*) FROM lists")).scalar_one() == 2


def test_what_is_read_together_is_of_one_moment(db: Database) -> None:
    with db.read() as s:
        before = s.execute(text("SELECT count(*) FROM lists")).scalar_one()
        with db.write() as t:
            t.execute(text("INSERT INTO lists (slug, name, created_at) VALUES ('a', 'A', 0)"))
        assert s.execute(text("SELECT count(*) FROM lists")).scalar_one() == before


def test_sqlite_keeps_what_was_committed_over_a_power_cut(sqlite_db: Database) -> None:
    with sqlite_db.read() as s:
        pragmas = {name: s.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert s.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_postgres_waits_for_the_disk_at_each_commit(postgres_url: str) -> None:
    db = Database(postgres_url)
    with db.read() as s:
        assert s.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    db.close()


def test_a_database_that_stays_locked_is_told_in_one_sentence(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    one, other = Database(sqlite_url), Database(sqlite_url)
    with one.write() as s:
        s.execute(text("INSERT INTO lists (slug, name, created_at) VALUES ('a', 'A', 0)"))
        with pytest.raises(Broken, match="stayed locked"), other.write() as t:
            t.execute(text("SELECT 1"))
    one.close()
    other.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url", "sqlite+nonsense://"])
def test_a_database_that_we_cannot_use_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigError):
        Database(url)


def test_a_database_that_is_full_is_told_in_one_sentence_and_goes_on_when_there_is_room(sqlite_db: Database) -> None:
    with sqlite_db.read() as s:
        pages = s.execute(text("PRAGMA page_count")).scalar_one()
        s.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(Broken, match="make room on its disk: nothing was changed"):
        _fill(sqlite_db)
    with sqlite_db.read() as s:
        s.execute(text(f"PRAGMA max_page_count = {pages * 2}"))
    _fill(sqlite_db)


def test_a_full_disk_is_known_by_its_code_whatever_the_language(postgres_url: str) -> None:
    db = Database(postgres_url)
    with (
        pytest.raises(Broken, match=r"cannot write \(voll\); make room on its disk: nothing was changed"),
        db.write() as s,
    ):
        s.execute(text("DO $$ BEGIN RAISE EXCEPTION 'voll' USING ERRCODE = 'disk_full'; END $$"))
    db.close()


@pytest.mark.parametrize("name", ["disk1", "full", "locked", "read-only"])
def test_a_server_that_cannot_be_reached_is_not_judged_by_what_it_is_called(tmp_path: Path, name: str) -> None:
    db = Database(f"postgresql:///tips?host={tmp_path}/{name}")
    with pytest.raises(Broken, match=r"cannot be used: .*/" + name), db.read() as s:
        s.execute(text("SELECT 1"))
    db.close()


def test_a_database_that_can_only_be_read_says_so_and_is_opened_anew_when_that_is_over(postgres_url: str) -> None:
    admin, db = Database(postgres_url), Database(f"{postgres_url}&options=-c%20default_transaction_read_only%3Don")
    with pytest.raises(Broken, match="let it be written to again: nothing was changed"):
        _fill(db)
    db.close()
    name = db.engine.url.database
    later = Database(postgres_url)
    for answer in ("on", "off"):
        with admin.write() as s:
            s.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {answer}'))
        if answer == "on":
            with pytest.raises(Broken, match="can only be read"):
                _fill(later)
    _fill(later)
    for each in (admin, later):
        each.close()


def _fill(db: Database) -> None:
    with db.write() as s:
        s.execute(text("INSERT INTO lists (slug, name, created_at) VALUES ('a', :name, 0)"), {"name": "A" * 20_000})
