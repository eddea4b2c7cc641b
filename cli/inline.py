"""`tipsheet inline`: a file's HTML after our inliner, for comparisons. Needs no database and no configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from base.errors import BadInput, NotFound
from campaigns.render.inline import inline as inlined
from cli.output import Json, Printer


def inline(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An HTML file in UTF-8, or - for standard input.")],
    as_json: Json = False,
) -> None:
    """Print a file's HTML with its CSS written into style attributes.

    Example: tipsheet inline mail.html > inlined.html
    """
    html = inlined(_read(file))
    Printer(as_json).document({"html": html})
    if not as_json:
        sys.stdout.write(html)


def _read(file: str) -> str:
    try:
        return (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig")
    except FileNotFoundError as cause:
        raise NotFound(f"There is no file {file}; check the path, or give - to read standard input") from cause
    except UnicodeDecodeError as cause:
        raise BadInput(f"{file} is not written in UTF-8; save it as UTF-8 and try again") from cause
