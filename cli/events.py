"""`tipsheet events …`: what the provider told, told again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.door import noted, opened
from cli.output import Json, Printer
from delivery.event_files import retell

NOT_KEPT = "not kept: opens of people who did not agree"
app = typer.Typer(help="Events: what SendGrid told of mails.")


@app.command()
def replay(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Events as SendGrid posts them, one or a body a line; .gz, too.")
    ],
    as_json: Json = False,
) -> None:
    """Apply the events of a file, as if SendGrid had posted them now. What is known already changes nothing.

    Example: tipsheet events replay missed.jsonl.gz
    """
    with opened(ctx) as door:
        done = retell(door.db, door.keys, file)
        with door.db.write() as s:
            noted(s, "events replay", file.name, after=asdict(done))
    printer = Printer(as_json)
    names = {"read": done.read, "new": done.new, "known before": done.known, NOT_KEPT: done.not_kept}
    names["new, of no run here"] = done.of_no_run
    printer.facts({name: f"{number:,}" for name, number in names.items()})
    printer.document(done)


@app.callback()
def main() -> None:
    """Events: what SendGrid told of mails."""
