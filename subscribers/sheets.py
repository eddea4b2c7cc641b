"""Rows written as CSV that no spreadsheet runs, or as JSON Lines; and a cell read back as it was."""

from __future__ import annotations

import csv
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO

import orjson

from base.errors import Broken, Refused

Form = Literal["csv", "jsonl"]

# What spreadsheets take for the beginning of a formula (OWASP, CSV Injection), the wide forms of Asian keyboards
# included. A leading ' makes it text; one is added to those that are there, so that none is lost on the way back.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def defuse(text: str) -> str:
    """A cell that a spreadsheet shows and does not run."""
    return f"'{text}" if _FORMULA.match(text) else text


def restore(cell: str) -> str:
    """What was defused, as it was."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def write(file: TextIO, form: Form, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Returns how many rows were written."""
    count = 0
    if form == "jsonl":
        for count, row in enumerate(rows, start=1):  # noqa: B007  counted
            file.write(orjson.dumps({name: row.get(name) for name in columns}).decode() + "\n")
        return count
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    for count, row in enumerate(rows, start=1):  # noqa: B007  counted
        writer.writerow([_cell(row.get(name)) for name in columns])
    return count


@contextmanager
def new_file(path: Path, *, replace: bool) -> Iterator[TextIO]:
    """A file that only its owner may read, there when it is whole and not before. Raises Refused, Broken."""
    if path.exists() and not replace:
        raise Refused(f"{path} is there already; name another file, or add --replace")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as cause:
        raise Broken(f"{path} cannot be written ({cause.strerror}); make room or name another place") from cause
    finally:
        part.unlink(missing_ok=True)


def _cell(value: object) -> str:
    return "" if value is None else defuse(str(value))
