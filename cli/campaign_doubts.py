"""`tipsheet campaign uncertain`: what no trustworthy answer came for. Settling it: campaign_decisions.py."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Annotated

import typer

from base.database import database_now
from base.words import counted, lasting
from campaigns.doubts import Uncertain, uncertain
from campaigns.drafts import get_campaign
from cli.campaign_reports import app as app
from cli.campaigns import Slug
from cli.door import opened
from cli.output import Json, Printer, in_zone, when
from cli.service import rules
from delivery.providers import open_provider

FEW = 5  # people of a batch who are named


@app.command("uncertain")
def uncertain_(
    ctx: typer.Context,
    slug: Slug,
    everybody: Annotated[bool, typer.Option("--people", help=f"Name everybody, not only {FEW} of a batch.")] = False,
    as_json: Json = False,
) -> None:
    """Show what left without an answer to be trusted: whom it was for, what is known, and what is waited for.

    Example: tipsheet campaign uncertain december
    """
    with opened(ctx) as door, closing(open_provider(door.config)) as provider:
        with door.db.read() as s:
            found = uncertain(s, get_campaign(s, slug), provider, rules(door.config))
            now = database_now(s)
        zone = door.config.campaigns.zone
    printer = Printer(as_json)
    if not found.attempts:
        printer.say(f"Nothing of {slug} is uncertain.")
    for one in found.attempts:
        age = lasting(max(now - one.began_at, timedelta()))  # a clock that was set back
        printer.say(f"Batch {one.batch}, attempt {one.number}: {counted(len(one.people), 'person', 'people')}", "bold")
        facts = {"left": f"{when(one.began_at, zone)}, {age} ago", "known": in_zone(one.answer, zone)}
        facts |= {"id": one.attempt, "account": one.account}
        printer.facts({**facts, "people": _names(one.people, len(one.people) if everybody else FEW)})
        for awaited in one.waits_for:
            printer.say(f"  waits for {in_zone(awaited, zone)}")
    _draw_ways_out(printer, found)
    printer.document(found)


def _draw_ways_out(printer: Printer, found: Uncertain) -> None:
    if found.attempts:
        printer.say(
            f"{counted(found.people, 'person', 'people')} in doubt. Where you know what became of the mails, say so:"
        )
    for command in found.settle_by:
        printer.say(f"  {command}")


def _names(people: tuple[str, ...], most: int) -> str:
    more = f" and {len(people) - most:,} more (--people)" if len(people) > most else ""
    return ", ".join(people[:most]) + more
