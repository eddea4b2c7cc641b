"""Files that are cut off, changed or made up are refused in a sentence, and the database stays as it was."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import migrations
from backup.form import Writer
from backup.save import Saved
from base.database import Database
from base.errors import Refused, TipsheetError
from subscribers.keys import Keys
from tests.backup.conftest import Back, everything

Lines = list[Any]


@pytest.fixture
def lines(sqlite_source: Database, saved: Callable[[Database], Saved], tmp_path: Path) -> Lines:
    saved(sqlite_source)
    return [json.loads(line) for line in gzip.decompress((tmp_path / "backup").read_bytes()).splitlines()]


def sealed(path: Path, lines: Lines, keys: Keys) -> Path:
    """As somebody would write it who has the keys."""
    with path.open("wb") as file:
        writer = Writer(file, keys)
        for line in lines[:-1]:
            writer.row(line)
        writer.close()
    return path


def test_wherever_it_is_cut_off_it_is_refused(
    lines: Lines, sqlite_source: Database, back: Back, tmp_path: Path
) -> None:
    before, whole = everything(sqlite_source), (tmp_path / "backup").read_bytes()
    part = tmp_path / "part"
    for end in (0, 1, 10, 500, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        part.write_bytes(whole[:end])
        with pytest.raises(Refused, match="was cut off or changed since it was made"):
            back(sqlite_source, replace=True, file=part)
    assert everything(sqlite_source) == before


def test_a_flipped_bit_anywhere_is_noticed(lines: Lines, sqlite_source: Database, back: Back, tmp_path: Path) -> None:
    before, whole = everything(sqlite_source), (tmp_path / "backup").read_bytes()
    part = tmp_path / "part"
    for place in range(12, len(whole), len(whole) // 25):
        part.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(TipsheetError):
            back(sqlite_source, replace=True, file=part)
    assert everything(sqlite_source) == before


def test_a_row_that_was_edited_breaks_the_seal(
    lines: Lines, sqlite_source: Database, back: Back, tmp_path: Path
) -> None:
    text = gzip.decompress((tmp_path / "backup").read_bytes())
    (tmp_path / "edited").write_bytes(gzip.compress(text.replace(b"p1@example.com", b"px@example.com")))
    with pytest.raises(Refused, match="its seal does not fit"):
        back(sqlite_source, replace=True, file=tmp_path / "edited")


def drop_last_row(lines: Lines) -> None:
    del lines[next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("rows")) - 1]


def other_columns(lines: Lines) -> None:
    lines[0]["columns"]["lists"].append("sly text")


def a_table_of_theirs(lines: Lines) -> None:
    lines[0]["columns"]["sqlite_master; DROP TABLE lists"] = ["a text"]


def another_kind(lines: Lines) -> None:
    at = next(n for n, line in enumerate(lines) if line == {"table": "lists"}) + 1
    lines[at][0] = "one"


def too_many_values(lines: Lines) -> None:
    at = next(n for n, line in enumerate(lines) if line == {"table": "lists"}) + 1
    lines[at].append(1)


def nobody_to_belong_to(lines: Lines) -> None:
    at = next(n for n, line in enumerate(lines) if line == {"table": "consents"}) + 1
    lines[at][1] = 999


def a_head_without_keys(lines: Lines) -> None:
    del lines[0]["keys"]


def a_head_with_other_keys(lines: Lines) -> None:
    lines[0]["keys"] = {}


def a_table_twice(lines: Lines) -> None:
    at = next(n for n, line in enumerate(lines) if line == {"table": "lists"})
    lines[at:at] = [{"table": "lists"}, {"rows": 0}]


def something_after_its_end(lines: Lines) -> None:
    lines[-1:] = [{"rows": 0}, lines[-1]]


def newer(lines: Lines) -> None:
    lines[0]["schema"] = "9999"


@pytest.mark.parametrize(
    "change",
    [
        drop_last_row,
        other_columns,
        a_table_of_theirs,
        another_kind,
        too_many_values,
        nobody_to_belong_to,
        a_head_without_keys,
        a_head_with_other_keys,
        a_table_twice,
        something_after_its_end,
        newer,
    ],
)
def test_even_with_the_right_seal_what_does_not_fit_is_refused(
    change: Callable[[Lines], None], lines: Lines, sqlite_source: Database, back: Back, keys: Keys, tmp_path: Path
) -> None:
    before = everything(sqlite_source)
    change(lines)
    with pytest.raises(TipsheetError) as told:
        back(sqlite_source, replace=True, file=sealed(tmp_path / "sly", lines, keys))
    assert "\n" not in told.value.sentence
    assert everything(sqlite_source) == before
    migrations.check(sqlite_source)


def test_a_file_of_another_kind_is_no_backup(sqlite_source: Database, back: Back, tmp_path: Path) -> None:
    for content in (b"", b"text", gzip.compress(b"text\n"), gzip.compress(b"[1]\n"), gzip.compress(b"{}\n")):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(Refused):
            back(sqlite_source, replace=True, file=tmp_path / "other")
    with pytest.raises(Refused, match="Is a directory"):
        back(sqlite_source, replace=True, file=tmp_path)
