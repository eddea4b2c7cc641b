from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.errors import BadInput
from subscribers.files.columns import names_email, read_columns
from subscribers.files.table import Given, Row, Sheet, open_sheet, rows


def sheet(folder: Path, text: str | bytes, said: Given = Given(), name: str = "people.csv") -> Sheet:  # noqa: B008  frozen
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_sheet(path, said, lambda titles: names_email(titles, {}))


def read(folder: Path, text: str | bytes, said: Given = Given()) -> list[Row]:  # noqa: B008  frozen
    return list(rows(sheet(folder, text, said)))


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_what_parts_the_columns_is_found(tmp_path: Path, sign: str) -> None:
    text = sign.join(("email", "name")) + "\n" + sign.join(("a@example.com", '"Lee, Ann; x|y"')) + "\n"
    assert read(tmp_path, text) == [(2, ["a@example.com", "Lee, Ann; x|y"])]


def test_how_a_file_was_read_is_said(tmp_path: Path) -> None:
    packed = gzip.compress("email;Größe\na@example.com;1\n".encode("utf-16"))
    found = sheet(tmp_path, packed)
    assert (found.words, found.titles) == ("UTF-16, semicolons, gzip", ("email", "Größe"))


def test_a_first_line_that_may_be_parted_in_two_ways_is_asked_about(tmp_path: Path) -> None:
    text = "email,name;email;x\na@example.com,b;c\n"
    with pytest.raises(BadInput, match="commas or semicolons; say which with --delimiter"):
        sheet(tmp_path, text)
    assert sheet(tmp_path, text, Given(delimiter="comma")).titles == ("email", "name;email;x")


@pytest.mark.parametrize("wrong", ["a", '"', "::", "\n"])
def test_a_delimiter_that_cannot_part_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(BadInput, match="--delimiter"):
        sheet(tmp_path, "email\n", Given(delimiter=wrong))


def test_a_row_has_the_line_where_it_begins(tmp_path: Path) -> None:
    text = 'sep=;\r\nemail;note\r\n\r\na@example.com;"two\r\nlines"\r\nb@example.com;x\r\n;\r\n'
    assert read(tmp_path, text) == [(4, ["a@example.com", "two\r\nlines"]), (6, ["b@example.com", "x"])]


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path, "email\na@example.com\n") == [(2, ["a@example.com"])]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "sep=;\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="is empty"):
        sheet(tmp_path, text)


def test_a_quote_that_never_ends_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="from line 3 on"):
        read(tmp_path, 'email\na@example.com\n"bob' + "b" * 140_000)


@settings(max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400)
    | st.text(max_size=100).map(lambda text: f"email,name\n{text}".encode("utf-8", "replace"))
    | st.binary(max_size=100).map(lambda data: b"\x1f\x8b\x08" + data)
    | st.binary(max_size=100).map(lambda data: b"PK\x03\x04" + data)
    | st.text(max_size=100).map(lambda text: f'{{"email":"a@example.com"}}\n{text}'.encode("utf-8", "replace"))
    | st.text(st.sampled_from('{}[]":,\n\\u0email@'), max_size=60).map(lambda text: b"{" + text.encode())
    | st.text(st.sampled_from('email",;\t|\r\n\0@aä'), max_size=60).map(lambda text: text.encode("utf-16"))
)
def test_no_bytes_make_reading_fail_with_anything_but_a_sentence(tmp_path: Path, data: bytes) -> None:
    with suppress(BadInput):
        found = sheet(tmp_path, data)
        read_columns(found.titles, {})
        given = list(rows(found))
        assert [line for line, _ in given] == sorted({line for line, _ in given})
        if found.is_json:
            assert all(len(cells) in (len(found.titles), len(found.titles) + 1) for _, cells in given)
        else:
            assert all(line > 1 and any(cells) for line, cells in given)
