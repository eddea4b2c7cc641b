"""`tipsheet subscriber …`: changing one person. Many at once: bulk.py; adding and looking: subscribers.py."""

from __future__ import annotations

from typing import Annotated

import typer

from base.errors import BadInput, Refused
from cli.door import actor, opened
from cli.output import Json, Printer, when
from cli.subscribers import Email, Field, pair
from cli.subscribers import app as app
from delivery.erasing import erase as erase_person
from subscribers.card import show as card_of
from subscribers.changes import editing
from subscribers.changes.erasing import Receipt
from subscribers.changes.merging import merge as merge_people
from subscribers.people import get_subscriber

tags = typer.Typer(help="Tags: `tipsheet subscriber tag add` and `remove`.")
app.add_typer(tags, name="tag", no_args_is_help=True)

Because = Annotated[str, typer.Option(help="How you know that they want it; it stands on record beside your name.")]
Tags = Annotated[list[str], typer.Argument(metavar="TAG…", help="One tag or more.")]
Detail = Annotated[str | None, typer.Option(help="What it is now; '' takes it away.")]


@app.command()
def edit(
    ctx: typer.Context,
    email: Email,
    first_name: Detail = None,
    last_name: Detail = None,
    zone: Detail = None,
    locale: Detail = None,
    field: Field = None,
    to: Annotated[str | None, typer.Option("--email", help="The address that they have now; needs --because.")] = None,
    because: Because = "",
    as_json: Json = False,
) -> None:
    """Change a person's details or address. Links in mails to an earlier address go on working.

    Example: tipsheet subscriber edit ana@example.com --email ana.lee@example.com --because 'her mail of 3 May'
    """
    given = {"first_name": first_name, "last_name": last_name, "zone": zone, "locale": locale}
    details = {name: value for name, value in given.items() if value is not None}
    if not (details or field or to):
        raise BadInput("Say what to change, such as --first-name Ana, --field city=Fremont or --email")
    with opened(ctx) as door, door.db.write() as s:
        person = get_subscriber(s, door.keys, email, lock=True)
        changed = editing.edit(s, person, details, dict(map(pair, field or ())), actor=actor())
        if to:
            editing.change_address(s, door.keys, person, to, because=because, actor=actor())
            changed["email"] = person.email
        card = card_of(s, person)
    printer = Printer(as_json)
    printer.say(f"{card.email} is changed." if changed else f"{card.email} was like that before; nothing is changed.")
    printer.facts(changed)
    printer.document(card)


@tags.command("add")
def add_tags(ctx: typer.Context, email: Email, names: Tags, as_json: Json = False) -> None:
    """Give a person tags.

    Example: tipsheet subscriber tag add ana@example.com runner
    """
    _tag(ctx, email, as_json, add=names)


@tags.command("remove")
def remove_tags(ctx: typer.Context, email: Email, names: Tags, as_json: Json = False) -> None:
    """Take tags from a person.

    Example: tipsheet subscriber tag remove ana@example.com newcomer
    """
    _tag(ctx, email, as_json, remove=names)


@app.command()
def move(
    ctx: typer.Context,
    email: Email,
    leave: Annotated[str, typer.Option("--from", help="The list that they leave.")],
    join: Annotated[str, typer.Option("--to", help="The list that they want instead.")],
    because: Because,
    as_json: Json = False,
) -> None:
    """Move a person from one list to another. Consent is per list, so say how you know that they want the new one.

    Example: tipsheet subscriber move ana@example.com --from tips --to monthly-tips --because 'asked for by phone'
    """
    with opened(ctx) as door, door.db.write() as s:
        person = get_subscriber(s, door.keys, email, lock=True)
        editing.move(s, person, leave, join, because=because, actor=actor())
        card = card_of(s, person)
    printer = Printer(as_json)
    printer.say(f"{card.email} is on {join} now and on {leave} no more.")
    printer.document(card)


@app.command()
def merge(
    ctx: typer.Context,
    winner: Annotated[str, typer.Argument(metavar="EMAIL", help="The address that stays.")],
    loser: Annotated[str, typer.Argument(metavar="EMAIL", help="The other address of the same person.")],
    because: Annotated[str, typer.Option(help="How you know that they are one person.")],
    as_json: Json = False,
) -> None:
    """Make one of two subscribers who are the same person. Whatever stopped mail to either stops it to the one.

    Example: tipsheet subscriber merge ana@example.com ana.old@example.com --because 'she told us at the desk'
    """
    with opened(ctx) as door, door.db.write() as s:
        people = [get_subscriber(s, door.keys, email) for email in (winner, loser)]
        merge_people(s, people[0], people[1], because=because, actor=actor())
        card = card_of(s, people[0])
    printer = Printer(as_json)
    printer.say(f"{loser} is part of {card.email} now.")
    printer.document(card)


@app.command()
def erase(
    ctx: typer.Context,
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone, and you mean it.")] = False,
    because: Annotated[str, typer.Option(help="Who asked for it and when; do not name the person.")] = "",
    as_json: Json = False,
) -> None:
    """Forget a person and keep the stop: no file and no form brings them back unasked. Prints a receipt.

    Example: tipsheet subscriber erase ana@example.com --yes
    """
    if not yes:
        raise Refused("An erasure cannot be undone, also not by a backup; say --yes if that is what you mean")
    with opened(ctx) as door, door.db.write() as s:
        person = get_subscriber(s, door.keys, email, lock=True)
        receipt = erase_person(s, door.keys, person, actor=actor(), because=because)
    printer = Printer(as_json)
    draw_receipt(printer, receipt, door.config.campaigns.zone)
    printer.document(receipt)


def draw_receipt(printer: Printer, receipt: Receipt, zone: str) -> None:
    printer.facts({"receipt": receipt.id, "at": when(receipt.at, zone), "subscriber": receipt.subscriber})
    for head, lines in (
        ("Removed", receipt.removed),
        ("Kept", receipt.kept),
        ("Not reached", receipt.not_reached),
    ):
        printer.say(f"\n{head}", "bold")
        for line in lines:
            printer.say(f"- {line}")


def _tag(
    ctx: typer.Context, email: str, as_json: bool, *, add: list[str] | None = None, remove: list[str] | None = None
) -> None:
    with opened(ctx) as door, door.db.write() as s:
        person = get_subscriber(s, door.keys, email, lock=True)
        now = editing.tag(s, person, add or (), remove or (), actor=actor())
    printer = Printer(as_json)
    printer.say(f"{person.email} has the tags {', '.join(now)}." if now else f"{person.email} has no tags.")
    printer.document({"email": person.email, "tags": now})
