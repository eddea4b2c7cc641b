"""The program `tipsheet`: which commands there are, and what exit code an error becomes. A noun has its own file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from base import logging
from base.errors import ConfigError, TipsheetError
from cli import (
    articles,
    bulk,
    campaign_brakes,
    connect,
    consent,
    events,
    exports,
    feeds,
    fields,
    imports,
    list_forms,
    offers,
    segments,
    series,
    suppressions,
    templates,
)
from cli.audit import audit
from cli.backup import backup, restore
from cli.demo import demo
from cli.doctor import doctor
from cli.init_ import init
from cli.inline import inline
from cli.installation import adopt, resume
from cli.localgrid import localgrid
from cli.migrate import migrate
from cli.output import clean, console
from cli.run import run
from cli.status import status
from cli.version import version
from cli.worker import worker

# A new noun is a file here with an `app`, and a line in this table; a new single command a line in the next.
NOUNS: dict[str, typer.Typer] = {
    "article": articles.app,
    "feed": feeds.app,
    "offer": offers.app,
    "list": list_forms.app,
    "subscriber": bulk.app,
    "segment": segments.app,
    "field": fields.app,
    "suppression": suppressions.app,
    "consent": consent.app,
    "campaign": campaign_brakes.app,
    "series": series.app,
    "template": templates.app,
    "connect": connect.app,
    "import": imports.app,
    "events": events.app,
    "export": exports.app,
}
COMMANDS = (
    init,
    migrate,
    doctor,
    status,
    demo,
    run,
    worker,
    audit,
    backup,
    restore,
    adopt,
    resume,
    localgrid,
    inline,
    version,
)

# The first that fits: done is 0, refused or failed 1, wrong usage or configuration 2.
EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (ConfigError, 2),
    (TipsheetError, 1),
    (typer.TyperException, 2),
    (typer.Abort, 130),
    (KeyboardInterrupt, 130),
    (BrokenPipeError, 1),
    (Exception, 1),
)
# What the library says of `consent wording x`, in words for programmers.
_NO_INTEGER = "Input should be a valid integer, unable to parse string as an integer"
UNEXPECTED = "Tipsheet did not expect this: {}. Run it again with TIPSHEET_DEBUG=1 to see where it happened"

app = typer.Typer(
    name="tipsheet",
    help="A newsletter pipeline: an article and this month's offer become one good mail, once each.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # "rich" would take [delivery] in a help text for a colour and swallow it
)


@app.callback()
def _options(
    ctx: typer.Context,
    config: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The configuration; else $TIPSHEET_CONFIG, else ./config.toml."),
    ] = None,
) -> None:
    ctx.obj = config


for _command in COMMANDS:
    app.command()(_command)
for _name, _noun in NOUNS.items():
    app.add_typer(_noun, name=_name, no_args_is_help=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    logging.setup("warning")
    try:
        code = app(_config_first(sys.argv[1:] if arguments is None else arguments), "tipsheet", standalone_mode=False)
        sys.stdout.flush()
        return code or 0
    except (Exception, KeyboardInterrupt) as error:
        # Bad usage is never worth a traceback.
        if os.environ.get("TIPSHEET_DEBUG") == "1" and not isinstance(error, typer.TyperException):
            raise
        return _told(error)


def _config_first(arguments: Sequence[str]) -> list[str]:
    """--config may stand anywhere, as people expect of an option that every command has."""
    before, rest = [], []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument == "--config":
            before += [argument, *[value for value in [next(waiting, None)] if value is not None]]
        else:
            (before if argument.startswith("--config=") else rest).append(argument)
    return before + rest


def _told(error: BaseException) -> int:
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has gone, which is no failure; Python must not complain of it while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    elif words := _words(error):
        console(sys.stderr).print(clean(words), soft_wrap=True)
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def _words(error: BaseException) -> str:
    if isinstance(error, TipsheetError):
        return error.sentence
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if isinstance(error, typer.Abort | KeyboardInterrupt):
        return "Stopped"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return UNEXPECTED.format(f"{type(error).__name__}: {error}".rstrip(".: "))


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    words = error.format_message().rstrip(".").replace("Value error, ", "")
    words = words.replace(_NO_INTEGER, "write a whole number")
    if not words or context is None:
        return words  # the help itself, asked for by giving nothing: it is on the screen already
    return f"{words}{' ' if words.endswith('?') else '; '}see: {context.command_path} --help"
