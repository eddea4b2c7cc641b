"""The promises that both databases keep."""

from __future__ import annotations

import threading
import time

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
