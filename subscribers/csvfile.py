"""Reading people from a CSV file: columns from its header, one Incoming a row. Nothing is stored here."""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from base.errors import BadInput
from subscribers.addresses import Address, parse_address
from subscribers.fields import field_name, plain_name
from subscribers.values import clean, clean_locale, clean_zone

_FIXED = ("email", "first_name", "last_name", "zone", "locale", "tags")
_BLOCK = 1 << 20
_TAG_ENDS = re.compile(r"[;|,]")  # a tag holds none of them, and people write all of them


@dataclass(frozen=True)
class File:
    """A file that was read once from end to end: it is text, and this is what it was."""

    path: Path
    digest: str
    lines: int
    columns: tuple[str, ...]  # field names, in the order of the columns


@dataclass(frozen=True, slots=True)
class Row:
    line: int  # where it begins, counted as an editor does
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Incoming:
    address: Address
    fields: dict[str, str]  # first_name, last_name, zone, locale: those that are not empty
    custom: dict[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()


def open_file(path: Path) -> File:
    """Raises BadInput, before anything is stored, for a file that cannot be read to its end as UTF-8 text."""
    digest, decoder, lines = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                decoder.decode(block)
                lines += block.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as cause:
        raise BadInput(f"{path.name} is not UTF-8 text; save it as 'CSV UTF-8' and import that") from cause
    except OSError as cause:
        raise BadInput(f"{path} cannot be read ({cause.strerror}); check the name") from cause
    header = next(_lines(path), None)
    if header is None:
        raise BadInput(f"{path.name} is empty; its first line must name the columns, one of them email")
    return File(path, digest.hexdigest(), lines, _columns(path, header.cells))


def rows(file: File) -> Iterator[Row]:
    """Every row below the header; lines without anything are none. Raises BadInput where the quoting is broken."""
    found = _lines(file.path)
    next(found)
    return found


def parse_row(columns: Sequence[str], cells: Sequence[str]) -> Incoming:
    """Raises BadInput, with the reason why this row cannot be taken."""
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise BadInput(f"has {len(cells)} values for {len(columns)} columns; is one with a comma not in quotes?")
    values = dict(zip(columns, cells, strict=False))
    address = parse_address(values.pop("email", ""))
    tags = frozenset(clean(tag) for tag in _TAG_ENDS.split(values.pop("tags", ""))) - {""}
    fixed = {
        "first_name": clean(values.pop("first_name", "")),
        "last_name": clean(values.pop("last_name", "")),
        "zone": clean_zone(values.pop("zone", "")),
        "locale": clean_locale(values.pop("locale", "")),
    }
    custom = {name: clean(value) for name, value in values.items()}
    return Incoming(address, _filled(fixed), _filled(custom), tags)


def _filled(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        begins = 1
        try:
            for cells in reader:
                if any(cells):
                    yield Row(begins, cells)
                begins = reader.line_num + 1
        except csv.Error as cause:
            raise BadInput(
                f"{path.name} cannot be read from line {begins} on ({cause}), perhaps a quote that never ends; "
                f"mend it and import again: rows that are in already are recognised"
            ) from cause


def _columns(path: Path, header: Sequence[str]) -> tuple[str, ...]:
    names = []
    for number, title in enumerate(header, 1):
        if not title.strip():
            raise BadInput(f"Column {number} of {path.name} has no name; name it or remove it")
        names.append(_column(title))
    if "email" not in names:
        raise BadInput(
            f"{path.name} has no column email (it has {', '.join(names)[:200]}); "
            f"name it in the first line, with commas between the columns"
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise BadInput(f"{path.name} has the column {twice[0]} more than once; rename or remove one")
    return tuple(names)


def _column(title: str) -> str:
    plain = plain_name(title)
    return plain if plain in _FIXED else field_name(title)
