"""An import that was killed, by kill -9 of a real process, and started again: the end is as if nothing had been."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import select

from base.database import Database
from base.errors import BadInput, Refused
from subscribers.addresses import address_key
from subscribers.consent import opt_out
from subscribers.fields.custom import add_field
from subscribers.importing import storing
from subscribers.importing.imports import OUTCOMES, list_imports
from subscribers.keys import Keys
from subscribers.models import Consent, Import, Subscriber, SubscriberTag, Subscription
from tests.subscribers.importing.conftest import BringIn
from tests.support.files import FIELDS, PLANS, expected, gone, write_people
from tests.support.people import EVIDENCE

ROWS = 4_000
# What the tests' keys fixture and conftest's bring_in ask for, in a process of its own and in small chunks.
PROGRAM = """
import sys
from pathlib import Path
from base.database import Database
from subscribers import importing
from subscribers.keys import Keys
importing.CHUNK = 100
keys = Keys(address=bytes(range(32)), links=(b"L" * 32,))
print("ready", flush=True)
importing.import_file(Database(sys.argv[1]), keys, Path(sys.argv[2]), "tips", importing.Asked("They asked.", "test"))
"""


def prepare(db: Database, keys: Keys, list_id: int, path: Path) -> None:
    with db.write() as s:
        for name, kind in FIELDS.items():
            add_field(s, name, kind)
        add_field(s, "plan", "choice", PLANS)
        for email in gone(ROWS):
            opt_out(s, address_key=address_key(keys, email), list_id=list_id, **EVIDENCE)
    write_people(path, ROWS)


def lines_done(db: Database) -> int:
    with db.read() as s:
        return s.scalar(select(Import.line)) or 0


def test_killed_again_and_again_it_ends_as_if_nothing_had_been(
    db: Database, database_url: str, keys: Keys, tips: int, tmp_path: Path, bring_in: BringIn
) -> None:
    path, dice = tmp_path / "people.csv", random.Random(7)
    prepare(db, keys, tips, path)
    cut_off_at = []
    for _ in range(4):
        before = lines_done(db)
        with _process(database_url, path) as process:
            while lines_done(db) < before + 300 and process.poll() is None:
                time.sleep(0.01)
            time.sleep(dice.random() / 20)
            process.kill()
        cut_off_at.append(lines_done(db))
    assert 0 < cut_off_at[0] < cut_off_at[-1] < ROWS
    report = bring_in(path)
    assert report.resumed_behind == cut_off_at[-1]
    wrong = expected(ROWS)
    assert {row.line: row.outcome for row in report.rows} == {line: bad.outcome for line, bad in wrong.items()}
    kinds = Counter(bad.outcome for bad in wrong.values())
    assert {name: asdict(report)[name] for name in OUTCOMES} == {
        **dict.fromkeys(OUTCOMES, 0),
        **kinds,
        "new": ROWS - len(wrong),
    }
    with db.read() as s:
        assert len(list_imports(s)) == 1
        for column in (Subscriber.email, Consent.subscriber_id, Subscription.subscriber_id):
            found = s.scalars(select(column)).all()
            assert len(found) == len(set(found)) == report.new
        assert len(s.scalars(select(SubscriberTag.subscriber_id)).all()) == 5 * report.new
    assert bring_in(path).unchanged == report.new, "again does no harm"


# The button that stops an import hung, and its stop lay in wait for the next import, which took nothing in and did not
# say why: https://github.com/knadh/listmonk/issues/859 and https://github.com/knadh/listmonk/issues/1207
def test_one_that_is_stopped_ends_at_once_and_the_next_file_comes_in_whole(
    db: Database, database_url: str, keys: Keys, tips: int, tmp_path: Path, bring_in: BringIn
) -> None:
    path = tmp_path / "people.csv"
    prepare(db, keys, tips, path)
    with _process(database_url, path) as process:
        while lines_done(db) < 300 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) != 0
    stopped_at = lines_done(db)
    assert 0 < stopped_at < ROWS
    other = bring_in(_FILE, name="other.csv")
    assert (other.resumed_behind, other.read, other.new) == (0, 30, 30)
    assert bring_in(path).resumed_behind == stopped_at
    with db.read() as s:
        assert [each.state for each in list_imports(s)] == ["done", "done"]


@pytest.mark.parametrize("change", [{"conflict": "keep"}, {"maps": {"city": "-"}}, {"dates": "eu"}])
def test_with_other_settings_it_begins_anew(
    db: Database, bring_in: BringIn, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    _cut_off(bring_in, monkeypatch)
    report = bring_in(_FILE, **change)
    assert (report.resumed_behind, report.read, report.new, report.unchanged) == (0, 30, 10, 20)


def test_of_new_fields_it_names_those_that_were_not_there_when_it_went_on(
    bring_in: BringIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _cut_off(bring_in, monkeypatch)
    report = bring_in(tmp_path / "people.csv")
    assert report.resumed_behind > 0
    assert report.fields_created == ()


def test_it_goes_on_only_when_the_file_of_those_left_out_is_there(
    bring_in: BringIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left_out = tmp_path / "people.rejected.csv"
    _cut_off(bring_in, monkeypatch, "email,city\nbad,x\n" + _FILE.partition("\n")[2])
    kept = left_out.read_text()
    left_out.unlink()
    with pytest.raises(Refused, match=r"people\.rejected\.csv.* is not there any more or shorter; put it back"):
        bring_in(tmp_path / "people.csv")
    left_out.write_text(kept + "half a row that no transaction made certa")
    report = bring_in(tmp_path / "people.csv")
    assert (report.resumed_behind, report.new, report.invalid) == (21, 30, 1)
    assert left_out.read_text() == kept


def test_one_that_was_cut_off_can_be_undone_and_then_begins_anew(
    db: Database, bring_in: BringIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from delivery.mailed import mailed
    from subscribers.importing.imports import undo_import

    _cut_off(bring_in, monkeypatch)
    assert undo_import(db, 1, "eve", mailed) == 20
    assert bring_in(_FILE).resumed_behind == 0


def _process(database_url: str, path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, database_url, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[3])


_FILE = "email,city\n" + "".join(f"p{n}@example.com,Ely\n" for n in range(30))


def _cut_off(bring_in: BringIn, monkeypatch: pytest.MonkeyPatch, text: str = _FILE) -> None:
    """After two chunks of ten."""
    monkeypatch.setattr("subscribers.importing.CHUNK", 10)
    real, done = storing.go_on, []

    def go_on(*args: object) -> None:
        if len(done) == 2:
            raise BadInput("cut off")
        done.append(real(*args))  # type: ignore[arg-type,func-returns-value]

    with monkeypatch.context() as patch:
        patch.setattr(storing, "go_on", go_on)
        with pytest.raises(BadInput, match="cut off"):
            bring_in(text)
