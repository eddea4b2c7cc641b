"""Events out of a file are applied once, whatever shape the file has; and incident 24, told by files and by posts."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from base.database import Database
from base.errors import BadInput
from delivery.event_files import Retold, retell
from delivery.models import Event, Spooled
from subscribers.keys import Keys
from subscribers.stops.by_hand import lift_stops
from tests.delivery.test_events import accepted, brought, drained, event, stopped
from tests.support.runs import a_run, count, taken

SHAPES = {
    "a body as posted": lambda told: ("[" + ",\r\n".join(json.dumps(each) for each in told) + "]\r\n").encode(),
    "one array on a line": lambda told: json.dumps(told).encode(),
    "an event a line": lambda told: "\n".join(json.dumps(each) for each in told).encode(),
    "a body a line": lambda told: b"\n\n".join([json.dumps(told[:1]).encode(), json.dumps(told[1:]).encode()]),
    "packed": lambda told: gzip.compress("\n".join(json.dumps(each) for each in told).encode()),
    "indented": lambda told: json.dumps(told, indent=2).encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_of_any_shape_is_applied_and_applied_again_changes_nothing(
    sqlite_db: Database, keys: Keys, tmp_path: Path, shape: str
) -> None:
    run, attempt = accepted(sqlite_db, keys)
    other = {**event("delivered", 2, attempt), "ts_run": "of somebody else"}
    told = [event("delivered", 1, attempt), event("bounce", 2, attempt, type="bounce"), other]
    file = tmp_path / "events"
    file.write_bytes(SHAPES[shape](told))
    assert retell(sqlite_db, keys, file) == Retold(read=3, new=3, known=0, of_no_run=1)
    assert retell(sqlite_db, keys, file) == Retold(read=3, new=0, known=3, of_no_run=0)
    n = count(sqlite_db, run)
    assert (n.delivered, n.bounced, stopped(sqlite_db, keys, 2)) == (1, 1, ["hard bounce"])
    with sqlite_db.read() as s:
        assert s.scalar(select(func.count()).select_from(Spooled)) == 0


def test_opens_that_nobody_agreed_to_are_new_no_time_the_file_is_told(
    sqlite_db: Database, keys: Keys, tmp_path: Path
) -> None:
    run = a_run(sqlite_db, keys, 2)
    attempt = taken(sqlite_db).attempt
    file = tmp_path / "events"
    file.write_text(json.dumps([event(kind, n, attempt) for kind in ("delivered", "open") for n in (1, 2)]))
    assert retell(sqlite_db, keys, file) == Retold(read=4, new=2, not_kept=2)
    assert retell(sqlite_db, keys, file) == Retold(read=4, known=2, not_kept=2)
    assert count(sqlite_db, run).delivered == 2


@pytest.mark.parametrize("content", [b"nonsense", b"[1, 2]", b'{"a": 1}', b'{"event": "open"}\n{"eve', b"\x1f\x8bbad"])
def test_a_file_that_holds_something_else_is_refused_in_one_sentence(
    sqlite_db: Database, keys: Keys, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "events").write_bytes(content)
    with pytest.raises(BadInput, match="events"):
        retell(sqlite_db, keys, tmp_path / "events")
    with pytest.raises(BadInput, match="cannot be read"):
        retell(sqlite_db, keys, tmp_path / "nowhere")


def test_events_told_46_times_out_of_order_under_changing_ids_count_once(
    db: Database, keys: Keys, tmp_path: Path
) -> None:
    """As reported in github.com/sendgrid/docs/issues/2933 and github.com/sendgrid/sendgrid-nodejs/issues/1435."""
    run, attempt = accepted(db, keys, people=2)
    kinds = ("processed", "deferred", "delivered", "open", "click", "spamreport")
    told = [(kind, second) for second, kind in enumerate(kinds, 30)] * 46
    random.Random(46).shuffle(told)
    bodies = [[event(kind, 1, attempt, after=second * 10) for kind, second in told[n::12]] for n in range(12)]
    for body in bodies[:6]:
        brought(db, *body)
    drained(db, keys)
    for number, body in enumerate(bodies[6:]):
        (tmp_path / f"{number}.json").write_text(json.dumps(body))
        retell(db, keys, tmp_path / f"{number}.json")
    n = count(db, run)
    assert (n.delivered, n.complained, n.no_news) == (1, 1, 1)
    with db.read() as s:
        assert s.scalar(select(func.count()).select_from(Event)) == len(kinds)
    assert sorted(stopped(db, keys, 1)) == ["complaint", "opt-out"]


def test_a_bounce_that_is_told_again_after_a_person_lifted_it_stops_nobody(db: Database, keys: Keys) -> None:
    """The same threads: a repetition, days later and under another id, is no news."""
    _, attempt = accepted(db, keys)
    brought(db, event("bounce", 1, attempt, type="bounce"))
    drained(db, keys)
    with db.write() as s:
        lift_stops(s, keys, "p1@example.com", list_slug=None, because="they wrote to us", actor="robin")
    brought(db, event("bounce", 1, attempt, type="bounce"))
    drained(db, keys)
    assert stopped(db, keys, 1) == []
