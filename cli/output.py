"""What commands print: words and tables for people, or one JSON document. No text from outside steers the terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from base.time import zone

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document; words go to standard error.")]

_WIDE = 200  # columns where nobody's terminal limits them: a pipe must not cut a table short
# Control characters could move the cursor or rename the window; lone surrogates cannot be written at all.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_IN_UTC = re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?) UTC\b")


class Printer:
    """Prints for one command. With --json, `document` alone reaches standard output, and reaches it once."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._console = console(sys.stderr if as_json else sys.stdout)

    def say(self, words: str, style: str = "") -> None:
        self._console.print(Text(clean(words), style=style), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
        """A column whose name ends in > is ranged right. Without rows, `empty` is said instead."""
        if self.as_json:
            return
        if not rows:
            if empty:
                self.say(empty)
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(name.rstrip(">"), justify="right" if name.endswith(">") else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(clean(str(cell))) for cell in row))
        self._console.print(table)

    def facts(self, pairs: Mapping[str, object]) -> None:
        """Names and values below one another; what is empty is left out."""
        if self.as_json:
            return
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in pairs.items():
            if value not in ("", None):
                grid.add_row(name, Text(clean(str(value))))
        with self._console.capture() as drawn:
            self._console.print(grid)
        # A grid is filled up with blanks to its right edge.
        self._console.file.write("\n".join(line.rstrip(" ") for line in drawn.get().split("\n")))

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """A bar on standard error, in a terminal only. To be told (how many, of how many)."""
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console(sys.stderr),
            transient=True,
        )
        with bar if sys.stderr.isatty() else nullcontext():
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    def document(self, document: Any) -> None:
        if self.as_json:
            sys.stdout.write(to_json(document) + "\n")


def to_json(document: Any) -> str:
    """Dataclasses, instants (as `…Z`) and enums are understood."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(document, default=str, option=options).decode()


def when(instant: datetime | None, zone_name: str) -> str:
    """`2026-12-01 09:00 PST`; empty for None."""
    return f"{instant.astimezone(zone(zone_name)):%Y-%m-%d %H:%M %Z}" if instant else ""


def in_zone(words: str, zone_name: str) -> str:
    """Sentences, and JSON with them, name instants in UTC; a screen that shows others as well has one zone."""
    return _IN_UTC.sub(lambda found: _there(found, zone_name), words)


def _there(found: re.Match[str], zone_name: str) -> str:
    at = datetime.fromisoformat(found[1]).replace(tzinfo=UTC).astimezone(zone(zone_name))
    return f"{at:%Y-%m-%d %H:%M:%S %Z}" if found[2] else f"{at:%Y-%m-%d %H:%M %Z}"


def in_words(name: str) -> str:
    """`needs_attention` is what programs read; people read needs attention."""
    return name.replace("_", " ")


def clean(text: str) -> str:
    return _UNSAFE.sub("\ufffd", text)


def console(file: Any) -> Console:
    return Console(file=file, width=None if file.isatty() else _WIDE, highlight=False, markup=False)
