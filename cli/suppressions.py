"""`tipsheet suppression …`: stops on addresses, as far as staff has to do with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from base.errors import BadInput
from base.words import counted
from cli.door import actor, noted, opened
from cli.output import Json, Printer, when
from delivery.providers import open_provider
from delivery.pull import pull as pull_from
from delivery.push import how_many_left
from delivery.push import push as push_to
from subscribers.stops.by_hand import counts, lift_stops, newest, stop
from subscribers.stops.from_files import StopsRead, import_stops
from subscribers.suppression import Reason

app = typer.Typer(help="Suppressions: stops on addresses, whoever holds them.")
REASONS = get_args(Reason)
SOURCE = "tipsheet suppression add"
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address, however it is written.")]
OnList = Annotated[str | None, typer.Option("--list", help="Only this list; every list when left out.")]
Why = Annotated[str | None, typer.Option(help=f"One of {', '.join(REASONS)}.")]
MOST = 50


@app.command()
def add(
    ctx: typer.Context,
    email: Annotated[str | None, typer.Argument(metavar="EMAIL", help="The address, however it is written.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file of addresses instead, as for import.")] = None,
    on: OnList = None,
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REASONS)}.")] = "manual",
    source: Annotated[str, typer.Option(help="How you know.")] = SOURCE,
    as_json: Json = False,
) -> None:
    """Stop mail to an address, whoever holds it now or later.

    Example: tipsheet suppression add ana@example.com --reason 'hard bounce'
    """
    if (email is None) == (file is None):
        raise BadInput("Give one address, or a file of them with --file")
    if file is not None:
        _import(ctx, file, reason, on, as_json)
        return
    with opened(ctx) as door, door.db.write() as s:
        new = stop(s, door.keys, email or "", _reason(reason), list_slug=on, source=source, actor=actor())
    printer = Printer(as_json)
    where = f"on the list {on}" if on else "on every list"
    printer.say(f"{email} is stopped {where} ({reason})." if new else f"{email} was stopped {where} before ({reason}).")
    printer.document({"email": email, "reason": reason, "list": on, "new": new})


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Addresses in a column email, else in the first one.")],
    reason: Why = None,
    on: OnList = None,
    as_json: Json = False,
) -> None:
    """Stop all addresses of a file. A file of `tipsheet export suppressions` brings its own reasons and lists.

    Example: tipsheet suppression import bounced.csv --reason 'hard bounce'
    """
    _import(ctx, file, reason, on, as_json)


@app.command("list")
def list_(
    ctx: typer.Context,
    reason: Why = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest.")] = MOST,
    as_json: Json = False,
) -> None:
    """Show how many stops there are by reason, and the newest. All of them: tipsheet export suppressions.

    Example: tipsheet suppression list --reason complaint
    """
    with opened(ctx) as door, door.db.read() as s:
        wanted = _reason(reason) if reason else None
        by_reason, found, zone = counts(s), newest(s, reason=wanted, most=most), door.config.campaigns.zone
    printer = Printer(as_json)
    printer.facts({name: f"{number:,}" for name, number in by_reason.items()})
    rows = [(x.email or "–", x.reason, x.list or "every list", when(x.at, zone), x.source) for x in found]
    printer.table(
        ("who has it", "reason", "on", "since", "source"),
        rows,
        empty=f"Nothing is stopped for the reason {reason}." if reason else "Nothing is stopped.",
    )
    printer.document({"counts": by_reason, "newest": found})


@app.command()
def lift(
    ctx: typer.Context,
    email: Email,
    because: Annotated[str, typer.Option(help="Why; it stands on record beside your name.")],
    on: Annotated[str | None, typer.Option("--list", help="Only the stops on this list.")] = None,
    as_json: Json = False,
) -> None:
    """Let mail through again after a bounce, a complaint or a stop by hand. Opt-outs and erasures are never lifted so.

    Example: tipsheet suppression lift ana@example.com --because 'her mailbox was full; she wrote from it today'
    """
    with opened(ctx) as door, door.db.write() as s:
        lifted = lift_stops(s, door.keys, email, list_slug=on, because=because, actor=actor())
    printer = Printer(as_json)
    reasons = ", ".join(sorted({each.reason for each in lifted}))
    printer.say(f"{email} is not stopped any more by: {reasons}.")
    printer.document({"email": email, "lifted": lifted})


@app.command()
def pull(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="All there is, not only what came since the last.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch who bounced, complained or opted out at the provider; for when its events were lost.

    Example: tipsheet suppression pull
    """
    with opened(ctx) as door:
        done = pull_from(door.db, door.keys, open_provider(door.config), everything=everything)
        with door.db.write() as s:
            noted(s, "suppression pull", "suppressions", after={"read": done.read, "new": done.new})
    printer = Printer(as_json)
    printer.say(f"{counted(done.read, 'address', 'addresses')} read, {done.new:,} of them new here.")
    if done.unreadable:
        printer.say(
            f"{counted(done.unreadable, 'is no address and was', 'are no addresses and were')} passed over.", "yellow"
        )
    printer.document({"read": done.read, "new": done.new, "unreadable": done.unreadable})


@app.command()
def push(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this you only see how many it would be.")] = False,
    as_json: Json = False,
) -> None:
    """Tell SendGrid of everybody who left all lists. It then stops EVERY mail of your account to them, also invoices.

    Nothing else does this, ever. Who comes back later has to be taken off SendGrid's list by hand.

    Example: tipsheet suppression push --yes
    """
    with opened(ctx) as door:
        with door.db.read() as s:
            number = how_many_left(s)
        if yes and number:
            told = push_to(door.db, open_provider(door.config))
            with door.db.write() as s:
                noted(s, "suppression push", "suppressions", after={"told": told})
    printer = Printer(as_json)
    if yes or not number:
        left = counted(number, "person who left all lists is", "people who left all lists are")
        printer.say(f"{left} on the provider's list of those who get no mail.")
    else:
        printer.say(
            f"{counted(number, 'person', 'people')} left all lists. With --yes the provider is told, and then stops "
            "EVERY mail of your account to them, also what other programs send through it.",
            "yellow",
        )
    printer.document({"people": number, "told": bool(yes and number)})


def _import(ctx: typer.Context, file: Path, reason: str | None, on: str | None, as_json: bool) -> None:
    printer = Printer(as_json)
    why = _reason(reason) if reason else None
    with opened(ctx) as door, printer.progress("lines read") as progress:
        done = import_stops(door.db, door.keys, file, reason=why, list_slug=on, actor=actor(), progress=progress)
    _tell(printer, done)


def _tell(printer: Printer, done: StopsRead) -> None:
    names = {"read": done.read, "new": done.new, "stopped before": done.known, "invalid": done.invalid}
    printer.facts({name: f"{number:,}" for name, number in names.items()})
    printer.table(("line>", "what stands there", "because"), done.rows, empty="")
    printer.document(done)


def _reason(text: str) -> Reason:
    if text not in REASONS:
        raise BadInput(f"{text[:40]!r} is no reason; use one of {', '.join(REASONS)}")
    return text  # type: ignore[return-value]  # it is one of them now
