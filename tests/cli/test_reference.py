from __future__ import annotations

from pathlib import Path

import typer

from cli.main import app
from cli.reference import reference


def test_the_commands_in_docs_are_those_of_the_program() -> None:
    written = (Path(__file__).parents[2] / "docs/cli.md").read_text("utf-8")
    assert written == reference(), "write it anew: python -m cli.reference > docs/cli.md"


def test_every_command_argument_and_option_is_explained() -> None:
    root: object = typer.main.get_command(app)
    for noun in root.commands.values():  # type: ignore[attr-defined]
        for command in getattr(noun, "commands", {"": noun}).values():
            assert f"tipsheet {noun.name}" in command.help
            silent = [each.name for each in command.params if not (each.help or each.hidden)]
            assert not silent, f"{noun.name} {command.name}: {silent}"
