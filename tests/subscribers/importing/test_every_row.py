"""A file with rows that are wrong in twenty ways: each named, counted once, and the same by a dry run."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from base.database import Base, Database
from subscribers.addresses import address_key, wide_key
from subscribers.consent import opt_out
from subscribers.fields.custom import add_field
from subscribers.keys import Keys
from subscribers.models import Consent, Subscriber
from tests.subscribers.importing.conftest import BringIn
from tests.support.files import BAD, FIELDS, PLANS, expected, gone, write_people
from tests.support.people import EVIDENCE

ROWS = 33 * len(BAD) * 2


@pytest.fixture
def people(db: Database, keys: Keys, tips: int, tmp_path: Path) -> Path:
    with db.write() as s:
        for name, kind in FIELDS.items():
            add_field(s, name, kind)
        add_field(s, "plan", "choice", PLANS)
        for email in gone(ROWS):
            opt_out(s, address_key=address_key(keys, email), list_id=tips, wide=wide_key(keys, email), **EVIDENCE)
    write_people(tmp_path / "people.csv", ROWS)
    return tmp_path / "people.csv"


def everything(db: Database) -> dict[str, int]:
    with db.read() as s:
        return {name: s.scalar(select(func.count()).select_from(text(name))) or 0 for name in Base.metadata.tables}


def test_every_bad_row_is_named_with_its_reason(db: Database, people: Path, bring_in: BringIn) -> None:
    report = bring_in(people)
    wrong = expected(ROWS)
    assert report.read == ROWS
    counted = {"duplicate": report.duplicate, "suppressed": report.suppressed, "invalid": report.invalid}
    assert counted == Counter(bad.outcome for bad in wrong.values())
    assert report.new == ROWS - len(wrong)
    assert {row.line: row.outcome for row in report.rows} == {line: bad.outcome for line, bad in wrong.items()}
    for row in report.rows:
        assert wrong[row.line].reason in row.reason, wrong[row.line].kind
    with db.read() as s:
        assert s.scalar(select(func.count()).select_from(Subscriber)) == report.new
        assert s.scalar(select(func.count()).select_from(Consent)) == report.new


def test_a_dry_run_gives_the_same_report_and_changes_nothing(db: Database, people: Path, bring_in: BringIn) -> None:
    before = everything(db)
    trial = bring_in(people, is_trial=True)
    assert everything(db) == before
    Path(trial.rejected).unlink()
    assert replace(bring_in(people), id=None) == trial
    assert trial.id is None


def test_what_was_left_out_is_in_a_file_that_only_its_owner_reads(people: Path, bring_in: BringIn) -> None:
    report = bring_in(people)
    path = Path(report.rejected)
    assert path == people.with_name("people.rejected.csv")
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][-3:] == ["tipsheet_line", "tipsheet_outcome", "tipsheet_reason"]
    assert len(rows) - 1 == len(expected(ROWS))
    assert [int(row[-3]) for row in rows[1:]] == sorted(expected(ROWS))


def test_rows_that_were_mended_come_in_from_the_file_of_those_left_out(db: Database, bring_in: BringIn) -> None:
    first = bring_in('email,note\nann@example.com,\nbob@example,"=1+1"\ncyd@example,\'quoted\n')
    assert (first.new, first.invalid) == (1, 2)
    path = Path(first.rejected)
    mended = path.read_text()
    assert "'=1+1" in mended
    path.write_text(mended.replace("bob@example,", "bob@example.com,"))
    second = bring_in(path)
    assert (second.new, second.invalid) == (1, 1)
    assert second.rejected.endswith("people.rejected-2.csv")
    with db.read() as s:
        (note,) = s.scalars(select(Subscriber.custom).where(Subscriber.email == "bob@example.com"))
        assert note == {"note": "=1+1"}
    Path(second.rejected).write_text(Path(second.rejected).read_text().replace("cyd@example,", "cyd@example.com,"))
    assert bring_in(Path(second.rejected)).new == 1
    with db.read() as s:
        (note,) = s.scalars(select(Subscriber.custom).where(Subscriber.email == "cyd@example.com"))
        assert note == {"note": "'quoted"}


def test_what_a_row_has_too_much_is_kept_before_our_columns_until_it_is_mended(db: Database, bring_in: BringIn) -> None:
    first = bring_in("email,city,note\nann@example.com,Oakland, CA,x\nbob@example.com,Ely,, \n")
    assert (first.new, first.invalid) == (1, 1)
    again = bring_in(Path(first.rejected))
    for report in (first, again):
        (row,) = csv.reader(Path(report.rejected).read_text().splitlines()[1:])
        assert row[:4] == ["ann@example.com", "Oakland", " CA", "x"]
        assert row[4:] == ["2", "invalid", report.rows[0].reason]
    mended = Path(again.rejected).read_text().replace("Oakland, CA,x,", '"Oakland, CA",x,')
    for content in (mended, mended.replace(",x,", ",x,,")):  # the cell that is empty now is gone, or still there
        Path(again.rejected).write_text(content)
        report = bring_in(Path(again.rejected))
        assert (report.read, report.new + report.unchanged) == (1, 1)
    with db.read() as s:
        (custom,) = s.scalars(select(Subscriber.custom).where(Subscriber.email == "ann@example.com"))
    assert custom == {"city": "Oakland, CA", "note": "x"}


def test_without_a_row_left_out_there_is_no_file(bring_in: BringIn, tmp_path: Path) -> None:
    assert bring_in("email\nann@example.com\n").rejected == ""
    assert [each.name for each in tmp_path.glob("*.csv")] == ["people.csv"]
