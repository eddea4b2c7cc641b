"""A backup or restore that is killed, or meets a full disk, leaves what was there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backup.save import Saved
from base.database import Database
from subscribers.keys import Keys
from tests.backup.conftest import Back, everything
from tests.support.runs import a_run

Save = Callable[[Database], Saved]

# Kills itself with -9 once it has gone so far, or meets files that may not grow any more.
CODE = """
import os, resource, signal, sys
from pathlib import Path
from backup.restore import Wish, restore
from backup.save import save
from base.database import Database
from base.errors import TipsheetError
from subscribers.journal import Journal
from subscribers.keys import Keys
what, url, folder, rows, most = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
keys = Keys(address=bytes(range(32)), links=(b"L" * 32,))
def progress(done):
    if done >= rows > 0:
        os.kill(os.getpid(), signal.SIGKILL)
db, journal = Database(url), Journal(folder / "journal")
if most:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
try:
    if what == "save":
        save(db, keys, journal, folder / "other", progress)
    else:
        restore(db, keys, folder / "backup", Wish(journal.path, True), progress)
except TipsheetError as cause:
    sys.exit(cause.sentence)
"""


def run(what: str, db: Database, folder: Path, *, kill_after: int = 0, most_bytes: int = 0) -> tuple[int, str]:
    url = db.engine.url.set(drivername="sqlite" if db.is_sqlite else "postgresql")
    address = url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", CODE, what, address, str(folder), str(kill_after), str(most_bytes)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


def test_a_killed_backup_leaves_no_file_and_the_next_one_is_whole(filled: Database, keys: Keys, tmp_path: Path) -> None:
    code, _ = run("save", filled, tmp_path, kill_after=10)
    assert code == -9
    assert not (tmp_path / "other").exists()
    assert run("save", filled, tmp_path) == (0, "")
    assert not (tmp_path / "other.part").exists()


def test_a_killed_restore_leaves_what_was_there(filled: Database, saved: Save, back: Back, tmp_path: Path) -> None:
    saved(filled)
    with filled.write() as s:
        s.connection().exec_driver_sql("UPDATE lists SET name = 'Changed since'")
    before = everything(filled)
    for rows in (1, 10, 25):
        assert run("restore", filled, tmp_path, kill_after=rows)[0] == -9
        assert everything(filled) == before
    back(filled, replace=True)
    assert everything(filled)["lists"] != before["lists"]


def test_a_killed_restore_into_nothing_leaves_nothing_that_runs(
    filled: Database, empty: Database, saved: Save, back: Back, tmp_path: Path
) -> None:
    import migrations

    saved(filled)
    assert run("restore", empty, tmp_path, kill_after=10)[0] == -9
    assert migrations.state(empty) is migrations.Schema.ABSENT
    assert back(empty).rows > 25


@pytest.mark.parametrize("what", ["save", "restore"])
def test_a_full_disk_is_one_sentence(
    what: str, sqlite_source: Database, keys: Keys, saved: Save, tmp_path: Path
) -> None:
    with sqlite_source.write() as s:
        s.connection().exec_driver_sql("UPDATE lists SET name = hex(randomblob(100000))")
    saved(sqlite_source)
    before = everything(sqlite_source)
    code, said = run(what, sqlite_source, tmp_path, most_bytes=60_000)
    assert code == 1
    assert "cannot" in said
    assert said.count("\n") == 1
    assert everything(sqlite_source) == before
    assert not (tmp_path / "other").exists()


def test_a_backup_of_a_database_at_work_is_one_moment(source: Database, keys: Keys, saved: Save, back: Back) -> None:
    """People who are added while it is written are all in it or not at all."""
    import threading

    from subscribers.models import Subscriber
    from tests.support.people import a_person

    a_run(source, keys, 5)
    stop = threading.Event()

    def add() -> None:
        n = 0
        while not stop.is_set():
            with source.write() as s:
                a_person(s, keys, f"q{n}@example.com")
            n += 1
            stop.wait(0.02)  # SQLite keeps no queue: who writes without a breath shuts everybody else out

    adding = threading.Thread(target=add)
    adding.start()
    try:
        saved(source)
    finally:
        stop.set()
        adding.join()
    back(source, replace=True)
    rows = everything(source)
    assert len(rows["subscribers"]) == len(rows["consents"]) == len(rows["subscriptions"]) >= 5
    assert Subscriber.__tablename__ in rows
