from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import Broken, Refused
from subscribers import consent, journal
from subscribers.journal import Journal, Mark, read_after
from subscribers.suppression import suppress

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var/journal"


@pytest.fixture
def kept(database_url: str, path: Path) -> Iterator[Database]:
    """A database whose doors keep a journal."""
    db = Database(database_url, Journal(path).keep)
    yield db
    db.close()


@pytest.fixture
def kept_sqlite(sqlite_url: str, path: Path) -> Iterator[Database]:
    db = Database(sqlite_url, Journal(path).keep)
    yield db
    db.close()


def mark(db: Database, path: Path) -> Mark:
    with db.write() as s:
        return Journal(path).mark(s)


def noted(db: Database, *facts: int) -> None:
    with db.write() as s:
        for n in facts:
            journal.note(s, "test", n=n)


def numbers(path: Path, since: Mark) -> list[int]:
    return [entry["n"] for entry in read_after(path, since)]


def test_an_opt_out_is_in_the_journal_by_its_address_key(kept: Database, path: Path) -> None:
    start = mark(kept, path)
    with kept.write() as s:
        consent.opt_out(s, address_key=KEY, list_id=None, how="page", source="a link", actor="recipient")
    (entry,) = read_after(path, start)
    assert (entry["what"], entry["key"], entry["list"], entry["reason"]) == ("stopped", KEY.hex(), None, "opt-out")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_down_is_not_committed(database_url: str, request: pytest.FixtureRequest) -> None:
    db = Database(database_url, Journal(Path("/dev/full")).keep)
    request.addfinalizer(db.close)
    with (
        pytest.raises(Broken, match=r"journal /dev/full cannot be written \(No space left on device\)"),
        db.write() as s,
    ):
        suppress(s, KEY, "complaint", source="test")
    with db.write() as s:
        s.info.clear()
        assert suppress(s, KEY, "complaint", source="test"), "it was committed all the same"
        s.info.clear()


def test_a_transaction_that_fails_before_its_end_leaves_no_line(kept_sqlite: Database, path: Path) -> None:
    start = mark(kept_sqlite, path)

    def fail(s: Session) -> None:
        journal.note(s, "test", n=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), kept_sqlite.write() as s:
        fail(s)
    assert numbers(path, start) == []


def test_after_a_mark_comes_what_was_written_since(kept: Database, path: Path) -> None:
    noted(kept, 1)
    middle = mark(kept, path)
    noted(kept, 2, 3)
    assert numbers(path, middle) == [2, 3]
    assert mark(kept, path) != middle


def test_many_threads_and_files_opened_twice_keep_one_unbroken_chain(sqlite_url: str, path: Path) -> None:
    dbs = [Database(sqlite_url, Journal(path).keep) for _ in range(3)]
    start = mark(dbs[0], path)
    threads = [threading.Thread(target=noted, args=(db, n)) for db in dbs for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers(path, start)) == sorted([*range(10)] * 3)
    for db in dbs:
        db.close()


def test_a_mark_waits_for_whoever_is_between_line_and_commit(kept: Database, path: Path) -> None:
    start = mark(kept, path)
    written, go_on, marks = threading.Event(), threading.Event(), []

    def slow() -> None:
        def keep_and_wait(s: object) -> None:
            Journal(path).keep(s)  # type: ignore[arg-type]
            written.set()
            go_on.wait(30)

        db = Database(kept.engine.url.render_as_string(hide_password=False), keep_and_wait)
        noted(db, 1)
        db.close()

    writer = threading.Thread(target=slow)
    marker = threading.Thread(target=lambda: marks.append(mark(kept, path)))
    writer.start()
    assert written.wait(30)
    marker.start()
    marker.join(0.3)
    assert marks == []
    go_on.set()
    writer.join()
    marker.join()
    assert marks[0].offset > start.offset


def test_a_line_that_was_cut_off_was_never_valid_and_gives_way_to_the_next(kept_sqlite: Database, path: Path) -> None:
    start = mark(kept_sqlite, path)
    noted(kept_sqlite, 1)
    with path.open("ab") as file:
        file.write(b'0123456789abcdef {"what":"te')
    assert numbers(path, start) == [1]
    noted(kept_sqlite, 2)
    assert numbers(path, start) == [1, 2]


@pytest.mark.parametrize("change", [b'"n":7', b'"n":72', b""])
def test_a_line_that_was_changed_or_lost_is_noticed(change: bytes, kept_sqlite: Database, path: Path) -> None:
    start = mark(kept_sqlite, path)
    noted(kept_sqlite, 1)
    noted(kept_sqlite, 2)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(whole.replace(b'"n":1', change) if change else lines[0] + lines[2])
    with pytest.raises(Refused, match="is damaged before byte"):
        numbers(path, start)


def test_another_journal_or_an_older_copy_is_refused(kept_sqlite: Database, path: Path, tmp_path: Path) -> None:
    noted(kept_sqlite, 1)
    older = path.read_bytes()
    noted(kept_sqlite, 2)
    here = mark(kept_sqlite, path)
    with pytest.raises(Refused, match=r"no journal at .* --without-journal"):
        numbers(tmp_path / "nowhere", here)
    path.write_bytes(older)
    with pytest.raises(Refused, match="does not reach as far as this backup"):
        numbers(path, here)
    path.unlink()
    noted(kept_sqlite, 1, 2)
    with pytest.raises(Refused, match="is another journal"):
        numbers(path, here)
    path.write_text("something else\n")
    with pytest.raises(Refused, match="no journal of Tipsheet"):
        numbers(path, here)
    with pytest.raises(Broken, match="ends in something that is not ours"):
        noted(kept_sqlite, 3)


def test_killed_while_writing_it_can_be_read_and_written(kept_sqlite: Database, path: Path) -> None:
    start = mark(kept_sqlite, path)
    code = (
        "import sys; from base.database import Database; from subscribers.journal import Journal, note; "
        "from pathlib import Path\n"
        "db = Database(sys.argv[1], Journal(Path(sys.argv[2])).keep)\n"
        "n = 0\n"
        "while True:\n"
        "    with db.write() as s: note(s, 'test', n=n)\n"
        "    print(n, flush=True); n += 1\n"
    )
    url = kept_sqlite.url
    writer = subprocess.Popen([sys.executable, "-c", code, url, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    committed = [int(writer.stdout.readline()) for _ in range(5)]
    writer.kill()
    writer.wait()
    writer.stdout.close()
    noted(kept_sqlite, -1)
    found = numbers(path, start)
    assert found[: len(committed)] == committed
    assert found[-1] == -1


def test_a_try_leaves_a_journal_as_it_is_and_makes_none(kept_sqlite: Database, path: Path) -> None:
    Journal(path).try_out()
    assert not path.parent.exists()
    noted(kept_sqlite, 1)
    before = path.read_bytes()
    Journal(path).try_out()
    assert path.read_bytes() == before


def test_a_try_finds_where_no_journal_could_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Broken, match=r"cannot be written \(Not a directory\)"):
        Journal(tmp_path / "file/var/journal").try_out()
