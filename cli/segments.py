"""`tipsheet segment …`: saved rules over subscribers."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.segments.saved import add_segment, all_segments, doubt
from campaigns.segments.saved import count as count_of
from cli.door import noted, opened
from cli.output import Json, Printer
from subscribers.lists import get_list

app = typer.Typer(help="Segments: saved rules over subscribers.")


@app.command()
def add(
    ctx: typer.Context,
    slug: Annotated[str, typer.Argument(help="A short name, such as milpitas-runners.")],
    rule: Annotated[str, typer.Argument(help="Fields and tags, joined by and, or, not and parentheses.")],
    as_json: Json = False,
) -> None:
    """Save a rule under a name.

    Example: tipsheet segment add milpitas-runners 'city = "Milpitas" and tag has runner and not tag has newcomer'
    """
    with opened(ctx) as door, door.db.write() as s:
        segment = add_segment(s, slug, rule)
        noted(s, "segment add", slug, after={"rule": segment.rule})
        warning = doubt(s, rule)
    printer = Printer(as_json)
    printer.say(f"The segment {slug} is added; see how many it holds with: tipsheet segment count {slug} --list LIST")
    if warning:
        printer.say(f"! {warning}", "yellow")
    printer.document({"slug": segment.slug, "rule": segment.rule, "warnings": [warning] if warning else []})


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every segment with its rule.

    Example: tipsheet segment list
    """
    with opened(ctx) as door, door.db.read() as s:
        segments = all_segments(s)
    printer = Printer(as_json)
    empty = "No segment yet; add one with: tipsheet segment add SLUG 'RULE'"
    printer.table(("segment", "rule"), [(each.slug, each.rule) for each in segments], empty=empty)
    printer.document([{"slug": each.slug, "rule": each.rule} for each in segments])


@app.command()
def count(
    ctx: typer.Context,
    segment: Annotated[str, typer.Argument(metavar="RULE-OR-SLUG", help="A segment's short name, or a rule to try.")],
    on: Annotated[str, typer.Option("--list", help="The list to count on.")],
    as_json: Json = False,
) -> None:
    """Count whom a segment would reach on a list now.

    Example: tipsheet segment count 'tag has runner' --list monthly-tips
    """
    with opened(ctx) as door, door.db.read() as s:
        counted = count_of(s, segment, get_list(s, on).id)
        warning = doubt(s, counted.rule)
    printer = Printer(as_json)
    printer.say(f"{counted.recipients:,} of the {counted.mailable:,} people on {on} who may be mailed")
    if warning:
        printer.say(f"! {warning}", "yellow")
    printer.document(
        {
            "list": on,
            "rule": counted.rule,
            "recipients": counted.recipients,
            "mailable": counted.mailable,
            "warnings": [warning] if warning else [],
        }
    )
