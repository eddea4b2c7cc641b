"""`tipsheet feed …`: the feeds from which articles arrive."""

from __future__ import annotations

from typing import Annotated

import typer

from base.errors import BadInput
from campaigns.articles.arrivals import TAKEN, Looked, add_feed, all_feeds, feed_ids, look, remove_feed
from cli.door import actor, noted, opened
from cli.output import Json, Printer, when

app = typer.Typer(help="Feeds: where articles arrive from by themselves.")
SHOWN = 5  # of those that were left out
Url = Annotated[str, typer.Argument(help="The feed's address; see tipsheet feed list.")]


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="The address of an RSS or Atom feed.")],
    take: Annotated[
        str,
        typer.Option(
            metavar="N", help="How many of the articles in it arrive now, the newest, or all; one when left out."
        ),
    ] = str(TAKEN),
    as_json: Json = False,
) -> None:
    """Follow a feed: its newest article arrives now, what is new in it by itself. Older ones stay out, unless you say.

    Example: tipsheet feed add https://example.com/blog/feed --take 3
    """
    many = _many(take)
    with opened(ctx) as door:
        looked = add_feed(door.db, url, door.config, take=many, actor=actor())
    printer = Printer(as_json)
    printer.say("The feed is followed; tipsheet run looks at it again and again")
    _say(printer, looked)
    _say_left(printer, looked)
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
        noted(s, "feed remove", url)
    printer = Printer(as_json)
    printer.say("The feed is followed no more; what arrived from it stays")
    printer.document({"url": url})


def _many(take: str) -> int | None:
    if take != "all" and not (take.isdecimal() and len(take) < 6):
        raise BadInput(f"{take[:40]!r} is nothing for --take; give a number, or all")
    return None if take == "all" else int(take)


def _say_left(printer: Printer, looked: Looked) -> None:
    if not looked.left:
        return
    printer.say(f"Left out of what was in it before: {len(looked.left)}; the newest of these:")
    for each in looked.left[:SHOWN]:
        printer.say(f"  {each.title}  {each.link}".rstrip())
    printer.say("Add one with: tipsheet article add ADDRESS")
    printer.say(f"Or all: tipsheet feed remove {looked.url}, then tipsheet feed add {looked.url} --take all")


def _say(printer: Printer, looked: Looked) -> None:
    for slug in looked.new:
        printer.say(f"new: {slug}")
    for slug in looked.changed:
        printer.say(f"changed: {slug}")
    for sentence in looked.trouble:
        printer.say(f"! {sentence}", "yellow")
    if not (looked.new or looked.changed or looked.trouble):
        printer.say("nothing new")
