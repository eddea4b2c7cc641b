"""`tipsheet export …`: people, consents and stops as files that a spreadsheet or a program can read."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from base.errors import BadInput
from base.words import counted
from campaigns.segments.people import everybody
from campaigns.segments.saved import chosen
from cli.door import opened
from cli.output import Json, Printer
from subscribers import exporting
from subscribers.lists import get_list
from subscribers.sheets import Form, new_file, write

app = typer.Typer(help="Export: people, consents and stops as CSV or JSON Lines.")
File = Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .csv or .jsonl; - is CSV on standard output.")]
Replace = Annotated[bool, typer.Option("--replace", help="Overwrite a file that is there.")]


@app.command()
def subscribers(
    ctx: typer.Context,
    file: File,
    of: Annotated[str, typer.Option("--list", help="The list whose people are exported.")],
    rule: Annotated[
        str, typer.Option(metavar="RULE-OR-SLUG", help="Only of whom this is true: a rule, or a segment's short name.")
    ] = "",
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Write everybody who is or was on a list, with fields, tags and state. Importing the file brings the same back.

    Example: tipsheet export subscribers runners.csv --list monthly-tips --rule milpitas-runners
    """
    with opened(ctx) as door, door.db.read() as s:
        list_id, columns = get_list(s, of).id, exporting.subscriber_columns(s)
        inside = everybody(s, chosen(s, rule)) if rule else None
        _write(file, replace, columns, exporting.subscribers(s, list_id, inside), as_json)


@app.command()
def consents(
    ctx: typer.Context,
    file: File,
    of: Annotated[str | None, typer.Option("--list", help="Only this list; all of them when left out.")] = None,
    replace: Replace = False,
    as_json: Json = False,
) -> None:
    """Write every consent with the evidence for it: how, when, on which wording, from where, recorded by whom.

    Example: tipsheet export consents consents.jsonl
    """
    with opened(ctx) as door, door.db.read() as s:
        list_id = get_list(s, of).id if of else None
        _write(file, replace, exporting.CONSENT_COLUMNS, exporting.consents(s, list_id), as_json)


@app.command()
def suppressions(ctx: typer.Context, file: File, replace: Replace = False, as_json: Json = False) -> None:
    """Write every stop that holds now. Where nobody has the address any more there is only its key.

    Example: tipsheet export suppressions stops.csv
    """
    with opened(ctx) as door, door.db.read() as s:
        _write(file, replace, exporting.SUPPRESSION_COLUMNS, exporting.suppressions(s), as_json)


def _write(file: Path, replace: bool, columns: Sequence[str], rows: Iterable[exporting.Row], as_json: bool) -> None:
    printer = Printer(as_json)
    form = _form(file)
    with _opened(file, replace) as out:
        count = write(out, form, columns, rows)
    if str(file) != "-":
        printer.say(f"{counted(count, 'row is', 'rows are')} in {file}; only you may read it.")
        printer.document({"file": str(file), "rows": count})


def _form(file: Path) -> Form:
    if str(file) == "-" or file.suffix == ".csv":
        return "csv"
    if file.suffix == ".jsonl":
        return "jsonl"
    raise BadInput(f"{file.name} must end in .csv (for spreadsheets) or .jsonl (for programs)")


@contextmanager
def _opened(file: Path, replace: bool) -> Iterator[TextIO]:
    if str(file) == "-":
        yield sys.stdout
        return
    with new_file(file, replace=replace) as out:
        yield out
