"""`tipsheet list …`: what people sign up for."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.door import opened
from cli.output import Json, Printer
from subscribers.lists import ListCounts, add_list, all_lists, get_list

app = typer.Typer(help="Lists: what people sign up for. Consent is per list.")
Slug = Annotated[str, typer.Argument(help="The list's short name, such as monthly-tips.")]


@app.command()
def add(
    ctx: typer.Context,
    slug: Slug,
    name: Annotated[str, typer.Option(help="What recipients see, such as 'Monthly tips'.")],
    as_json: Json = False,
) -> None:
    """Add a list.

    Example: tipsheet list add monthly-tips --name 'Monthly tips'
    """
    with opened(ctx) as door, door.db.write() as s:
        added = add_list(s, slug, name)
    printer = Printer(as_json)
    printer.say(
        f"The list {added.slug} is added; put people on it with: tipsheet subscriber import FILE.csv --list {slug}"
    )
    printer.document({"slug": added.slug, "name": added.name})


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every list with its counts.

    Example: tipsheet list list
    """
    with opened(ctx) as door, door.db.read() as s:
        lists = all_lists(s)
    printer = Printer(as_json)
    rows = [(x.slug, x.name, x.mailable, x.confirmed, x.pending, x.withdrawn) for x in lists]
    columns = ("list", "name", "may be mailed>", "confirmed>", "pending>", "withdrawn>")
    printer.table(columns, rows, empty="No list yet; add one with: tipsheet list add SLUG --name NAME")
    printer.document([_document(each) for each in lists])


@app.command()
def show(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show one list with its counts.

    Example: tipsheet list show monthly-tips
    """
    with opened(ctx) as door, door.db.read() as s:
        wanted = get_list(s, slug).id
        found = next(each for each in all_lists(s) if each.id == wanted)
    printer = Printer(as_json)
    printer.facts(
        {
            "list": found.slug,
            "name": found.name,
            "may be mailed": found.mailable,
            "confirmed": found.confirmed,
            "pending": found.pending,
            "withdrawn": found.withdrawn,
        }
    )
    printer.document(_document(found))


def _document(counts: ListCounts) -> dict[str, object]:
    return {
        "slug": counts.slug,
        "name": counts.name,
        "mailable": counts.mailable,
        "confirmed": counts.confirmed,
        "pending": counts.pending,
        "withdrawn": counts.withdrawn,
    }
