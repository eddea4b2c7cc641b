"""`tipsheet subscriber bulk …`: one change to everybody on a list of whom a rule is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from base.words import counted
from campaigns import bulk
from cli.door import Door, actor, opened
from cli.output import Json, Printer
from cli.subscriber_changes import app as app

many = typer.Typer(help="Everybody on a list of whom a rule is true: `tipsheet subscriber bulk tag` and others.")
app.add_typer(many, name="bulk", no_args_is_help=True)

Rule = Annotated[str, typer.Option(metavar="RULE-OR-SLUG", help="A rule, or a segment's short name.")]
OnList = Annotated[str, typer.Option("--list", help="Among the people of this list.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this you only see whom it would be done to.")]
Tag = Annotated[str, typer.Argument(help="The tag.")]
Because = Annotated[str, typer.Option(help="How you know that they want it; it stands on record beside your name.")]


@many.command()
def tag(ctx: typer.Context, name: Tag, rule: Rule, on: OnList, yes: Yes = False, as_json: Json = False) -> None:
    """Give a tag to all of them.

    Example: tipsheet subscriber bulk tag local --rule 'city = "Milpitas"' --list monthly-tips --yes
    """
    _do(ctx, rule, on, yes, as_json, lambda door: bulk.tag(name))


@many.command()
def untag(ctx: typer.Context, name: Tag, rule: Rule, on: OnList, yes: Yes = False, as_json: Json = False) -> None:
    """Take a tag from all of them.

    Example: tipsheet subscriber bulk untag newcomer --rule 'joined before 2026-01-01' --list monthly-tips --yes
    """
    _do(ctx, rule, on, yes, as_json, lambda door: bulk.untag(name))


@many.command()
def move(
    ctx: typer.Context,
    rule: Rule,
    on: OnList,
    to: Annotated[str, typer.Option(help="The list that they want instead.")],
    because: Because,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Move all of them to another list. Who has left that list, or is stopped there, stays where they are.

    Example: tipsheet subscriber bulk move --rule 'tag has runner' --list tips --to running --because 'asked them' --yes
    """
    _do(ctx, rule, on, yes, as_json, lambda door: bulk.move_to(on, to, because=because, actor=actor()))


@many.command("opt-out")
def opt_out(ctx: typer.Context, rule: Rule, on: OnList, yes: Yes = False, as_json: Json = False) -> None:
    """Opt all of them out of this list. Only they themselves can undo it.

    Example: tipsheet subscriber bulk opt-out --rule 'not opened within 720 days' --list monthly-tips --yes
    """
    _do(ctx, rule, on, yes, as_json, lambda door: bulk.opt_out_of(on, actor=actor()))


@many.command()
def erase(
    ctx: typer.Context,
    rule: Rule,
    on: OnList,
    because: Annotated[str, typer.Option(help="Why; name no person.")] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Forget all of them and keep the stops. It cannot be undone; the receipts are in `tipsheet audit`.

    Example: tipsheet subscriber bulk erase --rule 'tag has former-patient' --list monthly-tips --yes
    """
    _do(ctx, rule, on, yes, as_json, lambda door: bulk.erase_all(door.keys, because=because, actor=actor()))


def _do(ctx: typer.Context, rule: str, on: str, yes: bool, as_json: bool, act_of: Callable[[Door], bulk.Act]) -> None:
    printer = Printer(as_json)
    with opened(ctx) as door:
        act = act_of(door)
        with door.db.read() as s:
            preview = bulk.look(s, rule, on)
        done = bulk.do(door.db, rule, on, act, actor=actor()) if yes else 0
    if not preview.people:
        printer.say(f"The rule is true of nobody on {on}; see whom it reaches with: tipsheet segment count", "yellow")
    else:
        such_as = ", such as" if preview.people > len(preview.examples) else ""
        printer.say(f"{counted(preview.people, 'person', 'people')} on {on}{such_as}: {', '.join(preview.examples)}")
    if done == preview.people:
        printer.say(("Done." if done == 1 else "Done to all of them.") if done else "Nothing is changed.")
    elif yes:
        others = "them" if preview.people == 1 else "the others"
        printer.say(f"Done to {done:,} of {preview.people:,}; for {others} nothing had to change, or it was refused.")
    else:
        printer.say("Nothing is changed. Say --yes to do it.", "yellow")
    printer.document({"list": on, "rule": rule, "people": preview.people, "examples": preview.examples, "done": done})
