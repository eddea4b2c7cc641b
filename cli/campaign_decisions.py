"""`tipsheet campaign …`: deciding. The command writes what people want; the service that runs acts on it."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from base.errors import BadInput, Broken, Refused
from base.time import parse_duration
from campaigns import decisions
from campaigns.approved import remember
from campaigns.doubts import attempts_in_doubt
from campaigns.drafts import get_campaign
from campaigns.status import Status, is_going_on
from campaigns.status import status as status_of
from cli.campaigns import Events, Slug, draw_status
from cli.campaigns import app as app
from cli.door import Door, actor, noted, opened
from cli.output import Json, Printer, console, in_words, when
from delivery import dispatch, heartbeat, installation

LOOK = 0.3  # seconds between looks while waiting
Over = Annotated[str | None, typer.Option(help="Spread its mails evenly over so long, such as 6h.")]


@app.command()
def approve(ctx: typer.Context, slug: Slug, without_events: Events = False, as_json: Json = False) -> None:
    """Approve it as it is now: what it says is frozen, and the plan goes on record.

    Example: tipsheet campaign approve december
    """
    with opened(ctx) as door:
        with door.db.write() as s:
            decisions.approve(s, get_campaign(s, slug, lock=True), door.config, _by(without_events))
            noted(s, "campaign approve", slug)
        remember(door.db, slug, door.config)
        tell(door, slug, as_json, f"{slug} is approved as it is now.")


@app.command()
def schedule(
    ctx: typer.Context,
    slug: Slug,
    at: Annotated[str, typer.Option(metavar="'YYYY-MM-DD HH:MM'", help="The wall time.")],
    zone: Annotated[str | None, typer.Option(help="In this zone; else [campaigns] zone.")] = None,
    local: Annotated[bool, typer.Option("--local", help="For each person in their own zone.")] = False,
    fallback: Annotated[
        str | None, typer.Option("--fallback-zone", help="With --local: for people without a zone.")
    ] = None,
    over: Over = None,
    without_events: Events = False,
    as_json: Json = False,
) -> None:
    """Send it at a wall time in a zone, or with --local in each person's own; approves it on the way.

    Example: tipsheet campaign schedule december --at '2026-12-01 09:00' --zone America/Los_Angeles
    """
    with opened(ctx) as door:
        there = _zone(zone, fallback, local=local) or door.config.campaigns.zone
        with door.db.write() as s:
            campaign = get_campaign(s, slug, lock=True)
            by = _by(without_events)
            decisions.schedule(s, campaign, door.config, at, there, by, local=local, over=_length(over))
            noted(s, "campaign schedule", slug, after={"at": at, "zone": there, "local": local, "over": over})
            leaves = when(campaign.scheduled_for, there)
        remember(door.db, slug, door.config)
        first = f"{slug} leaves at {at} in each person's zone, the first mails at {leaves}."
        tell(door, slug, as_json, first if local else f"{slug} leaves at {leaves}.", needs_service=True)


@app.command()
def send(
    ctx: typer.Context,
    slug: Slug,
    wait: Annotated[bool, typer.Option("--wait", help="Stay and show how far it is.")] = False,
    over: Over = None,
    without_events: Events = False,
    as_json: Json = False,
) -> None:
    """Send it now; approves it on the way.

    Example: tipsheet campaign send december --wait
    """
    with opened(ctx) as door:
        with door.db.write() as s:
            campaign = get_campaign(s, slug, lock=True)
            decisions.send(s, campaign, door.config, _by(without_events), over=_length(over))
            noted(s, "campaign send", slug, after={"over": over} if over else None)
        if wait:
            _require_service(door, slug)
            _watch(door, slug)
        found = tell(door, slug, as_json, f"{slug} leaves now.", needs_service=True)
    if wait and found.state not in ("sent", "partially_sent"):
        raise Refused(f"{slug} is {in_words(found.state)} now; see: tipsheet campaign status {slug}")


@app.command()
def pause(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Stop sending it for now; what is with the provider at this moment ends as it ends.

    Example: tipsheet campaign pause december
    """
    with opened(ctx) as door:
        with door.db.write() as s:
            decisions.pause(s, get_campaign(s, slug, lock=True))
            noted(s, "campaign pause", slug)
        tell(door, slug, as_json, f"{slug} is paused; go on with: tipsheet campaign resume {slug}")


