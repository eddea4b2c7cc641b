"""Rows of cells from a file of text: what parts the columns, the titles, each row with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from base.errors import BadInput
from subscribers.files.encoding import read_through
from subscribers.files.json_lines import is_json_lines, names_in, rows_of
from subscribers.files.opening import digest, open_bytes, packing

Row = tuple[int, list[str]]  # the line where it begins, counted as an editor does, and its cells

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_GIVEN = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "\\t": "\t"}


@dataclass(frozen=True)
class Given:
    """What a person said about a file, None where it is to be found out."""

    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A file that was read once from end to end: it is text, and this is what it was."""

    path: Path
    digest: str
    encoding: str
    delimiter: str  # empty: it is JSON Lines
    titles: tuple[str, ...]
    lines: int
    words: str  # how it was read, for people

    @property
    def is_json(self) -> bool:
        return not self.delimiter


def open_sheet(path: Path, given: Given, names_email: Callable[[Sequence[str]], bool]) -> Sheet:
    """Raises BadInput, before anything is stored, for a file that cannot be read to its end.

    `names_email` says whether one of these titles is that of the addresses: it tells columns from one long title.
    """
    decoded = read_through(path, given.encoding)
    wanted = _delimiter(given.delimiter)
    if not wanted and _is_json(path, decoded.encoding):
        delimiter, titles = "", _names(path, decoded.encoding)
    else:
        delimiter = wanted or _detect(path, decoded.encoding, names_email)
        titles = _header(path, decoded.encoding, delimiter)
    parted = _NAMES.get(delimiter, repr(delimiter)) if delimiter else "JSON Lines"
    words = ", ".join(filter(None, (decoded.spoken, parted, packing(path))))
    return Sheet(path, digest(path), decoded.encoding, delimiter, titles, decoded.lines, words)


def rows(sheet: Sheet) -> Iterator[Row]:
    """Every row of people; lines without anything are none. Raises BadInput where the quoting is broken.

    A line that should be JSON and is not has one cell more than there are titles, which holds it.
    """
    if sheet.is_json:
        return _objects(sheet)
    found = _read(sheet.path, sheet.encoding, sheet.delimiter)
    next(found, None)
    return found


def _objects(sheet: Sheet) -> Iterator[Row]:
    with _text(sheet.path, sheet.encoding) as file:
        yield from rows_of(file, sheet.path.name, sheet.titles)


def _is_json(path: Path, encoding: str) -> bool:
    with _text(path, encoding) as file:
        return is_json_lines(file, path.name)


def _names(path: Path, encoding: str) -> tuple[str, ...]:
    with _text(path, encoding) as file:
        return names_in(file, path.name)


def _header(path: Path, encoding: str, delimiter: str) -> tuple[str, ...]:
    header = next(_read(path, encoding, delimiter), None)
    if header is None:
        raise BadInput(f"{path.name} is empty; its first line must name the columns, one of them email")
    return tuple(header[1])


def _delimiter(given: str | None) -> str | None:
    found = _GIVEN.get(given or "", given)
    if found is not None and (len(found) != 1 or found in '"\r\n' or found.isalnum()):
        raise BadInput(f"--delimiter {found[:20]!r} cannot part columns; use comma, semicolon, tab or bar")
    return found


def _detect(path: Path, encoding: str, names_email: Callable[[Sequence[str]], bool]) -> str:
    """By the first line alone: what is right there names a column for the addresses."""
    titles = {each: _titles(path, encoding, each) for each in _NAMES}
    named = [each for each in _NAMES if names_email(titles[each])]
    parting = [each for each in named or _NAMES if len(titles[each]) > 1]
    if len(parting) > 1:
        words = " or ".join(_NAMES[each] for each in parting)
        raise BadInput(f"{path.name} may be parted by {words}; say which with --delimiter")
    return next(iter(parting or named), ",")


def _titles(path: Path, encoding: str, delimiter: str) -> list[str]:
    try:
        return next(_read(path, encoding, delimiter), (0, list[str]()))[1]
    except BadInput:
        return []  # a quote that ends with one sign between columns only


def _read(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    with _text(path, encoding) as file:
        reader = csv.reader(file, delimiter=delimiter)
        begins = 1
        try:
            for cells in reader:
                if any(cells) and not (begins == 1 and cells[0].lower().startswith("sep=")):
                    yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as cause:
            raise BadInput(
                f"{path.name} cannot be read from line {begins} on ({cause}), perhaps a quote that never ends; "
                f"mend it and import again: rows that are in already are recognised"
            ) from cause


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    with open_bytes(path) as file, io.TextIOWrapper(file, encoding, newline="") as text:
        try:
            yield text
        except UnicodeError as cause:
            raise BadInput(f"{path.name} has changed while it was read; start again when nobody writes it") from cause
