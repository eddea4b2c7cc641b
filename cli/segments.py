"""`tipsheet segment …`: saved rules over subscribers."""

from __future__ import annotations

from typing import Annotated

import typer

from base.words import counted
from campaigns.segments.explain import Part
from campaigns.segments.explain import explain as explained
from campaigns.segments.fields import FIELDS, WAYS
from campaigns.segments.people import PAGE, page
from campaigns.segments.people import count as count_of
from campaigns.segments.saved import add_segment, all_segments, chosen, doubt, edit_segment, get_segment
from cli.door import noted, opened
from cli.output import Json, Printer
from subscribers.fields.custom import all_fields
from subscribers.lists import get_list
from subscribers.people import get_subscriber

app = typer.Typer(help="Segments: saved rules over subscribers.")

Slug = Annotated[str, typer.Argument(help="A short name, such as milpitas-runners.")]
NewRule = Annotated[str, typer.Argument(help="Conditions joined by and, or, not and parentheses.")]
Asked = Annotated[str, typer.Argument(metavar="RULE-OR-SLUG", help="A segment's short name, or a rule to try.")]
On = Annotated[str, typer.Option("--list", help="The list to ask on.")]


@app.command()
def add(ctx: typer.Context, slug: Slug, rule: NewRule, as_json: Json = False) -> None:
    """Save a rule under a name.

    Example: tipsheet segment add milpitas-runners 'city = "Milpitas" and tag has runner and not tag has newcomer'
    """
    with opened(ctx) as door, door.db.write() as s:
        segment = add_segment(s, slug, rule)
        noted(s, "segment add", slug, after={"rule": segment.rule})
        warning = doubt(s, rule)
    printer = Printer(as_json)
    printer.say(f"The segment {slug} is added; see how many it holds with: tipsheet segment count {slug} --list LIST")
    printer.document({"slug": segment.slug, "rule": segment.rule, "warnings": _warned(printer, warning)})


@app.command()
def edit(ctx: typer.Context, slug: Slug, rule: NewRule, as_json: Json = False) -> None:
    """Give a segment another rule: for whatever is launched from now on.

    Example: tipsheet segment edit milpitas-runners 'city in ("Milpitas", "Fremont") and tag has runner'
    """
    with opened(ctx) as door, door.db.write() as s:
        before = get_segment(s, slug).rule
        segment = edit_segment(s, slug, rule)
        noted(s, "segment edit", slug, before={"rule": before}, after={"rule": segment.rule})
        warning = doubt(s, rule)
    printer = Printer(as_json)
    printer.say(f"The segment {slug} has its new rule; an approved campaign says what that changes in its plan.")
    printer.document(
        {"slug": segment.slug, "rule": segment.rule, "warnings": _warned(printer, warning), "before": before}
    )


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
def fields(ctx: typer.Context, as_json: Json = False) -> None:
    """Show what a rule may ask for, and how: every field, with its type and an example of each way to ask.

    Example: tipsheet segment fields
    """
    with opened(ctx) as door, door.db.read() as s:
        custom = all_fields(s)
    printer = Printer(as_json)
    rows = [(name, known.kind, known.help) for name, known in FIELDS.items() if name not in custom]
    rows += [(each.name, each.type, ", ".join(each.choices) or "a custom field") for each in custom.values()]
    printer.table(("field", "type", "what it is"), rows, empty="")
    ways = [(kind, shape, example) for kind, several in WAYS.items() for shape, example in several]
    printer.table(("a field of type", "is asked for by", "such as"), ways, empty="")
    printer.document(
        {
            "fields": [{"name": name, "type": kind, "help": words} for name, kind, words in rows],
            "ways": [{"type": kind, "shape": shape, "example": example} for kind, shape, example in ways],
        }
    )


@app.command()
def count(ctx: typer.Context, segment: Asked, on: On, as_json: Json = False) -> None:
    """Count whom a segment would reach on a list now.

    Example: tipsheet segment count 'tag has runner' --list monthly-tips
    """
    with opened(ctx) as door, door.db.read() as s:
        found = count_of(s, chosen(s, segment), get_list(s, on).id)
        warning = doubt(s, found.rule)
    printer = Printer(as_json)
    people = counted(found.mailable, "person", "people")
    printer.say(f"{found.recipients:,} of the {people} on {on} who may be mailed")
    if found.seen is not None:
        printer.say(f"Opens can be seen of {found.seen:,} of them: the others did not agree to it, or were not asked")
    printer.document(
        {
            "list": on,
            "rule": found.rule,
            "recipients": found.recipients,
            "mailable": found.mailable,
            **({} if found.seen is None else {"seen": found.seen}),
            "warnings": _warned(printer, warning),
        }
    )


@app.command()
def people(
    ctx: typer.Context,
    segment: Asked,
    on: On,
    after: Annotated[int, typer.Option(help="Go on after the person with this number, the last of a page.")] = 0,
    as_json: Json = False,
) -> None:
    """Show whom a segment would reach on a list now, 50 at a time.

    Example: tipsheet segment people 'tag has runner' --list monthly-tips
    """
    with opened(ctx) as door, door.db.read() as s:
        found = page(s, chosen(s, segment), get_list(s, on).id, after=after)
    printer = Printer(as_json)
    rows = [(each.id, each.email, f"{each.first_name} {each.last_name}".strip()) for each in found]
    printer.table(("number>", "address", "name"), rows, empty="Nobody" if not after else "Nobody more")
    if len(found) == PAGE:
        printer.say(f"The next {PAGE}: the same command with --after {found[-1].id}")
    printer.document({"list": on, "people": found, "next": found[-1].id if len(found) == PAGE else None})


@app.command()
def explain(
    ctx: typer.Context,
    segment: Asked,
    email: Annotated[str, typer.Argument(help="The person's address.")],
    as_json: Json = False,
) -> None:
    """Show which part of a rule is true of one person, and what they have there.

    Example: tipsheet segment explain 'city = "Milpitas" and tag has runner' ana@example.com
    """
    with opened(ctx) as door, door.db.read() as s:
        asked = chosen(s, segment)
        parts = explained(s, asked, get_subscriber(s, door.keys, email).id)
    printer = Printer(as_json)
    answer = "is in it" if parts[0].true else "is not in it"
    printer.say(f"{email} {answer}; whether they may be mailed is told by: tipsheet subscriber show {email}")
    printer.table(("true", "part", "has"), [_row(part) for part in parts], empty="")
    printer.document({"email": email, "rule": asked.text, "inside": parts[0].true, "parts": parts})


def _warned(printer: Printer, warning: str) -> list[str]:
    if warning:
        printer.say(f"! {warning}", "yellow")
    return [warning] if warning else []


def _row(part: Part) -> tuple[str, str, str]:
    return "yes" if part.true else "no", "  " * part.depth + part.rule, part.has
