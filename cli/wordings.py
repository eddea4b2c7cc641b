"""`tipsheet consent wording`: the texts that people agreed to, each in the version that was shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.door import opened
from cli.output import Json, Printer, when
from subscribers.proof.wordings import Text, all_texts, get_text


def wording(
    ctx: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="NUMBER", help="Show this one word for word; all are listed when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the texts that anybody agreed to, each version; with NUMBER show one as people saw it.

    Example: tipsheet consent wording 3
    """
    with opened(ctx) as door, door.db.read() as s:
        texts, zone = [get_text(s, number)] if number is not None else all_texts(s), door.config.campaigns.zone
    printer = Printer(as_json)
    if number is None:
        _list(printer, texts, zone)
        printer.document(texts)
    else:
        _show(printer, texts[0], zone)
        printer.document(texts[0])


def _list(printer: Printer, texts: Sequence[Text], zone: str) -> None:
    rows = [(x.number, x.version[:12], x.language, when(x.first_used, zone), _first_line(x.text)) for x in texts]
    printer.table(
        ("number>", "version", "language", "first used", "text"), rows, empty="Nobody agreed to anything yet."
    )


def _show(printer: Printer, text: Text, zone: str) -> None:
    printer.facts(
        {
            "version": text.version,
            "first used": when(text.first_used, zone),
            "language": text.language,
            "controller": text.controller,
            "privacy": text.privacy_url,
        }
    )
    printer.say(text.text or "(no text was given)")


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 80 else f"{line[:79]}…"
