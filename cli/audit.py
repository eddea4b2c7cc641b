"""`tipsheet audit`: who changed what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from base.errors import BadInput
from base.time import at_wall, now, parse_duration, parse_wall
from cli.door import opened
from cli.output import Json, Printer, when
from subscribers import audit as log
from subscribers.people import find

MOST = 100  # rows, unless asked for more


def audit(
    ctx: typer.Context,
    about: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only what is about this: a list, a campaign, a person's address."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Only what came later: a date, or how long ago, such as 7d.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest.")] = MOST,
    as_json: Json = False,
) -> None:
    """Show who changed what, from what to what. What people did themselves stands on their card.

    Example: tipsheet audit --about monthly-tips --since 30d
    """
    with opened(ctx) as door:
        zone = door.config.campaigns.zone
        began = _moment(since, zone) if since else None
        with door.db.read() as s:
            person = find(s, door.keys, about) if about and "@" in about else None
            who = person.id if person else None
            rows = log.read(s, about=about, subscriber_id=who, since=began, most=most)
    printer = Printer(as_json)
    columns = ("when", "who", "did", "about", "before", "after")
    cells = [(when(x.at, zone), x.actor, x.action, x.about, _words(x.before), _words(x.after)) for x in rows]
    printer.table(columns, cells, empty="Nothing on record that fits.")
    if len(rows) == most:
        printer.say(f"The newest {most:,}; see more with --most, or less with --since")
    printer.document(rows)


def _moment(text: str, zone: str) -> datetime:
    try:
        return now() - parse_duration(text)
    except BadInput:
        return at_wall(parse_wall(text), zone)


def _words(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {_plain(value)}" for name, value in facts.items())


def _plain(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"({_words(value)})"
    return " + ".join(map(_plain, value)) if isinstance(value, list) else str(value)
