"""`tipsheet adopt` and `tipsheet resume`: a person's word that a database may send from here, and again."""

from __future__ import annotations

from typing import Annotated

import typer

from base.errors import Refused
from cli.door import actor, noted, opened
from cli.output import Json, Printer
from delivery import installation


def adopt(
    ctx: typer.Context,
    beside: Annotated[bool, typer.Option("--beside", help="The other places go on sending, too.")] = False,
    as_json: Json = False,
) -> None:
    """Let this database, which was last used elsewhere, send from this machine and configuration.

    A copy must not send what the original sends as well: make sure that nothing runs on the other one any more.

    Example: tipsheet adopt
    """
    with opened(ctx) as door:
        here = installation.place(door.config)
        with door.db.write() as s:
            installation.adopt(s, here, actor(), beside=beside)
            noted(s, "adopt", here)
    printer = Printer(as_json)
    printer.say(f"This database sends from {here}. Start it with: tipsheet run")
    printer.document({"place": here})


def resume(
    ctx: typer.Context,
    after_restore: Annotated[
        bool, typer.Option("--after-restore", help="You have looked after what the restore could not bring back.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Send again after a restore that turned sending off.

    Campaigns that need attention still do: go on with each by `tipsheet campaign resume`, or cancel it.

    Example: tipsheet resume --after-restore
    """
    if not after_restore:
        raise Refused("Say --after-restore if that is what you mean; a campaign goes on with: tipsheet campaign resume")
    with opened(ctx) as door:
        pulls = door.config.delivery.provider != "files"  # which has nobody to ask
        with door.db.write() as s:
            installation.resume(s, pulls=pulls)
            noted(s, "resume", "sending")
    printer = Printer(as_json)
    printer.say("Sending is on again. Campaigns that need attention wait for you: tipsheet campaign list")
    printer.document({"sending": True})
