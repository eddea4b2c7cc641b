"""Files that a spreadsheet shows and does not run, whole or not at all."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import Refused
from subscribers.sheets import defuse, new_file, restore, write


@pytest.mark.parametrize(
    "text", ["=1+1", "+15550100", "-2", "@SUM(A1)", "\tx", "\rx", "'=1+1", "＝HYPERLINK(1)", "''@x"]
)
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert defuse(text) == f"'{text}"


@given(st.text())
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert restore(defuse(text)) == text


def test_a_name_with_an_apostrophe_is_left_alone() -> None:
    assert defuse("'t Hooft") == restore("'t Hooft") == "'t Hooft"


def test_csv_has_a_header_and_defused_cells() -> None:
    out = io.StringIO()
    assert write(out, "csv", ("email", "note"), [{"email": "ann@example.com", "note": '=cmd|" /c"!A1'}]) == 1
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [["email", "note"], ["ann@example.com", '\'=cmd|" /c"!A1']]


def test_json_lines_keep_every_value_as_it_is() -> None:
    out = io.StringIO()
    write(out, "jsonl", ("email", "note"), [{"email": "ann@example.com", "note": "=1", "more": 1}, {"email": "bob"}])
    rows = [orjson.loads(line) for line in out.getvalue().splitlines()]
    assert rows == [{"email": "ann@example.com", "note": "=1"}, {"email": "bob", "note": None}]


def test_only_its_owner_may_read_a_file_with_addresses(tmp_path: Path) -> None:
    with new_file(tmp_path / "people.csv", replace=False) as file:
        file.write("email\n")
    assert stat.S_IMODE((tmp_path / "people.csv").stat().st_mode) == 0o600


def test_a_file_that_is_there_is_kept_unless_asked(tmp_path: Path) -> None:
    kept = tmp_path / "people.csv"
    kept.write_text("mine")
    with pytest.raises(Refused, match="--replace"), new_file(kept, replace=False):
        pass
    assert kept.read_text() == "mine"
    with new_file(kept, replace=True) as file:
        file.write("new")
    assert kept.read_text() == "new"


def test_an_export_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError), new_file(tmp_path / "people.csv", replace=False) as file:
        file.write("half" + chr(0xD800))
    assert list(tmp_path.iterdir()) == []
