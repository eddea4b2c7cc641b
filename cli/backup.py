"""`tipsheet backup` and `tipsheet restore`: the whole database as a file, and back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

import migrations
from backup.restore import Restored, Wish
from backup.restore import restore as restore_from
from backup.save import save
from base.database import Database
from base.words import counted
from cli.door import read_config
from cli.output import Json, Printer
from migrations import Schema
from subscribers.journal import Journal
from subscribers.keys import check_fingerprints, load_keys


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")],
    as_json: Json = False,
) -> None:
    """Write the whole database to a file, as it is at this moment, while the service goes on.

    Keys are not in it, only their fingerprints: keep the folder `keys` in another place. Works on SQLite and
    PostgreSQL, and a file of either can be restored into the other.

    Example: tipsheet backup tipsheet-2026-12-01.backup
    """
    config, printer = read_config(ctx), Printer(as_json)
    with closing(Database(config.database.url)) as db:
        if migrations.state(db) is not Schema.OLD:  # an older one is backed up before `migrate`
            migrations.check(db)
        keys = load_keys(config.keys.path)
        with db.read() as s:
            check_fingerprints(s, keys)
        with printer.progress("rows") as show:
            done = save(db, keys, Journal(config.journal.path), file, lambda rows: show(rows, rows))
    printer.say(f"{file} holds {done.rows:,} rows of {done.tables} tables in {done.bytes:,} bytes.")
    printer.document({"file": file, "tables": done.tables, "rows": done.rows, "bytes": done.bytes})


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `tipsheet backup` wrote.")],
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The journal; else the one of [journal] path.")
    ] = None,
    without_journal: Annotated[
        bool, typer.Option("--without-journal", help="There is none: nothing is sent until you have looked.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what is in the database now.")] = False,
    as_json: Json = False,
) -> None:
    """Make the database what a backup says, and bring back from the journal what came after it.

    Opt-outs and complaints since the backup hold, and whoever was mailed since is not mailed again. Either all of it
    is done or nothing.

    Example: tipsheet restore tipsheet-2026-12-01.backup
    """
    config, printer = read_config(ctx), Printer(as_json)
    wish = Wish(None if without_journal else journal or config.journal.path, replace)
    with closing(Database(config.database.url)) as db, printer.progress("rows") as show:
        done = restore_from(db, load_keys(config.keys.path), file, wish, lambda rows: show(rows, rows))
        name = migrations.name(db)
    _say(printer, done, name)
    printer.document(
        {
            "database": name,
            "made_at": done.made_at,
            "rows": done.rows,
            "stops": done.replayed.stops,
            "accepted_batches": done.replayed.accepted,
            "uncertain_batches": done.replayed.uncertain,
            "needs_attention": done.held,
            "sending_off": done.sending_off,
        }
    )


def _say(printer: Printer, done: Restored, name: str) -> None:
    again = done.replayed
    printer.say(f"The database {name} is as it was at {done.made_at:%Y-%m-%d %H:%M:%S} UTC, {done.rows:,} rows.")
    if again.stops or again.accepted or again.uncertain:
        printer.say(
            f"From the journal: {counted(again.stops, 'opt-out or other stop', 'opt-outs and other stops')}, "
            f"{counted(again.accepted, 'batch', 'batches')} that had been accepted, {again.uncertain:,} of which it is "
            "not known."
        )
    if done.held:
        printer.say(f"These need attention before they go on: {', '.join(done.held)}.", "yellow")
    if done.sending_off:
        printer.say(f"{done.sending_off}.", "bold")
