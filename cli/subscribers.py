"""`tipsheet subscriber …`: people, what they agreed to, and what stops mail to them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from base.errors import BadInput
from base.time import now
from campaigns.segments.saved import chosen
from campaigns.segments.sql import to_sql
from campaigns.timeline import timeline
from cli.door import actor, noted, opened
from cli.output import Json, Printer, when
from subscribers.addresses import address_key, wide_key
from subscribers.card import Card, Membership
from subscribers.card import show as card_of
from subscribers.consent import opt_out as withdraw
from subscribers.lists import get_list
from subscribers.models import Subscriber
from subscribers.people import add_subscriber, find, get_anybody
from subscribers.search import STATES, WINDOW, Wanted, search

app = typer.Typer(help="Subscribers: people, what they agreed to, and what stops mail to them.")
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their address, however it is written.")]
HOW, SOURCE = "command", "tipsheet subscriber add"
Field = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="A custom field; may be given more than once.")
]

Basis = Annotated[
    str, typer.Option("--basis", "--wording", help="The exact text they agreed to, or why they may be mailed.")
]


@app.command()
def add(
    ctx: typer.Context,
    email: Email,
    onto: Annotated[str, typer.Option("--list", help="The list they want.")],
    basis: Basis,
    first_name: Annotated[str, typer.Option(help="Their first name.")] = "",
    last_name: Annotated[str, typer.Option(help="Their last name.")] = "",
    zone: Annotated[str, typer.Option(help="Their time zone, such as Europe/Berlin.")] = "",
    locale: Annotated[str, typer.Option(help="Their language, such as en or pt-BR.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag; may be given more than once.")] = None,
    field: Field = None,
    source: Annotated[str, typer.Option(help="Where they agreed: a visit, a call, a letter.")] = SOURCE,
    as_json: Json = False,
) -> None:
    """Put a person on a list, with their consent. Who opted out is refused.

    Example: tipsheet subscriber add ana@example.com --list monthly-tips --basis 'asked for it at the desk' --tag runner
    """
    with opened(ctx) as door, door.db.write() as s:
        person = add_subscriber(
            s,
            door.keys,
            email,
            list_slug=onto,
            first_name=first_name,
            last_name=last_name,
            zone=zone,
            locale=locale,
            tags=tag or (),
            custom=dict(pair(each) for each in field or ()),
            how=HOW,
            wording=basis,
            source=source,
            actor=actor(),
        )
        noted(s, "subscriber add", str(person.id), subscriber_id=person.id, after={"list": onto, "tags": tag or []})
        card = card_of(s, person)
    printer = Printer(as_json)
    printer.say(f"{card.email} is on the list {onto}.")
    printer.document(card)


@app.command("search")
def search_(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="An address or a name, or a part of one.")] = "",
    rule: Annotated[str, typer.Option(metavar="RULE-OR-SLUG", help="Only of whom this rule is true.")] = "",
    tag: Annotated[str, typer.Option(help="Only who has this tag.")] = "",
    on: Annotated[str, typer.Option("--list", help="Only who is or was on this list.")] = "",
    state: Annotated[str, typer.Option(help=f"One of {', '.join(STATES)}.")] = "",
    after: Annotated[int, typer.Option(metavar="ID", help="Go on after this one, the last of the page before.")] = 0,
    as_json: Json = False,
) -> None:
    """Find people, 50 at a time. A whole address, a tag or a list is found at once; a part of a name takes longer.

    Example: tipsheet subscriber search lee --list monthly-tips
    """
    with opened(ctx) as door, door.db.read() as s:
        asked = chosen(s, rule) if rule else None
        list_id = get_list(s, on).id if on else None
        wanted = Wanted(text, tag, list_id, state, to_sql(asked.rule, asked.fields) if asked else None)
        found = search(s, door.keys, wanted, after=after)
    printer = Printer(as_json)
    rows = [(x.id, x.email, x.name, ", ".join(x.lists), ", ".join(x.tags)) for x in found.people]
    nobody = "Nobody fits." if found.after is None else f"Nobody fits among the next {WINDOW:,} people."
    printer.table(("id>", "email", "name", "lists", "tags"), rows, empty=nobody)
    if found.after is not None:
        printer.say(f"Narrow it by the whole address, --tag or --list, or go on with --after {found.after}", "yellow")
    printer.document(found)


@app.command()
def show(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="EMAIL", help="Their address, or their number.")],
    as_json: Json = False,
) -> None:
    """Show all that is known about one person: details, consents, what stops mail, and what happened when.

    Receipts, the audit log and consent verify name people by number, since a number outlives an erasure.

    Example: tipsheet subscriber show ana@example.com
    """
    with opened(ctx) as door, door.db.read() as s:
        zone = door.config.campaigns.zone
        person = get_anybody(s, door.keys, who, zone=zone)
        card = card_of(s, person)
        moments = timeline(s, person, card)
    printer = Printer(as_json)
    _draw(printer, card, zone)
    happened = [(when(x.at, zone), x.what, x.about, x.detail) for x in moments]
    printer.table(("when", "what", "about", ""), happened, empty="")
    printer.document({**asdict(card), "timeline": moments})


@app.command("opt-out")
def opt_out(
    ctx: typer.Context,
    email: Email,
    off: Annotated[str | None, typer.Option("--list", help="Only this list; all of them when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Record that a person wants no more mail. It holds at once, also for whom nobody has added yet.

    Example: tipsheet subscriber opt-out ana@example.com --list monthly-tips
    """
    with opened(ctx) as door, door.db.write() as s:
        done = withdraw(
            s,
            address_key=address_key(door.keys, email),
            wide=wide_key(door.keys, email),
            list_id=get_list(s, off).id if off else None,
            how=HOW,
            source="tipsheet subscriber opt-out",
            actor=actor(),
        )
        holder = find(s, door.keys, email)
        noted(
            s,
            "subscriber opt-out",
            _who(holder),
            subscriber_id=holder and holder.id,
            before={"lists": done.lists},
            after={"list": off or "every list"},
        )
    printer = Printer(as_json)
    scope = f"the list {off}" if off else "every list"
    printer.say(f"{email} has opted out of {scope}." if done.changed else f"{email} had opted out of {scope} before.")
    printer.document({"email": email, "changed": done.changed, "lists": done.lists})


