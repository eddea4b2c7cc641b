"""`tipsheet series …`: rules that make a campaign on each of their dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from base.database import database_now
from base.errors import BadInput
from campaigns.approved import remember
from campaigns.decisions import By
from campaigns.models import Series
from campaigns.series import decide, store
from campaigns.series.needs import once
from campaigns.series.next import Ahead, ahead, first_to_leave
from campaigns.series.occurrences import rule
from campaigns.series.words import day_words, notes
from cli.door import actor, noted, opened
from cli.output import Json, Printer, in_words, when

app = typer.Typer(help="Series: rules that make a campaign on each of their dates.")
Slug = Annotated[str, typer.Argument(help="The series' short name.")]
Start = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="No date before; weeks are counted from here.")
]
DaysAhead = Annotated[int, typer.Option(help="How many days before its date a campaign is made.")]
Approval = Annotated[str, typer.Option(help="required: it waits for yours; not: it leaves by itself.")]
SHOWN = 5


@app.command()
def add(
    ctx: typer.Context,
    slug: Slug,
    onto: Annotated[str, typer.Option("--list", help="The list it goes to.")],
    words: Annotated[str, typer.Option("--when", help="Days and a time: 'first tuesday 09:00', 'last weekday 5pm' …")],
    zone: Annotated[str | None, typer.Option(help="The zone of that time; else [campaigns] zone.")] = None,
    template: Annotated[str | None, typer.Option(help="The template; else [campaigns] template.")] = None,
    segment: Annotated[str | None, typer.Option(help="Only this part of the list.")] = None,
    days_ahead: DaysAhead = 5,
    approval: Approval = "required",
    offer: Annotated[str, typer.Option(help="required: nothing leaves without one; if-any: it may.")] = "required",
    subject: Annotated[str, typer.Option(help="One line, as in campaign add; else the article's title.")] = "",
    start: Start = None,
    as_json: Json = False,
) -> None:
    """Add a series. Each campaign is made from the next article that its list has not had and the offer of that day.

    Example: tipsheet series add tips --list monthly-tips --when 'first tuesday 09:00' --zone America/Los_Angeles
    """
    with opened(ctx) as door, door.db.write() as s:
        home, now = door.config.campaigns, database_now(s)
        draft = store.Draft(
            slug=slug,
            list=onto,
            when=words,
            zone=zone or home.zone,
            template=template or home.template,
            segment=segment,
            days_ahead=days_ahead,
            approval=approval,
            offer=offer,
            subject=subject,
            starts_on=_date(start, "--from") if start else None,
        )
        series = store.add_series(s, draft, door.config, actor=actor(), now=now)
        noted(s, "series add", slug, after={"when": series.words, "list": onto})
        coming = ahead(s, series, now, count=SHOWN)
    printer = Printer(as_json)
    printer.say(f"The series {slug} goes out {series.words}, {series.zone}. Its next dates:")
    _draw(printer, series, coming)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every series with the next date on which something is to leave.

    Example: tipsheet series list
    """
    with opened(ctx) as door, door.db.read() as s:
        now = database_now(s)
        found = [(each, *first_to_leave(s, each, now)) for each in store.all_series(s)]
    printer = Printer(as_json)
    rows = [
        (x.slug, x.words, x.zone, when(coming.at, x.zone) if coming else "ended", _standing(coming, left_out))
        for x, coming, left_out in found
    ]
    empty = "No series yet; add one with: tipsheet series add"
    printer.table(("series", "when", "zone", "next", ""), rows, empty=empty)
    printer.document([{**_document(x), "next": coming, "left_out": left_out} for x, coming, left_out in found])


