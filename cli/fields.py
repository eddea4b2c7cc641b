"""`tipsheet field …`: the custom fields of subscribers, and their types."""

from __future__ import annotations

from typing import Annotated

import typer

from base.words import counted
from campaigns.segments.saved import unreadable
from cli.door import Door, noted, opened
from cli.output import Json, Printer
from subscribers.fields.custom import Field, add_field, all_fields
from subscribers.fields.retyping import Retyping, change_type, look

app = typer.Typer(help="Custom fields: what is known of subscribers beside name and address, each with a type.")

Name = Annotated[str, typer.Argument(help="The field's name, such as city or 'Shoe size'.")]
Type = Annotated[str, typer.Option("--type", help="text, number, date, boolean or choice.")]
Choices = Annotated[list[str] | None, typer.Option("--choice", help="What a choice may be; once for each.")]


@app.command()
def add(ctx: typer.Context, name: Name, type_: Type = "text", choice: Choices = None, as_json: Json = False) -> None:
    """Add a custom field. An import adds those that it meets as text.

    Example: tipsheet field add shirt --type choice --choice S --choice M --choice L
    """
    with opened(ctx) as door, door.db.write() as s:
        field = add_field(s, name, type_, choice or ())
        noted(s, "field add", field.name, after=_document(field))
    printer = Printer(as_json)
    printer.say(f"The field {field.name} is added; a rule asks for it as tipsheet segment fields shows.")
    printer.document(_document(field))


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every custom field with its type.

    Example: tipsheet field list
    """
    with opened(ctx) as door, door.db.read() as s:
        fields = list(all_fields(s).values())
    printer = Printer(as_json)
    rows = [(each.name, each.type, ", ".join(each.choices), _speed(each)) for each in fields]
    empty = "No custom field yet; an import brings them, or: tipsheet field add NAME --type TYPE"
    printer.table(("field", "type", "choices", "rules ask for it"), rows, empty=empty)
    printer.document([_document(each) for each in fields])


@app.command()
def change(
    ctx: typer.Context,
    name: Name,
    type_: Type,
    choice: Choices = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of the values.")] = False,
    lossy: Annotated[bool, typer.Option("--lossy", help="Empty the values that have no meaning in it.")] = False,
    as_json: Json = False,
) -> None:
    """Give a custom field another type, and bring everybody's value to it.

    Example: tipsheet field change visits --type number --dry-run
    """
    printer = Printer(as_json)
    with opened(ctx) as door:
        if dry_run:
            with door.db.read() as s:
                found = look(s, name, type_, choice or ())
            broken: dict[str, str] = {}
        else:
            with printer.progress("people") as told:
                found = change_type(door.db, name, type_, choice or (), lossy=lossy, progress=told)
            broken = _record(door, found)
    _tell(printer, found, broken, dry_run=dry_run)


def _record(door: Door, found: Retyping) -> dict[str, str]:
    with door.db.write() as s:
        noted(s, "field change", found.field.name, before=_document(found.before), after=_document(found.field))
        return unreadable(s)


def _tell(printer: Printer, found: Retyping, broken: dict[str, str], *, dry_run: bool) -> None:
    done = "would be" if dry_run else "is now"
    printer.say(f"{found.field.name} {done} a {found.field.type}: {counted(found.fit, 'value fits', 'values fit')}")
    if found.lost:
        misfits = counted(found.lost, "value does not fit", "values do not fit")
        them = "it" if found.lost == 1 else "them"
        emptied = f"--lossy would empty {them}" if dry_run else f"--lossy emptied {them}"
        printer.say(f"{misfits}, such as {', '.join(map(repr, found.examples))}; {emptied}")
    for slug, why in broken.items():
        printer.say(f"! The segment {slug} cannot be used any more: {why}", "yellow")
    printer.document(
        {**_document(found.field), "fit": found.fit, "lost": found.lost, "examples": found.examples, "broken": broken}
    )


def _document(field: Field) -> dict[str, object]:
    return {"name": field.name, "type": field.type, "choices": list(field.choices)}


def _speed(field: Field) -> str:
    return "fast" if field.slot else "slowly"
