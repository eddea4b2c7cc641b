"""`tipsheet feed …`: the feeds from which articles arrive."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.articles.arrivals import Looked, add_feed, all_feeds, feed_ids, look, remove_feed
from cli.door import actor, opened
from cli.output import Json, Printer, when

app = typer.Typer(help="Feeds: where articles arrive from by themselves.")
Url = Annotated[str, typer.Argument(help="The feed's address; see tipsheet feed list.")]


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="The address of an RSS or Atom feed.")],
    take: Annotated[
        int | None,
        typer.Option(min=0, help="How many of the articles in it already arrive, the newest; all when left out."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow a feed: what is in it arrives now, what is new in it by itself.

    Example: tipsheet feed add https://example.com/blog/feed --take 3
    """
    with opened(ctx) as door:
        looked = add_feed(door.db, url, door.config, take=take, actor=actor())
    printer = Printer(as_json)
    printer.say("The feed is followed; tipsheet run looks at it again and again")
    _say(printer, looked)
    printer.document(looked)


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every feed, and what is wrong with it.

    Example: tipsheet feed list
    """
    with opened(ctx) as door, door.db.read() as s:
        feeds, zone = all_feeds(s), door.config.campaigns.zone
    printer = Printer(as_json)
    rows = [
        (x.url, x.title, x.articles, x.unreadable, when(x.checked_at, zone), when(x.next_at, zone), x.trouble)
        for x in feeds
    ]
    columns = ("feed", "title", "articles>", "not readable>", "looked at", "next", "trouble")
    printer.table(columns, rows, empty="No feed yet; add one with: tipsheet feed add URL")
    printer.document(feeds)


@app.command()
def check(
    ctx: typer.Context,
    url: Annotated[str | None, typer.Argument(help="One feed; all of them when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Look at feeds now.

    Example: tipsheet feed check
    """
    printer = Printer(as_json)
    with opened(ctx) as door:
        with door.db.read() as s:
            ids = feed_ids(s, url)
        looked = [look(door.db, feed_id, door.config) for feed_id in ids]
    for each in looked:
        printer.say(each.url, "bold")
        _say(printer, each)
    if not looked:
        printer.say("No feed yet; add one with: tipsheet feed add URL")
    printer.document(looked)


@app.command()
def remove(ctx: typer.Context, url: Url, as_json: Json = False) -> None:
    """Follow a feed no more. Its articles stay.

    Example: tipsheet feed remove https://example.com/blog/feed
    """
    with opened(ctx) as door, door.db.write() as s:
        remove_feed(s, url)
    printer = Printer(as_json)
    printer.say("The feed is followed no more; what arrived from it stays")
    printer.document({"url": url})


def _say(printer: Printer, looked: Looked) -> None:
    for slug in looked.new:
        printer.say(f"new: {slug}")
    for slug in looked.changed:
        printer.say(f"changed: {slug}")
    for sentence in looked.trouble:
        printer.say(f"! {sentence}", "yellow")
    if not (looked.new or looked.changed or looked.trouble):
        printer.say("nothing new")
