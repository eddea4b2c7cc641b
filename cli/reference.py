"""docs/cli.md, written from the program itself: `python -m cli.reference > docs/cli.md`. A test compares the two."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import typer

from cli.main import app

HEAD = """\
# The commands

Written by `python -m cli.reference > docs/cli.md`; `tipsheet NOUN VERB --help` says the same.

`--config FILE` may stand anywhere; without it `$TIPSHEET_CONFIG` and then `./config.toml` are read. With `--json` one
document goes to standard output and every word to standard error. Exit code 0 is done, 1 refused or failed with one
sentence on standard error, 2 wrong usage or configuration. `$TIPSHEET_ACTOR` names who is on record, instead of the
system's user; `TIPSHEET_DEBUG=1` shows where an unexpected error happened.
"""


def reference() -> str:
    """Every command with its arguments, options and example."""
    root = typer.main.get_command(app)
    return HEAD + "".join(f"\n{section}" for section in _sections(root, "tipsheet"))


def _sections(command: Any, path: str) -> Iterator[str]:
    for name, each in command.commands.items():
        if each.hidden:
            continue
        if hasattr(each, "commands"):
            yield f"## {path} {name}\n\n{each.help}\n"
            yield from _sections(each, f"{path} {name}")
        else:
            depth = "##" if path == "tipsheet" else "###"
            yield f"{depth} {path} {name}\n\n{_words(each)}{_table(each)}"


def _words(command: Any) -> str:
    words, _, example = inspect.cleandoc(command.help).partition("Example: ")
    return f"{words.strip()}\n\n```\n{' '.join(example.split())}\n```\n"


def _table(command: Any) -> str:
    """A line for each argument and option; --json is everywhere and needs none."""
    rows = [
        f"| `{_name(each)}` | {_help(each)} |\n"
        for each in command.params
        if each.name != "as_json" and not each.hidden
    ]
    return "\n| | |\n|---|---|\n" + "".join(rows) if rows else ""


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    names = " / ".join([*parameter.opts, *parameter.secondary_opts])
    return names if parameter.is_flag else f"{names} {parameter.metavar or parameter.opts[0].strip('-').upper()}"


def _help(parameter: Any) -> str:
    words = (parameter.help or "").replace("|", "\\|")
    return f"{words} *Required.*".strip() if parameter.required else words


if __name__ == "__main__":
    sys.stdout.write(reference())
