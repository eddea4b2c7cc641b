"""`tipsheet status`: the whole service at a glance, and everything that needs a person."""

from __future__ import annotations

from dataclasses import asdict

import typer

from base.database import database_now
from base.errors import Broken
from campaigns.alerts.needs import ELSEWHERE
from campaigns.overview import Overview, Wanted, overview
from cli.door import Door, opened
from cli.output import Json, Printer, in_words, in_zone, when
from delivery import installation


def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Show whether the service runs, what leaves next, what is leaving, and what needs a person.

    Example: tipsheet status
    """
    with opened(ctx) as door:
        with door.db.read() as s:
            found = overview(s, database_now(s), door.config)
        zone, trouble = door.config.campaigns.zone, _cannot_write(door, found)
    printer = Printer(as_json)
    _draw(printer, found, zone, trouble)
    printer.document({**asdict(found), "trouble": trouble or None})


def _cannot_write(door: Door, found: Overview) -> str:
    """Why nothing leaves although a service may be there: where nothing can be recorded it cannot sign in either."""
    try:
        door.journal.try_out()
        if not found.running:
            with door.db.write() as s:
                installation.try_writing(s)
    except Broken as trouble:
        return trouble.sentence
    return ""


def _draw(printer: Printer, found: Overview, zone: str, trouble: str) -> None:
    if trouble and not found.running:
        printer.say(f"Nothing leaves: {trouble}", "red")
    elif found.running:
        printer.say("The service is running.", "green")
        if found.workers is not None:
            _draw_workers(printer, found.workers)
        if trouble:  # whoever asks may be another user, or be kept from that folder
            printer.say(
                f"From here the journal cannot be written; unless the service can, nothing leaves: {trouble}", "yellow"
            )
    else:
        seen = f" since {when(found.last_seen, zone)}" if found.last_seen else ""
        # A start would be refused where the list below says what has to come first.
        start = "" if any(one.cause == ELSEWHERE for one in found.needs) else "; start it with: tipsheet run"
        printer.say(f"Nothing is running{seen}, so nothing leaves{start}", "yellow")
    rows = [(when(one.at, one.zone), one.campaign or f"series {one.series}", in_words(one.state)) for one in found.next]
    printer.table(("next", "what", "state"), rows, empty="Nothing has a time yet.")
    names = ("audience", "accepted", "planned", "sending", "uncertain")
    counts = [
        (one["slug"], in_words(one["state"]), *(f"{one['counts'][name]:,}" for name in names)) for one in found.sending
    ]
    printer.table(
        ("leaving", "state", "recipients>", "accepted>", "planned>", "sending>", "uncertain>"), counts, empty=""
    )
    draw_needs(printer, found.needs, zone)


def _draw_workers(printer: Printer, workers: int) -> None:
    if workers:
        printer.say("One worker sends." if workers == 1 else f"{workers} workers send.", "green")
    else:
        printer.say("No worker is running, so nothing leaves; start one with: tipsheet worker", "yellow")


def draw_needs(printer: Printer, needs: tuple[Wanted, ...], zone: str) -> None:
    """The list that status and doctor share."""
    printer.say("What needs a person:" if needs else "Nothing needs a person.", "bold")
    for one in needs:
        since = f" (since {when(one.since, zone)})" if one.since else ""
        printer.say(f"! {in_zone(one.words, zone)}{since}", "yellow")
