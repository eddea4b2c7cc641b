"""`tipsheet offer …`: promotions with a validity."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated, Any

import typer

from base.time import now
from base.time import zone as zone_of
from campaigns.articles.store import get_article
from campaigns.models import Offer
from campaigns.offers import Draft, add_offer, all_offers, get_offer, proposed, validity
from cli.door import Door, actor, noted, opened
from cli.output import Json, Printer, when

app = typer.Typer(help="Offers: promotions with title, body, call to action and validity.")
Slug = Annotated[str, typer.Argument(help="The offer's short name; see tipsheet offer list.")]
WHEN = "'YYYY-MM-DD [HH:MM]'"


@app.command()
def add(
    ctx: typer.Context,
    from_article: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Take what was found in this article; the options go first.")
    ] = None,
    slug: Annotated[str | None, typer.Option(help="A short name; made from the title when left out.")] = None,
    title: Annotated[str | None, typer.Option(help="What is offered, in a few words.")] = None,
    body: Annotated[
        str | None, typer.Option(help="Paragraphs with a blank line between; - for standard input.")
    ] = None,
    cta_label: Annotated[str | None, typer.Option(help="The words on the button.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the button leads; '' for an offer by phone only.")] = None,
    phone: Annotated[str | None, typer.Option(help="The number to call.")] = None,
    terms: Annotated[str | None, typer.Option(help="The small print.")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar=WHEN, help="When it begins.")] = None,
    end: Annotated[
        str | None, typer.Option("--until", metavar=WHEN, help="When it ends; without a time, at the end of that day.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="The zone of these times; the configuration's when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Keep an offer. No mail advertises it after its end.

    Example: tipsheet offer add --from-article why-your-back-hurts --url https://example.com/offer --until 2026-12-31
    """
    given = Draft(title, sys.stdin.read() if body == "-" else body, cta_label, url, phone, terms)
    with opened(ctx) as door:
        valid = validity(start, end, zone or door.config.campaigns.zone)
        given, others = _found(door, from_article, given)
        with door.db.write() as s:
            offer = add_offer(s, _with_url(given), valid, slug=slug, actor=actor())
            noted(s, "offer add", offer.slug, after={"title": offer.title})
    printer = Printer(as_json)
    _draw(printer, offer)
    if others:
        printer.say(f"! the article has other offers too, which are left out: {'; '.join(others)}", "yellow")
    printer.say(f"The offer {offer.slug} is added.")
    printer.document(_document(offer))


def _found(door: Door, slug: str | None, given: Draft) -> tuple[Draft, list[str]]:
    """What was given, over what an article offers; and the titles of its other offers."""
    if slug is None:
        return given, []
    with door.db.read() as s:
        article = get_article(s, slug)
        return given.over(proposed(article)), [each["title"] for each in article.offers[1:]]


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every offer, the newest first.

    Example: tipsheet offer list
    """
    with opened(ctx) as door, door.db.read() as s:
        offers = all_offers(s)
    printer = Printer(as_json)
    rows = [(x.slug, x.title, when(x.valid_from, x.zone), _end(x), _holds(x)) for x in offers]
    empty = "No offer yet; add one with: tipsheet offer add"
    printer.table(("offer", "title", "from", "until", "now"), rows, empty=empty)
    printer.document([_document(each) for each in offers])


@app.command()
def show(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show one offer.

    Example: tipsheet offer show free-first-visit
    """
    with opened(ctx) as door, door.db.read() as s:
        offer = get_offer(s, slug)
    printer = Printer(as_json)
    _draw(printer, offer)
    printer.document(_document(offer))


def _with_url(draft: Draft) -> Draft:
    """Ask for the address where somebody can answer; elsewhere the domain refuses, naming --url."""
    if draft.cta_url is not None or not draft.title or not sys.stdin.isatty():
        return draft
    answer = typer.prompt(f"Where does the button of “{draft.title}” lead (https://…)", err=True)
    return Draft(cta_url=answer).over(draft)


def _draw(printer: Printer, offer: Offer) -> None:
    printer.facts(
        {
            "offer": offer.slug,
            "title": offer.title,
            "body": offer.body,
            "button": offer.cta_label,
            "url": offer.cta_url,
            "phone": offer.phone,
            "terms": offer.terms,
            "from": when(offer.valid_from, offer.zone),
            "until": _end(offer),
            "now": _holds(offer),
        }
    )


def _end(offer: Offer) -> str:
    """An end at midnight as people say it: the end of the day before."""
    if offer.valid_until is None:
        return ""
    local = offer.valid_until.astimezone(zone_of(offer.zone))
    if (local.hour, local.minute) == (0, 0):
        return f"end of {local - timedelta(days=1):%Y-%m-%d %Z}"
    return when(offer.valid_until, offer.zone)


def _holds(offer: Offer) -> str:
    if offer.valid_until and offer.valid_until <= now():
        return "over: no mail will carry it"
    return "not begun" if offer.valid_from and offer.valid_from > now() else "valid"


def _document(offer: Offer) -> dict[str, Any]:
    return {
        "slug": offer.slug,
        "title": offer.title,
        "body": offer.body,
        "cta_label": offer.cta_label,
        "url": offer.cta_url,
        "phone": offer.phone,
        "terms": offer.terms,
        "valid_from": offer.valid_from,
        "valid_until": offer.valid_until,
        "zone": offer.zone,
    }
