"""JSON Lines as rows of cells: an object a line, under all names that stand in any of them. CSV is table.py's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TextIO

import orjson

from base.errors import BadInput

NO_OBJECT = "is no JSON object; write it as {…} on one line"

_LONGEST = 1 << 20  # of a line, in characters: more would be a file without lines, and all of it in memory
_MOST_NAMES = 1_000
_OBJECT = re.compile(r'\{\s*(?:["}]|$)')  # no column of a table is called so
_ARRAY = re.compile(r"\[\s*(?:\{|$)")
# Numbers that would come out of orjson as other ones, or written otherwise; now and then a text that looks so.
_WOULD_CHANGE = re.compile(r"[:\[,]\s*(?:-0|-?\d{16}|-?\d+[.eE])")


def is_json_lines(text: TextIO, name: str) -> bool:
    """By its first line. Raises BadInput for other JSON."""
    first = next((line for _, line in _lines(text, name)), "")
    if not (_OBJECT.match(first) or _ARRAY.match(first)):
        return False
    if read_object(first) is None:
        raise BadInput(f"{name} is JSON, but its first line is no whole object; write each person as {{…}} on one line")
    return True


def names_in(text: TextIO, name: str) -> tuple[str, ...]:
    """Of all objects, each once, as they come. Raises BadInput."""
    found: dict[str, None] = {}
    for at, line in _lines(text, name):
        found.update(dict.fromkeys(read_object(line) or ()))
        if len(found) > _MOST_NAMES:
            raise BadInput(f"{name} has more than {_MOST_NAMES:,} names up to line {at}; leave out what is of no use")
    return tuple(found)


def rows_of(text: TextIO, name: str, names: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """With its line; what is no object stands as it is behind as many empty cells as there are names."""
    for at, line in _lines(text, name):
        cells = _cells(line, names)
        yield at, [*[""] * len(names), line] if cells is None else cells


def read_object(line: str) -> dict[str, Any] | None:
    """With numbers kept as they are written, for as_text; None for what is no object."""
    try:
        found = orjson.loads(line)
        if _WOULD_CHANGE.search(line):
            found = json.loads(line, parse_int=orjson.Fragment, parse_float=orjson.Fragment)
    except (orjson.JSONDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def as_text(value: Any) -> str:
    """A value as the text that is kept; what is no single value stays JSON. Raises orjson.JSONEncodeError for what is
    nested deeper than anybody means."""
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _lines(text: TextIO, name: str) -> Iterator[tuple[int, str]]:
    for at, line in enumerate(iter(partial(text.readline, _LONGEST), ""), start=1):
        if len(line) == _LONGEST:
            raise BadInput(f"Line {at} of {name} is too long for one person; write each on a line of its own")
        if stripped := line.strip():
            yield at, stripped


def _cells(line: str, names: Sequence[str]) -> list[str] | None:
    found = read_object(line)
    try:
        return None if found is None else [_cell(found.get(each)) for each in names]
    except orjson.JSONEncodeError:
        return None


def _cell(value: Any) -> str:
    """Several texts as they stand in a cell of a table, such as tags."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ";".join(value)
    return as_text(value)
