"""`tipsheet list …`: what people sign up for."""

from __future__ import annotations

from typing import Annotated

import typer

from base.config import Config
from campaigns import archive
from cli.door import actor, noted, opened
from cli.output import Json, Printer, when
from cli.plot import plot
from subscribers.growth import growth
from subscribers.lists import ListCounts, add_list, all_lists, count_list, get_list, unarchive
from subscribers.lists import archive as retire
from subscribers.signups import forms

app = typer.Typer(help="Lists: what people sign up for. Consent is per list.")
Slug = Annotated[str, typer.Argument(help="The list's short name, such as monthly-tips.")]
Double = Annotated[
    bool | None,
    typer.Option("--double/--single", help="Whether who signs up by a form has to confirm it by a link in a mail."),
]
Public = Annotated[bool | None, typer.Option("--public/--private", help="Whether anybody may sign up by a form.")]
Wording = Annotated[str | None, typer.Option(help="What the sign-up form asks, in full.")]
Law = Annotated[str | None, typer.Option(help="Whose law holds for consents from now on: DE, US-CA; '' for none.")]


@app.command()
def add(
    ctx: typer.Context,
    slug: Slug,
    name: Annotated[str, typer.Option(help="What recipients see, such as 'Monthly tips'.")],
    double: Double = None,
    public: Public = None,
    wording: Wording = None,
    law: Law = None,
    as_json: Json = False,
) -> None:
    """Add a list. Without options people are put on it by commands only.

    Example: tipsheet list add monthly-tips --name 'Monthly tips'
    """
    with opened(ctx) as door, door.db.write() as s:
        added = add_list(s, slug, name)
        _, settings = forms.set_up(s, slug, opt_in=opt_in(double), public=public, wording=wording, law=law)
        noted(s, "list add", slug, after=settings)
    printer = Printer(as_json)
    printer.say(
        f"The list {added.slug} is added; put people on it with: "
        f"tipsheet subscriber import FILE.csv --list {slug} --basis TEXT"
    )
    if settings["public"]:
        printer.say(f"Its form for your website: tipsheet list form {slug}")
    printer.document({"slug": added.slug, "name": added.name})


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every list with its counts.

    Example: tipsheet list list
    """
    with opened(ctx) as door, door.db.read() as s:
        lists = all_lists(s)
    printer = Printer(as_json)
    rows = [
        (
            x.slug,
            x.name,
            x.mailable,
            x.confirmed,
            x.pending,
            x.waiting,
            x.withdrawn,
            "archived" if x.archived_at else "",
        )
        for x in lists
    ]
    columns = ("list", "name", "may be mailed>", "confirmed>", "pending>", "waiting>", "withdrawn>", "")
    printer.table(columns, rows, empty="No list yet; add one with: tipsheet list add SLUG --name NAME")
    printer.document([_document(each) for each in lists])


@app.command()
def show(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show one list with its counts, how it grew by week, and where anybody may read what was sent to it.

    Example: tipsheet list show monthly-tips
    """
    with opened(ctx) as door, door.db.read() as s:
        found = count_list(s, get_list(s, slug))
        weeks = growth(s, found.id)
        public = _public(door.config, archive.path(s, slug))
        settings = forms.settings(s, slug)
    by_form = settings["public"] and not found.archived_at
    sign_up = f"{door.config.web.public_url.rstrip('/')}/signup/{slug}" if by_form else "by commands only"
    printer = Printer(as_json)
    printer.facts(
        {
            "list": found.slug,
            "name": found.name,
            "sign-up": sign_up,
            "opt-in": settings["opt_in"] if by_form else "",
            "wording": settings["wording"],
            "under the law of": settings["law"],
            "may be mailed": found.mailable,
            "confirmed": found.confirmed,
            "pending": found.pending,
            "withdrawn": found.withdrawn,
            "waiting to confirm": found.waiting,
            "archived": when(found.archived_at, door.config.campaigns.zone),
            **public,
        }
    )
    plot(printer, weeks)
    printer.document({**_document(found), **settings, **public, "weeks": weeks})


@app.command("archive")
def archive_(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Retire a list: nothing new is sent to it and nobody is added. Who is on it stays on record.

    Example: tipsheet list archive monthly-tips
    """
    with opened(ctx) as door, door.db.write() as s:
        retire(s, slug)
        noted(s, "list archive", slug, before={"archived": False}, after={"archived": True})
    printer = Printer(as_json)
    printer.say(f"The list {slug} is archived; bring it back with: tipsheet list unarchive {slug}")
    printer.document({"slug": slug, "archived": True})


@app.command("unarchive")
def unarchive_(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Bring an archived list back.

    Example: tipsheet list unarchive monthly-tips
    """
    with opened(ctx) as door, door.db.write() as s:
        unarchive(s, slug)
        noted(s, "list unarchive", slug, before={"archived": True}, after={"archived": False})
    printer = Printer(as_json)
    printer.say(f"The list {slug} is back.")
    printer.document({"slug": slug, "archived": False})


@app.command()
def publish(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show what was sent to the whole list to anybody, as a page and a feed, without a word about any recipient.

    Example: tipsheet list publish monthly-tips
    """
    with opened(ctx) as door, door.db.write() as s:
        before = archive.path(s, slug)
        public = _public(door.config, archive.publish(s, slug, actor=actor()))
        if not before:
            noted(s, "list publish", slug, before={"published": False}, after={"published": True})
    printer = Printer(as_json)
    now = "" if before else "now "
    printer.say(f"Anybody may {now}read what was sent to all of {slug}; what went to a segment is not shown:")
    printer.facts(public)
    printer.document({"slug": slug, **public})


@app.command()
def unpublish(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Take the list's page and feed back; single mails stay where their recipients may read them in a browser.

    Example: tipsheet list unpublish monthly-tips
    """
    with opened(ctx) as door, door.db.write() as s:
        archive.unpublish(s, slug)
        noted(s, "list unpublish", slug, before={"published": True}, after={"published": False})
    printer = Printer(as_json)
    printer.say(f"Page and feed of {slug} are taken back; publishing it again gives them the same address.")
    printer.document({"slug": slug, "published": False})


def opt_in(double: bool | None) -> str | None:
    return None if double is None else "double" if double else "single"


def _public(config: Config, path: str) -> dict[str, str | None]:
    """Where anybody may read its sent mails; nothing while it is not published."""
    page = config.web.public_url + path
    return {"page": page, "feed": f"{page}/feed.xml"} if path else {"page": None, "feed": None}


def _document(counts: ListCounts) -> dict[str, object]:
    return {
        "slug": counts.slug,
        "name": counts.name,
        "mailable": counts.mailable,
        "confirmed": counts.confirmed,
        "pending": counts.pending,
        "withdrawn": counts.withdrawn,
        "waiting": counts.waiting,
        "archived": counts.archived_at is not None,
    }