def _draw(printer: Printer, card: Card, zone: str) -> None:
    printer.facts(
        {
            "number": card.id,
            "email": card.email or "erased",
            "name": f"{card.first_name} {card.last_name}".strip(),
            "zone": card.zone,
            "locale": card.locale,
            "tags": ", ".join(card.tags),
            **card.custom,
            "known since": f"{card.joined:%Y-%m-%d}",  # the day that rules mean, wherever the newsletter is at home
        }
    )
    lists = [(x.list, x.state, when(x.since, zone), _wishes(x, zone)) for x in card.lists]
    printer.table(("list", "state", "since", "as they wish"), lists, empty="On no list.")
    evidence = [
        (when(x.at, zone), x.list, x.purpose, x.state, x.how, x.wording, x.source, x.actor) for x in card.consents
    ]
    columns = ("consent", "list", "purpose", "state", "how", "wording", "source", "recorded by")
    printer.table(columns, evidence, empty="")
    stops = [(x.reason, x.list or "every list", when(x.at, zone), x.source) for x in card.suppressions]
    printer.table(("stopped by", "on", "since", "source"), stops, empty="")


def _wishes(on: Membership, zone: str) -> str:
    wishes = {
        "one mail a month": on.frequency == "monthly",
        f"nothing before {when(on.paused_until, zone)}": on.paused_until and on.paused_until > now(),
        "opening may be seen": on.opens_since,
    }
    return ", ".join(words for words, wished in wishes.items() if wished)


def _who(holder: Subscriber | None) -> str:
    return str(holder.id) if holder else "an address that nobody holds"


def pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise BadInput(f"--field {text[:80]!r} is no name and value; write it like --field city=Milpitas")
    return name.strip(), value.strip()
