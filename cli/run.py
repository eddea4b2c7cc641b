"""`tipsheet run`: the whole service, until somebody stops it. What it is made of is in service.py."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from base import logging
from base.config import Config
from cli.child_process import end_with_parent
from cli.door import actor, opened
from cli.output import Json, Printer
from delivery import installation

if TYPE_CHECKING:
    from cli.service import Running


def run(
    ctx: typer.Context,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    as_json: Json = False,
) -> None:
    """Run the service: the clock, the outbox, the public pages, and localgrid where the provider is local.

    Ctrl-C stops it: nothing new leaves, and what is in flight is finished.

    Example: tipsheet run
    """
    # Imported where it is used: no other command has to wait for web server and clock.
    from cli.service import running

    stop = stop_on_signal("Stopping; what is in flight is finished first.")
    if with_parent:
        end_with_parent()
    with opened(ctx) as door:
        with door.db.write() as s:
            installation.sign_in(s, installation.place(door.config), actor())
        logging.setup(door.config.logging.level, door.config.logging.format)
        with running(door) as service:
            _say(Printer(as_json), door.config, service)
            service.wait(stop)


def stop_on_signal(words: str) -> threading.Event:
    """Set by Ctrl-C or SIGTERM, also where a shell started us in the background and told us to ignore the first."""
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        # The second one ends us at once. That is safe: the next start finds everything on record.
        signal.signal(number, signal.SIG_DFL)
        if not stop.is_set():
            sys.stderr.write(f"{words}\n")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return stop


def _say(printer: Printer, config: Config, service: Running) -> None:
    web, grid = service.server.url, service.grid
    leaves = f"localgrid; its mailbox is {grid.url}/" if grid else config.delivery.provider
    printer.say(f"Tipsheet runs. Pages and web hook: {web}. Mail leaves through {leaves}.")
    if config.delivery.provider == "sendgrid" and not config.sendgrid.webhook_key:
        printer.say(
            "No event is believed, as there is no [sendgrid] webhook_key; learn it with: tipsheet connect sendgrid",
            "yellow",
        )
    printer.say("Ctrl-C stops it.")
    printer.document(
        {"web": web, "provider": config.delivery.provider, "mailbox_url": f"{grid.url}/" if grid else None}
    )
    sys.stdout.flush()
