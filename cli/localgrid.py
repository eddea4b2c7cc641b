"""`tipsheet localgrid`: the local SendGrid by itself, for whoever wants it to outlive the service."""

from __future__ import annotations

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from base.errors import Refused
from cli.door import read_config
from cli.output import Json, Printer
from delivery.providers import LOCAL_KEY


def localgrid(
    ctx: typer.Context,
    port: Annotated[int | None, typer.Option(help="Where to listen; else [localgrid] port.", min=1, max=65535)] = None,
    data: Annotated[Path | None, typer.Option(help="Where mails are kept; else [localgrid] path.")] = None,
    events_to: Annotated[
        str | None, typer.Option(metavar="URL", help="Who is told of events; else the service of this configuration.")
    ] = None,
    sender: Annotated[
        list[str] | None, typer.Option(help="A verified domain or address, may be repeated; any when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a local SendGrid: it takes mail as the real one does, and keeps it to be read at its address.

    Example: tipsheet localgrid --port 8026
    """
    # Imported where they are used: no other command has to wait for them.
    from localgrid.server import serve
    from localgrid.settings import Account, Settings

    config = read_config(ctx)
    at = port or config.localgrid.port
    settings = Settings(
        data=data or config.localgrid.path,
        port=at,
        api_key=LOCAL_KEY,
        events_url=events_to or f"http://{config.web.host}:{config.web.port}/events/sendgrid",
        account=Account(senders=tuple(sender or ())),
    )
    url = f"http://127.0.0.1:{at}/"
    printer = Printer(as_json)
    printer.say(f"Its mailbox: {url}  Its API key: {LOCAL_KEY}  Ctrl-C stops it.")
    printer.document({"mailbox_url": url, "api_key": LOCAL_KEY, "events_to": settings.events_url})
    try:
        # What it says itself would be a second document.
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            serve(settings)
    except OSError as cause:
        raise Refused(f"localgrid cannot listen on port {at} ({cause.strerror}); choose another with --port") from cause
