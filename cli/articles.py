"""`tipsheet article …`: pieces from the blog, read into blocks."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from base.errors import BadInput
from campaigns.articles.edits import FIELDS, Wish, reset, set_by_hand
from campaigns.articles.intake import before, keep, keep_again, limits, take, take_again
from campaigns.articles.store import all_articles, get_article
from cli import article_view as views
from cli.door import actor, opened
from cli.output import Json, Printer, when

app = typer.Typer(help="Articles: pieces from the blog, read into blocks.")
Slug = Annotated[str, typer.Argument(help="The article's short name; see tipsheet article list.")]


@app.command()
def add(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(help="An address of the web, a file (HTML, Markdown or text), or - for standard input."),
    ],
    title: Annotated[str | None, typer.Option(help="Instead of the one that the article has.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the whole article can be read.")] = None,
    slug: Annotated[str | None, typer.Option(help="A short name; made from the title when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Read an article and keep it.

    Example: tipsheet article add https://example.com/blog/post
    """
    with opened(ctx) as door:
        taken = take(source, sys.stdin.buffer, limits(door.config), title=title, url=url)
        with door.db.write() as s:
            article = keep(s, taken, title=title, url=url, slug=slug, actor=actor())
            seen = views.view(door, s, article)
    printer = Printer(as_json)
    printer.say(
        f"The article {article.slug} is added; look at what was read with: tipsheet article show {article.slug}"
    )
    views.warn(printer, seen)
    printer.document(views.document(seen))


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every article, the newest first.

    Example: tipsheet article list
    """
    with opened(ctx) as door, door.db.read() as s:
        articles, zone = all_articles(s), door.config.campaigns.zone
    printer = Printer(as_json)
    rows = [(x.slug, x.title, len(x.offers), when(x.added_at, zone), x.added_by) for x in articles]
    empty = "No article yet; add one with: tipsheet article add SOURCE"
    printer.table(("article", "title", "offers>", "added", "by"), rows, empty=empty)
    printer.document(
        [
            {"slug": x.slug, "title": x.title, "url": x.url, "added_at": x.added_at, "added_by": x.added_by}
            for x in articles
        ]
    )


@app.command()
def show(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show what was read: blocks, excerpt, offers, warnings.

    Example: tipsheet article show why-your-back-hurts
    """
    with opened(ctx) as door, door.db.read() as s:
        seen = views.view(door, s, get_article(s, slug))
    printer = Printer(as_json)
    views.draw(printer, seen)
    printer.document(views.document(seen))


@app.command("set")
def set_(
    ctx: typer.Context,
    slug: Slug,
    title: Annotated[str | None, typer.Option(help="The title in mails and lists.")] = None,
    lead: Annotated[str | None, typer.Option(help="What the mail shows first; an empty line parts paragraphs.")] = None,
    key_point: Annotated[list[str] | None, typer.Option(help="One key point; repeat it for each.")] = None,
    key_points_title: Annotated[str | None, typer.Option(help="What stands above the key points.")] = None,
    no_key_points: Annotated[bool, typer.Option("--no-key-points", help="Show none.")] = False,
    image: Annotated[str | None, typer.Option(help="The picture's whole https address; '' for none.")] = None,
    image_alt: Annotated[str | None, typer.Option(help="What the picture shows.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the whole article can be read.")] = None,
    back: Annotated[
        list[str] | None,
        typer.Option("--reset", metavar="FIELD", help=f"Back to what was read: {', '.join(FIELDS)}; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Set by hand what mails show of an article. Reading it again never overwrites it.

    Example: tipsheet article set stiff-neck --lead 'Five minutes are enough.' --key-point 'Warm it up'
    """
    if key_point and no_key_points:
        raise BadInput("Give either --key-point or --no-key-points")
    points = [] if no_key_points else key_point or None
    wish = Wish(title, lead, points, key_points_title, image, image_alt, url)
    with opened(ctx) as door, door.db.write() as s:
        article = get_article(s, slug)
        reset(s, article, back or ())
        warnings = set_by_hand(s, article, wish, actor=actor()) if wish != Wish() or not back else ()
        seen = views.view(door, s, article)
    printer = Printer(as_json)
    printer.say(f"The article {slug} is set; look at it with: tipsheet article show {slug}")
    for warning in warnings:
        printer.say(f"! {warning}", "yellow")
    printer.document(views.document(seen))


@app.command()
def refresh(
    ctx: typer.Context,
    slug: Slug,
    moved_to: Annotated[
        str | None, typer.Option("--from", metavar="SOURCE", help="Where it is now, if not where it was read.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read an article again from the page or the file that it came from; what a hand set stays.

    Example: tipsheet article refresh stiff-neck
    """
    with opened(ctx) as door:
        with door.db.read() as s:
            was = before(s, slug)
        taken = take_again(was, sys.stdin.buffer, limits(door.config), moved_to=moved_to)
        with door.db.write() as s:
            article, changed = keep_again(s, slug, taken)
            seen = views.view(door, s, article)
    printer = Printer(as_json)
    done = "has changed and was read anew" if changed else "is unchanged"
    printer.say(f"The article {slug} {done}, from {taken.address or 'standard input'}")
    views.warn(printer, seen)
    printer.document(views.document(seen) | {"changed": changed})
