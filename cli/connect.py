"""`tipsheet connect …`: Tipsheet and a provider's account, brought together step by step."""

from __future__ import annotations

from typing import Annotated

import typer

from base.errors import Refused
from cli.door import read_config
from cli.output import Json, Printer
from delivery import connect
from delivery.connect.finding import Finding, State
from delivery.connect.resolver import Dns

app = typer.Typer(help="Connect Tipsheet with the provider that carries its mail.")
STYLES: dict[State, str] = {"ok": "green", "mind": "yellow", "broken": "red"}
NameServer = Annotated[str, typer.Option("--dns", metavar="ADDRESS", help="Ask this name server, such as 9.9.9.9.")]


@app.callback()
def _options() -> None:
    """Also what keeps `sendgrid` a word of its own while it is the only one."""


@app.command()
def sendgrid(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look at everything and change nothing.")] = False,
    to: Annotated[str, typer.Option(metavar="EMAIL", help="Who gets the seed mail; else [delivery] seeds.")] = "",
    dns: NameServer = "",
    as_json: Json = False,
) -> None:
    """Check key, sender, DNS and public address, set up the signed event web hook, and send one mail.

    Each line says ok, or what is wrong and how to mend it. It may be repeated as often as you like.

    Example: tipsheet connect sendgrid --dry-run
    """
    config = read_config(ctx)
    printer, found = Printer(as_json), []
    for finding in connect.connect(config, Dns(dns), dry_run=dry_run, to=to):
        found.append(finding)
        draw(printer, finding)
    broken = [each.check for each in found if each.state == "broken"]
    printer.document({"ok": not broken, "dry_run": dry_run, "checks": found})
    if broken:
        raise Refused(f"Not connected yet: {', '.join(broken)}; do what is said there and connect again")


def draw(printer: Printer, finding: Finding) -> None:
    printer.say(f"{finding.state:6}  {finding.check:14}  {finding.words}", STYLES[finding.state])
