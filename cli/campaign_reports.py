"""`tipsheet campaign report`: how a campaign went, in the terminal or as a page to pass on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from base.errors import Refused
from base.words import counted
from campaigns.drafts import get_campaign
from campaigns.report.page import page
from campaigns.report.rates import SEEN, Rate, percent
from campaigns.report.report import BESIDE, Report, as_beside, report
from cli.campaign_plans import app as app
from cli.campaigns import Slug
from cli.door import opened
from cli.output import Json, Printer, in_words, when
from cli.plot import plot_hours


@app.command("report")
def report_(
    ctx: typer.Context,
    slug: Slug,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page to pass on, whole in itself.")] = None,
    as_json: Json = False,
) -> None:
    """Show how it went: each number with what it is a part of, the first 48 hours, links, what came back.

    Example: tipsheet campaign report december --html december.html
    """
    with opened(ctx) as door, door.db.read() as s:
        found = report(s, get_campaign(s, slug), door.config)
        config = door.config
    printer = Printer(as_json)
    if html:
        _write(html, page(found, config))
        printer.say(f"Written to {html}; it opens in any browser, prints, and names no recipient.")
    else:
        _draw(printer, found)
    printer.document(found)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as cause:
        raise Refused(f"{file} cannot be written: {cause.strerror}; name a file in a folder that is there") from cause


def _draw(printer: Printer, found: Report) -> None:
    printer.say(f"{found.subject}: {in_words(found.state)}", "bold")
    whole = f"{found.list_name}, segment {found.segment}" if found.segment else found.list_name
    printer.facts({"to": whole, "launched": when(found.launched_at, found.zone)})
    _draw_rates(printer, found)
    plot_hours(printer, "opened", [hour.opened for hour in found.hours])
    plot_hours(printer, "clicked", [hour.clicked for hour in found.hours])
    links = [(link.words, f"{link.people:,}", f"{link.clicks:,}", link.url) for link in found.links]
    printer.table(("link", "people>", "clicks>", "address"), links, empty="")
    back = [(each.kind, each.reason, f"{each.people:,}") for each in found.came_back]
    printer.table(("came back", "because", "people>"), back, empty="")
    _draw_reasons(printer, "refused", found.refused)
    _draw_reasons(printer, "skipped", found.skipped)
    _draw_reasons(printer, "not in the audience", found.excluded)
    _draw_beside(printer, found)


def _draw_rates(printer: Printer, found: Report) -> None:
    for what in ("recipients", "accepted", "delivered", SEEN):
        mine = [rate for rate in found.rates if rate.of_what == what]
        if what == SEEN and not mine[0].of:
            continue
        rows = [(rate.name, f"{rate.people:,}", percent(rate.share)) for rate in mine if _is_shown(rate)]
        of = counted(mine[0].of, what.removesuffix("s"), what)  # recipients are counted, the others describe them
        printer.table((f"of {of}", "people>", "share>"), rows, empty="")
    if any(rate.of and rate.share is None for rate in found.rates):
        printer.say("–: nothing of that kind was told of, so it may as well be that nobody looks. Opens and clicks are")
        printer.say("   told of only where the provider is asked to follow them.")


def _is_shown(rate: Rate) -> bool:
    """What is rare is named where it happened."""
    return bool(rate.people) or rate.name in ("accepted", "delivered", "opened", "clicked", "opted out", "complained")


def _draw_reasons(printer: Printer, title: str, reasons: Mapping[str, int]) -> None:
    printer.table((title, "people>"), [(why, f"{people:,}") for why, people in reasons.items()], empty="")


def _draw_beside(printer: Printer, found: Report) -> None:
    if not found.beside:
        return
    rows = [
        (one.slug, one.segment, f"{one.recipients:,}", *(percent(rate.share) for rate in one.rates))
        for one in (as_beside(found), *found.beside)
    ]
    columns = ("beside the last ones", "segment", "recipients>", *(f"{name}>" for name in BESIDE))
    printer.table(columns, rows, empty="")
