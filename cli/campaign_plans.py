"""`tipsheet campaign plan`: who would get it, when, and what changed since it was approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from base.words import counted, lasting
from campaigns.approved import Moved, Person
from campaigns.drafts import get_campaign
from campaigns.plan import Plan
from campaigns.plan import plan as plan_of
from campaigns.state import OVER
from campaigns.status import Status
from campaigns.status import status as status_of
from campaigns.times import ZoneTime
from cli.campaign_decisions import app as app
from cli.campaigns import Events, Slug, warn
from cli.door import opened
from cli.output import Json, Printer, in_words, when


@app.command()
def plan(
    ctx: typer.Context,
    slug: Slug,
    people: Annotated[bool, typer.Option("--people", help="Name who came and who went since it was approved.")] = False,
    without_events: Events = False,
    as_json: Json = False,
) -> None:
    """Show who would get it, who not and why, when, what stands against it, and what changed since it was approved.

    Of one that has begun, or is cancelled, it says that and where to look; with --json it is that of `campaign status`.

    Example: tipsheet campaign plan december
    """
    with opened(ctx) as door, door.db.read() as s:
        campaign = get_campaign(s, slug)
        if campaign.launched_at or campaign.cancelled_at:
            _say_it_has_begun(Printer(as_json), status_of(s, campaign), launched=campaign.launched_at is not None)
            return
        planned = plan_of(s, campaign, door.config, without_events=without_events, names=people)
        zone = campaign.zone or door.config.campaigns.zone
    printer = Printer(as_json)
    _draw_audience(printer, planned)
    if len(planned.zones) > 1:
        _draw_zones(printer, planned.zones, zone)
    printer.facts(
        {
            "requests": planned.requests,
            "takes at least": _takes(planned),
            "first": when(planned.first_at, zone),
            "at the latest": when(planned.last_at, zone),
            "copies for colleagues": ", ".join(planned.seeds),
        }
    )
    _draw_changes(printer, planned, zone)
    warn(printer, planned.problems, planned.warnings)
    printer.document(planned)


def _say_it_has_begun(printer: Printer, found: Status, *, launched: bool) -> None:
    """Who would get it is a question about what lies ahead."""
    status = f"tipsheet campaign status {found.slug}"
    if found.state not in OVER:
        words = f"{found.slug} has begun to leave ({in_words(found.state)}); how far it is: {status}"
    else:
        where = f"tipsheet campaign report {found.slug}" if launched else status
        words = f"{found.slug} is {in_words(found.state)}, so nothing of it is to come; see: {where}"
    printer.say(words)
    printer.document(found.document())


def _draw_audience(printer: Printer, planned: Plan) -> None:
    whole = planned.recipients + sum(planned.excluded.values())
    rows = [("on the list", f"{whole:,}"), *((f"− {why}", f"{n:,}") for why, n in planned.excluded.items())]
    rows.append(("= will get it", f"{planned.recipients:,}"))
    if planned.seen:
        rows.append(("of whom opening is seen", f"{planned.seen:,}"))
    printer.table(("audience", "people>"), rows, empty="")


def _draw_zones(printer: Printer, rows: Sequence[ZoneTime], fallback: str) -> None:
    cells = [(x.zone or f"none, so {fallback}", x.local, f"{x.first:%Y-%m-%d %H:%M}", f"{x.people:,}") for x in rows]
    printer.table(("zone", "there", "UTC", "people>"), cells, empty="")


def _takes(planned: Plan) -> str:
    length = timedelta(seconds=planned.takes.seconds)
    return f"{lasting(length)}: {planned.takes.because}" if length else ""


def _draw_changes(printer: Printer, planned: Plan, zone: str) -> None:
    if drift := planned.changes.get("recipients"):
        before = counted(drift["approved"], "recipient was", "recipients were")
        printer.say(f"{before} approved, {counted(drift['now'], 'is', 'are')} there now")
    if planned.moved:
        _draw_moved(printer, planned.moved, zone)
    if "content" in planned.changes:
        printer.say(planned.changes["content"])
    for line in planned.changes.get("words", ()):
        printer.say(f"  {line}", {"+": "green", "-": "red"}.get(line[:1], ""))


def _draw_moved(printer: Printer, moved: Moved, zone: str) -> None:
    if moved.came or moved.went:
        printer.say(f"since {when(moved.since, zone)} {moved.came:,} came and {moved.went:,} went")
    _name(printer, "+", moved.who_came, moved.came)
    _name(printer, "-", moved.who_went, moved.went)


def _name(printer: Printer, sign: str, people: Sequence[Person], many: int) -> None:
    for person in people:
        printer.say(f"  {sign} {person.email}{': ' if person.why else ''}{person.why}")
    if people and many > len(people):
        printer.say(f"  {sign} and {many - len(people):,} more")
