"""`tipsheet subscriber import` and `tipsheet import …`: people from files, and what was imported."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from base.errors import BadInput
from base.words import counted
from cli.door import actor, opened, read_config
from cli.output import Json, Printer, when
from cli.subscribers import Basis
from cli.subscribers import app as subscribers
from delivery.mailed import mailed
from subscribers.fields.typed import Dates
from subscribers.files.table import Given
from subscribers.importing import Asked, ImportReport, import_file
from subscribers.importing.imports import OUTCOMES, Imported, get_import, list_imports, undo_import

app = typer.Typer(help="Imports: what was taken in from files, and undoing it.")
_SHOWN = 50  # rows on a screen; all of them are in the file
Number = Annotated[int, typer.Argument(metavar="ID", help="As the import said, and as import list shows.")]


class OnConflict(StrEnum):
    keep = "keep"
    fill = "fill"
    overwrite = "overwrite"


class WrittenDates(StrEnum):
    dmy = "dmy"
    mdy = "mdy"


_DATES: dict[WrittenDates | None, Dates] = {None: "iso", WrittenDates.dmy: "eu", WrittenDates.mdy: "us"}


File = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV or JSON Lines, also as .gz or .zip; only email is needed.")
]
Maps = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD", help="What a column is; - leaves it out. May be repeated."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would become of each row; change nothing.")]
Conflicts = Annotated[
    OnConflict,
    typer.Option(help="What is known of a person: keep it, fill what is empty, or overwrite it with the file's."),
]
DatesAs = Annotated[
    WrittenDates | None, typer.Option(help="How dates are written, besides 2026-11-23: 23.11.2026 or 11/23/2026.")
]
Accept = Annotated[bool, typer.Option("--accept", help="Go on though it looks like a bought list; on record.")]
Rejected = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where the rows go that were left out; else beside the file.")
]
Named = Annotated[
    str | None, typer.Option("--as", metavar="EXPORT", help="Whose export it is, such as mailchimp; plain: nobody's.")
]
Encoding = Annotated[str | None, typer.Option(metavar="NAME", help="Such as cp1250, where it cannot be told.")]
Delimiter = Annotated[
    str | None, typer.Option(metavar="SIGN", help="comma, semicolon, tab or bar, where it cannot be told.")
]


@subscribers.command("import")
def import_(
    ctx: typer.Context,
    file: File,
    onto: Annotated[str, typer.Option("--list", help="The list they want.")],
    basis: Basis,
    maps: Maps = None,
    dry_run: DryRun = False,
    on_conflict: Conflicts = OnConflict.overwrite,
    dates: DatesAs = None,
    accept: Accept = False,
    rejected: Rejected = None,
    named: Named = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    as_json: Json = False,
) -> None:
    """Put everybody in a file on a list. Nobody who opted out comes back by it; cut off, it goes on where it was.

    Example: tipsheet subscriber import people.csv --list monthly-tips --basis 'Send me monthly tips'
    """
    asked = Asked(
        wording=basis,
        actor=actor(),
        conflict=on_conflict.value,
        maps=dict(_pair(each) for each in maps or ()),
        dates=_DATES[dates],
        named=named,
        given=Given(encoding, delimiter),
        accept=accept,
        rejected=rejected,
    )
    printer = Printer(as_json)
    with opened(ctx) as door, printer.progress("lines read") as progress:
        report = import_file(door.db, door.keys, file, onto, asked, is_trial=dry_run, progress=progress)
    _tell(printer, report)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show all imports, the newest first.

    Example: tipsheet import list
    """
    printer = Printer(as_json)
    with opened(ctx) as door, door.db.read() as s:
        found = list_imports(s)
    zone = read_config(ctx).campaigns.zone
    printer.table(
        ("id>", "file", "list", "began", "state", "rows>", "new>", "left out>"),
        [
            (x.id, x.file, x.list, when(x.began, zone), x.state, x.read, x.counts.get("new", 0), x.left_out)
            for x in found
        ],
        empty="Nothing was imported yet; import with: tipsheet subscriber import FILE --list LIST --basis TEXT",
    )
    printer.document(found)


@app.command()
def show(ctx: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show one import: what it was asked to do, how far it came, and what became of the rows.

    Example: tipsheet import show 7
    """
    printer = Printer(as_json)
    with opened(ctx) as door, door.db.read() as s:
        found = get_import(s, number)
    _draw(printer, found, read_config(ctx).campaigns.zone)
    printer.document(found)


@app.command()
def undo(ctx: typer.Context, number: Number, as_json: Json = False) -> None:
    """Make the consents of an import void, as long as none of these people was mailed. People, fields and stops stay.

    Example: tipsheet import undo 7
    """
    with opened(ctx) as door:
        done = undo_import(door.db, number, actor(), mailed)
    printer = Printer(as_json)
    many = counted(done, "consent", "consents") if done else "No consent"
    what = "was left to be" if not done else "is" if done == 1 else "are"
    printer.say(f"{many} of import {number} {what} void; nobody gets mail by it.")
    printer.document({"id": number, "void": done})


def _tell(printer: Printer, report: ImportReport) -> None:
    if report.id is None:
        printer.say("A dry run: nothing was changed.")
    if report.resumed_behind:
        printer.say(f"It went on behind line {report.resumed_behind:,}, where it had been cut off.")
    kind = "" if report.export == "plain" else f"an export of {report.export}, "
    printer.facts(
        {
            "import": report.id,
            "read as": f"{kind}{report.read_as}",
            "columns left out": ", ".join(report.columns_left_out),
            "new fields": ", ".join(report.fields_created),
            **{name: f"{getattr(report, name):,}" for name in ("read", *OUTCOMES)},
            "rows left out": report.rejected,
        }
    )
    rows = [(row.line, row.email, row.outcome, row.reason) for row in report.rows[:_SHOWN]]
    printer.table(("line>", "email", "left out as", "because"), rows, empty="")
    left = report.duplicate + report.suppressed + report.invalid
    if left > len(rows):
        printer.say(f"… and {left - len(rows):,} more in {report.rejected}")
    printer.document(report)


def _draw(printer: Printer, found: Imported, zone: str) -> None:
    printer.facts(
        {
            "import": found.id,
            "file": f"{found.file} sha256:{found.digest}",
            "list": found.list,
            "by": found.actor,
            "state": found.state,
            "began": when(found.began, zone),
            "ended": when(found.ended, zone),
            "undone": when(found.undone, zone),
            **{name.replace("_", " "): value for name, value in found.settings.items() if value},
            "read": f"{found.read:,}",
            **{name: f"{count:,}" for name, count in found.counts.items()},
            "rows left out": found.rejected if found.left_out else "",
        }
    )


def _pair(text: str) -> tuple[str, str]:
    title, equals, what = text.rpartition("=")
    if not equals or not title.strip():
        raise BadInput(f"--map {text[:80]!r} is no column and field; write it like --map 'Vorname=first_name'")
    return title.strip(), what.strip()