@app.command("next")
def next_(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show the next five dates and what each will contain, or what it lacks.

    Example: tipsheet series next tips
    """
    with opened(ctx) as door, door.db.read() as s:
        series = store.get_series(s, slug)
        coming = ahead(s, series, database_now(s), count=SHOWN)
    printer = Printer(as_json)
    printer.say(f"{slug}: {series.words}, {series.zone}{'; it was ended' if series.ended_at else ''}", "bold")
    _draw(printer, series, coming)


@app.command()
def approve(
    ctx: typer.Context,
    slug: Slug,
    without_events: Annotated[
        bool, typer.Option("--without-events", help="Accept that no bounce, complaint or proof comes back.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Approve the next campaign that waits for it, as it is now; it leaves at its time.

    Example: tipsheet series approve tips
    """
    with opened(ctx) as door:
        with door.db.write() as s:
            series = store.get_series(s, slug, lock=True)
            campaign = decide.approve(s, series, door.config, By(actor(), without_events), database_now(s))
            noted(s, "series approve", slug, after={"campaign": campaign.slug})
        remember(door.db, campaign.slug, door.config)
    printer = Printer(as_json)
    printer.say(f"{campaign.slug} is approved and leaves at {campaign.wall} {campaign.zone}.")
    printer.document({"series": slug, "campaign": campaign.slug, "wall": campaign.wall, "zone": campaign.zone})


@app.command()
def skip(
    ctx: typer.Context,
    slug: Slug,
    on: Annotated[str | None, typer.Option("--date", metavar="DATE", help="Another date than the next.")] = None,
    as_json: Json = False,
) -> None:
    """Leave out the next date, or another one; what was made for it is cancelled.

    Example: tipsheet series skip tips --date 2027-01-05
    """
    with opened(ctx) as door, door.db.write() as s:
        series = store.get_series(s, slug, lock=True)
        day = decide.skip(s, series, _date(on, "--date") if on else None, actor=actor(), now=database_now(s))
        noted(s, "series skip", slug, after={"date": day})
    printer = Printer(as_json)
    printer.say(f"{slug} leaves out {day_words(day)}.")
    printer.document({"series": slug, "skipped": day})


@app.command()
def end(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """End a series: it makes no more campaigns. Those that it made stay as they are.

    Example: tipsheet series end tips
    """
    with opened(ctx) as door, door.db.write() as s:
        store.end(store.get_series(s, slug, lock=True), now=database_now(s))
        noted(s, "series end", slug)
    printer = Printer(as_json)
    printer.say(f"The series {slug} has ended; what it made stays, see: tipsheet campaign list")
    printer.document({"series": slug, "ended": True})


def _standing(coming: Ahead | None, left_out: list[date]) -> str:
    said = [in_words(coming.state)] if coming else []
    return "; ".join([*said, *(f"{day_words(day)} is left out" for day in left_out)])


def _draw(printer: Printer, series: Series, coming: list[Ahead]) -> None:
    rows = [
        (
            f"{when(x.at, series.zone)}",
            day_words(x.date).partition(" ")[0],
            x.campaign or x.state,
            in_words(x.state) if x.campaign else "",
            x.article.title if x.article else "–",
            x.offer.title if x.offer else "–",
        )
        for x in coming
    ]
    printer.table(("at", "", "campaign", "", "article", "offer"), rows, empty="It has no date to come.")
    said = notes(rule(series), coming[0].date, coming[-1].date) if coming else []
    for first, more in once(coming):
        printer.say(f"! {day_words(first.date)}{more}: {first.lacks}", "yellow")
    for note in said:
        printer.say(f"  {note}")
    printer.document({**_document(series), "next": coming, "notes": said})


def _document(series: Series) -> dict[str, Any]:
    return {
        "slug": series.slug,
        "when": series.words,
        "zone": series.zone,
        "template": series.template,
        "days_ahead": series.days_ahead,
        "approval": series.approval,
        "offer": series.offer,
        "subject": series.subject,
        "ended": series.ended_at is not None,
    }


def _date(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as cause:
        raise BadInput(f"{text[:40]!r} is no date for {option}; write it like 2027-01-05") from cause
