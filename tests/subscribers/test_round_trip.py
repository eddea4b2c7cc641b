"""What is exported and taken in elsewhere is the same there: people with what is known of them, and every stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from base.database import Database
from subscribers import exporting
from subscribers.addresses import address_key, parse_address
from subscribers.consent import opt_out
from subscribers.fields.custom import add_field
from subscribers.importing import Asked, import_file
from subscribers.keys import Keys, store_fingerprints
from subscribers.models import Profile, Subscriber
from subscribers.sheets import Form, write
from subscribers.stops.by_hand import stop
from subscribers.stops.from_files import import_stops
from subscribers.suppression import mailable
from tests.support.people import EVIDENCE, a_list, a_person

NASTY = {
    "city": '=HYPERLINK("x")',
    "note": '\'-a, "b"; c',
    "quoted": "'+",
    "visits": "12",
    "member": "yes",
    "renewal": "2027-01-31",
}
TYPES = {"visits": "number", "member": "boolean", "renewal": "date"}
# By what stands there but when and from where, which are the import's own.
_OWN = ("tipsheet_source", "at", "source")


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Another installation with the same keys, and nobody in it."""
    template: Path = request.getfixturevalue("sqlite_template")
    file = tmp_path / "elsewhere.db"
    file.write_bytes(template.read_bytes())
    db = Database(f"sqlite:///{file}")
    yield db
    db.close()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_people_come_back_with_fields_tags_and_all_dates(
    db: Database, elsewhere: Database, keys: Keys, tmp_path: Path, form: Form
) -> None:
    for each in (db, elsewhere):
        with each.write() as s:
            tips = a_list(s).id
            for name, type_ in TYPES.items():
                add_field(s, name, type_)
    with db.write() as s:
        told: dict[str, Any] = {"first_name": "Ann", "last_name": "-Lee", "zone": "Europe/Berlin", "locale": "de-AT"}
        a_person(s, keys, "+ann@example.com", tags=("runner", "=new"), custom=NASTY, **told)
        a_person(s, keys, "bob@example.com")
        a_person(s, keys, "cat@example.com", state="pending")
        dan = a_person(s, keys, "dan@example.com")
        s.execute(update(Profile).values(joined=datetime(2019, 3, 4, 5, 6, 7, 89_000, UTC)))
        opt_out(s, address_key=dan.address_key, list_id=tips, **EVIDENCE)
    everybody = lambda s: exporting.subscribers(s, tips)  # noqa: E731  the same question to both
    file = written(db, tmp_path, form, exporting.subscriber_columns, everybody)
    done = import_file(elsewhere, keys, file, "tips", Asked("as in the export", "test"))
    assert (done.new, done.suppressed, done.invalid) == (2, 2, 0)
    there = told_by(elsewhere, everybody)
    assert there == [row for row in told_by(db, everybody) if row["tipsheet_state"] == "confirmed"]
    assert (there[0]["email"], there[0]["city"], there[0]["tags"]) == ("+ann@example.com", NASTY["city"], "=new;runner")
    assert there[0]["joined"] == "2019-03-04T05:06:07.089Z"
    assert reached(db, tips) == reached(elsewhere, tips) == ["+ann@example.com", "bob@example.com"]
    with elsewhere.read() as s:
        (dans,) = exporting.suppressions(s)
        assert (dans["address_key"], dans["reason"], dans["list"]) == (dan.address_key.hex(), "opt-out", "tips")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_stops_come_back_on_the_same_lists_for_the_same_reasons(
    db: Database, elsewhere: Database, keys: Keys, tmp_path: Path, form: Form
) -> None:
    for each in (db, elsewhere):
        with each.write() as s:
            a_list(s)
            store_fingerprints(s, keys)
    with db.write() as s:
        a_person(s, keys, "+ann@example.com")
        a_person(s, keys, "ann.lee@gmail.com")
        by = {"source": "a call", "actor": "test"}
        stop(s, keys, "+ann@example.com", "opt-out", list_slug="tips", **by)
        stop(s, keys, "annlee+x@gmail.com", "opt-out", list_slug=None, **by)
        stop(s, keys, "nobody@example.com", "complaint", list_slug=None, **by)
        stop(s, keys, "nobody@example.com", "hard bounce", list_slug="tips", **by)
    file = written(db, tmp_path, form, lambda s: exporting.SUPPRESSION_COLUMNS, exporting.suppressions)
    for again in (False, True):
        done = taken_in(elsewhere, keys, file)
        assert (done.new == 0) == again
        assert done.invalid == 0
    assert sorted(map(as_key, told_by(elsewhere, exporting.suppressions))) == sorted(
        map(as_key, told_by(db, exporting.suppressions))
    )


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_address_key_of_another_installation_stops_nobody_and_is_said_to(
    db: Database, elsewhere: Database, keys: Keys, tmp_path: Path, form: Form
) -> None:
    others = Keys(address=b"another key of thirty-two bytes!", links=keys.links)
    with db.write() as s:
        a_list(s)
        store_fingerprints(s, keys)
        a_person(s, keys, "ann@example.com")
        for email in ("ann@example.com", "nobody@example.com"):
            stop(s, keys, email, "complaint", list_slug=None, source="a call", actor="test")
    file = written(db, tmp_path, form, lambda s: exporting.SUPPRESSION_COLUMNS, exporting.suppressions)
    done = taken_in(elsewhere, others, file)
    assert (done.read, done.new, done.invalid) == (2, 1, 1)
    ((_, _, why),) = done.rows
    assert "another installation" in why
    with elsewhere.read() as s:
        (stopped,) = exporting.suppressions(s)
    assert stopped["address_key"] == address_key(others, parse_address("ann@example.com")).hex()


def as_key(row: dict[str, Any]) -> tuple[str, ...]:
    return row["address_key"], row["list"], row["reason"]


def taken_in(db: Database, keys: Keys, file: Path) -> Any:
    quiet = {"reason": None, "list_slug": None, "actor": "test", "progress": lambda done, total: None}
    return import_stops(db, keys, file, **quiet)  # type: ignore[arg-type]


def written(
    db: Database,
    folder: Path,
    form: Form,
    columns: Callable[[Any], Sequence[str]],
    rows: Callable[[Any], Iterator[exporting.Row]],
) -> Path:
    file = folder / f"export.{form}"
    with db.read() as s, file.open("w", encoding="utf-8", newline="") as out:
        write(out, form, columns(s), rows(s))
    return file


def told_by(db: Database, rows: Callable[[Any], Iterator[exporting.Row]]) -> list[dict[str, Any]]:
    with db.read() as s:
        return [{name: value for name, value in row.items() if name not in _OWN} for row in rows(s)]


def reached(db: Database, list_id: int) -> list[str]:
    with db.read() as s:
        query = select(Subscriber.email).where(Subscriber.id.in_(mailable(list_id))).order_by(Subscriber.email)
        return list(s.scalars(query))
