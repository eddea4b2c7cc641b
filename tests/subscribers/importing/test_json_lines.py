"""People from JSON Lines: the same outcomes, and the same file of rows to mend, as from a table."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from base.database import Database
from subscribers import importing
from subscribers.card import show
from subscribers.keys import Keys
from subscribers.people import find
from tests.subscribers.importing.conftest import BringIn

PEOPLE: tuple[dict[str, object] | str, ...] = (
    {"email": "ann@example.com", "city": "'=1", "tags": ["runner", "new"], "visits": 3},
    {"email": "ANN@example.com"},
    {"email": "nobody"},
    '{"email": "cut off',
    {"email": "bo@example.com", "status": "unsubscribed", "member": True},
    {"first_name": "Cy", "email": "cy@example.com", "city": None},
)
OUTCOMES = [(2, "duplicate"), (3, "invalid"), (4, "invalid"), (5, "suppressed")]


def lines() -> str:
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in PEOPLE)


@pytest.mark.parametrize("size", [2, 4_000])
def test_every_object_has_one_outcome(
    db: Database, keys: Keys, bring_in: BringIn, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(importing, "CHUNK", size)
    trial = bring_in(lines(), name="people.jsonl", is_trial=True)
    Path(trial.rejected).unlink()
    report = bring_in(lines(), name="people.jsonl")
    assert (report.read, report.new, [(row.line, row.outcome) for row in report.rows]) == (6, 2, OUTCOMES)
    assert (trial.read, trial.new, trial.rows) == (report.read, report.new, report.rows)
    assert report.rows[2].reason == "is no JSON object; write it as {…} on one line"
    with db.read() as s:
        ann = find(s, keys, "ann@example.com")
        assert ann is not None
        card = show(s, ann)
    assert (card.tags, card.custom) == (("new", "runner"), {"city": "'=1", "visits": "3"})


def test_rows_that_were_left_out_can_be_mended_as_a_table(bring_in: BringIn) -> None:
    report = bring_in(lines(), name="people.jsonl")
    rejected = Path(report.rejected)
    with rejected.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rejected.name == "people.rejected.csv"
    assert rows[0][-3:] == ["tipsheet_line", "tipsheet_outcome", "tipsheet_reason"]
    assert rows[3][-3:] == ["4", "invalid", "is no JSON object; write it as {…} on one line"]
    assert rows[3][-4] == '{"email": "cut off', "what stood there is not lost"
    mended = rejected.read_text("utf-8").replace("nobody", "dan@example.com")
    assert bring_in(mended, name="mended.csv").new == 1