@app.command()
def resume(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Go on after a pause, or after you have looked at what needed attention.

    Example: tipsheet campaign resume december
    """
    with opened(ctx) as door:
        with door.db.write() as s:
            decisions.resume(s, get_campaign(s, slug, lock=True), door.config)
            noted(s, "campaign resume", slug)
        tell(door, slug, as_json, f"{slug} goes on.", needs_service=True)


@app.command()
def cancel(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Send it to nobody more. Who has been mailed stays on record.

    Example: tipsheet campaign cancel december
    """
    with opened(ctx) as door:
        with door.db.write() as s:
            decisions.cancel(s, get_campaign(s, slug, lock=True))
            noted(s, "campaign cancel", slug)
        tell(door, slug, as_json, f"{slug} is cancelled.")


@app.command()
def resolve(
    ctx: typer.Context,
    slug: Slug,
    because: Annotated[str, typer.Option(help="How you know; it stands on record beside your name.")],
    was_sent: Annotated[bool, typer.Option("--sent/--not-sent", help="What became of the uncertain mails.")],
    as_json: Json = False,
) -> None:
    """Decide what became of uncertain mails where no proof came: sent, or not sent and to be sent again.

    Example: tipsheet campaign resolve december --sent --because 'SendGrid Activity shows all of them'
    """
    with opened(ctx) as door:
        with door.db.write() as s:
            campaign = get_campaign(s, slug, lock=True)
            before = {"uncertain": attempts_in_doubt(s, campaign)}
            settled = decisions.resolve(s, campaign, sent=was_sent, because=because, by=_by(False))
            after = {"sent": was_sent, "because": because, "uncertain": attempts_in_doubt(s, campaign)}
            noted(s, "campaign resolve", slug, before=before, after=after)
        batches = "One batch" if settled == 1 else f"{settled:,} batches"
        tell(door, slug, as_json, f"{batches} of {slug} settled.", needs_service=not was_sent)


def _length(over: str | None) -> timedelta | None:
    return parse_duration(over) if over else None


def _zone(zone: str | None, fallback: str | None, *, local: bool) -> str | None:
    if local and zone:
        raise BadInput("With --local each person's own zone counts; name that of people without one by --fallback-zone")
    if fallback and not local:
        raise BadInput("--fallback-zone goes with --local; name the zone of a time that is one for all by --zone")
    return fallback or zone


def _by(without_events: bool) -> decisions.By:
    return decisions.By(actor(), without_events)


def tell(door: Door, slug: str, as_json: bool, sentence: str, *, needs_service: bool = False) -> Status:
    """What was decided, and how it stands now."""
    printer = Printer(as_json)
    try:
        found, missing, off = _look(door, slug)
    except Broken:
        printer.say(sentence)  # it is done all the same
        raise
    going_on = is_going_on(found)
    if going_on or not needs_service:
        printer.say(sentence)
    if not going_on and (needs_service or found.attention or found.counts.audience):
        draw_status(printer, found, door)
    if going_on and needs_service and missing:
        printer.say(f"Nothing is running that would send it: start {missing}", "yellow")
    if going_on and needs_service and off:
        printer.say(off, "yellow")
    printer.document({**found.document(), "service_running": not missing})
    return found


def _look(door: Door, slug: str) -> tuple[Status, str, str]:
    """How it stands, what would have to be started, and why nothing is sent at all, where that is so."""
    with door.db.read() as s:
        return status_of(s, get_campaign(s, slug)), _missing(door, s), installation.why_off(s)


def _missing(door: Door, s: Any) -> str:
    return heartbeat.missing(s, by_workers=door.config.dispatch.engine == dispatch.ENGINE)


def _require_service(door: Door, slug: str) -> None:
    """Nobody should watch a bar that cannot move."""
    with door.db.read() as s:
        if missing := _missing(door, s):
            raise Refused(f"{slug} is due, but nothing is running that would send it: start {missing}")
        if off := installation.why_off(s):
            raise Refused(f"{slug} is due, but {off[0].lower()}{off[1:]}")


def _watch(door: Door, slug: str) -> None:
    """Until it changes no more by itself. The bar is drawn from the rows, as any other look would be."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr)) as bar:
        task = bar.add_task(slug, total=None)
        while True:
            found, _, _ = _look(door, slug)
            n = found.counts
            done = n.audience - n.planned - n.sending
            bar.update(task, total=n.audience or None, completed=done, description=f"{slug} {in_words(found.state)}")
            if not is_going_on(found):
                return
            time.sleep(LOOK)
