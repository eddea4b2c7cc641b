"""`tipsheet suppression …`: stops on addresses, as far as staff has to do with them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.door import noted, opened
from cli.output import Json, Printer
from delivery.providers import open_provider
from delivery.pull import pull as pull_from

app = typer.Typer(help="Suppressions: stops on addresses, whoever holds them.")


@app.command()
def pull(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="All there is, not only what came since the last.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch who bounced, complained or opted out at the provider; for when its events were lost.

    Example: tipsheet suppression pull
    """
    with opened(ctx) as door:
        done = pull_from(door.db, door.keys, open_provider(door.config), everything=everything)
        with door.db.write() as s:
            noted(s, "suppression pull", "suppressions", after={"read": done.read, "new": done.new})
    printer = Printer(as_json)
    printer.say(f"{done.read:,} addresses read, {done.new:,} of them were not known here to be stopped.")
    if done.unreadable:
        printer.say(f"{done.unreadable:,} are no addresses and were passed over.", "yellow")
    printer.document({"read": done.read, "new": done.new, "unreadable": done.unreadable})
