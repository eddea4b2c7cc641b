from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from base.errors import BadInput
from tests.subscribers.files.test_table import read, sheet

ANN = '{"email":"ann@example.com","city":"Fremont"}\n'


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("people.jsonl", text)
    return packed.getvalue()


def test_json_lines_are_known_by_what_stands_in_them_and_not_by_the_name(tmp_path: Path) -> None:
    for content, words in (
        (ANN, "UTF-8, JSON Lines"),
        (gzip.compress(ANN.encode()), "UTF-8, JSON Lines, gzip"),
        (zipped("\n" + ANN), "UTF-8, JSON Lines, zip"),
        (ANN.encode("utf-16"), "UTF-16, JSON Lines"),
    ):
        found = sheet(tmp_path, content, name="people.csv")
        assert (found.words, found.titles, found.is_json) == (words, ("email", "city"), True)


def test_every_object_is_a_row_under_all_names_there_are(tmp_path: Path) -> None:
    text = ANN + '\r\n{"phone": 14155550100, "email": "bo@example.com", "city": null}\n{}\n'
    assert read(tmp_path, text) == [
        (1, ["ann@example.com", "Fremont", ""]),
        (3, ["bo@example.com", "", "14155550100"]),
        (4, ["", "", ""]),
    ]


def test_values_are_read_as_they_would_stand_in_a_table(tmp_path: Path) -> None:
    text = '{"a": true, "b": false, "c": ["x", "y"], "d": {"e": [1]}, "f": 1.5, "g": "two\\nlines", "h": []}'
    assert read(tmp_path, text) == [(1, ["yes", "no", "x;y", '{"e":[1]}', "1.5", "two\nlines", ""])]


NUMBERS = (
    "0 -0 7 -1.10 1.0 1E5 0.1234567890123456789 9007199254740993 18446744073709551616 123456789012345678901234567890"
)


@pytest.mark.parametrize("number", NUMBERS.split())
def test_numbers_stay_as_they_are_written(tmp_path: Path, number: str) -> None:
    text = f'{{"a":{number}, "b" : {number},"c": [{number}, {{"d": {number}}}]}}'
    assert read(tmp_path, text) == [(1, [number, number, f'[{number},{{"d":{number}}}]'])]


@pytest.mark.parametrize("depth", [300, 1_010, 5_000])
@pytest.mark.parametrize("within", ["", "1.10"])
def test_what_is_deeper_than_anybody_means_is_no_object(tmp_path: Path, depth: int, within: str) -> None:
    line = '{"email":' + "[" * depth + within + "]" * depth + "}"
    assert read(tmp_path, ANN + line)[1] == (2, ["", "", line])


@pytest.mark.parametrize("line", ['{"email": "bo@exa', '["bo@example.com"]', "bo@example.com", '{"email": "\\ud800"}'])
def test_a_line_that_is_no_object_is_a_row_of_its_own(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, ANN + line + "\n" + ANN)[1] == (2, ["", "", line])


@pytest.mark.parametrize("text", ['[{"email": "ann@example.com"}]', '[\n{"email"', '{\n  "email": 1\n}', '{"email": '])
def test_other_json_is_refused_with_the_way_to_write_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match=r"write each person as \{…\} on one line"):
        sheet(tmp_path, text)


def test_a_line_without_end_and_names_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"Line 2 of people\.csv is too long"):
        sheet(tmp_path, ANN + '{"email": "' + "x" * (1 << 20))
    with pytest.raises(BadInput, match="more than 1,000 names up to line 1001"):
        sheet(tmp_path, "".join(f'{{"n{n}": 1}}\n' for n in range(1_001)))


def test_a_table_may_have_braces_in_its_first_line(tmp_path: Path) -> None:
    assert sheet(tmp_path, "{email},email\n").titles == ("{email}", "email")
