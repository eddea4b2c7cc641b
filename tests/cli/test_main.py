"""Exit codes, usage and what an error looks like: the same for every command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

import cli.main
from base.errors import BadInput, Broken, ConfigError, NotFound, Refused
from cli.main import EXIT_CODES, app
from tests.cli.conftest import Run

FAILURES: list[tuple[BaseException, int, str]] = [
    (ConfigError("[web] port must be a number"), 2, "[web] port must be a number\n"),
    (Refused("not now"), 1, "not now\n"),
    (NotFound("no such list"), 1, "no such list\n"),
    (BadInput("that is no address"), 1, "that is no address\n"),
    (Broken("the counts do not add up"), 1, "the counts do not add up\n"),
    (KeyboardInterrupt(), 130, ""),
    (typer.Abort(), 130, "Stopped\n"),
    (FileNotFoundError(2, "No such file or directory", "keys"), 1, "keys: No such file or directory\n"),
    (
        KeyError("slug"),
        1,
        "Tipsheet did not expect this: KeyError: 'slug'. Run it again with TIPSHEET_DEBUG=1 to see where it happened\n",
    ),
]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A program whose one command raises what is put here."""
    raised: list[BaseException] = []
    one = typer.Typer()

    @one.callback()
    def nothing() -> None: ...

    @one.command()
    def fail() -> None:
        raise raised[0]

    monkeypatch.setattr(cli.main, "app", one)
    return raised


@pytest.mark.parametrize(("error", "code", "words"), FAILURES, ids=lambda x: type(x).__name__)
def test_an_error_is_one_sentence_and_an_exit_code(
    error: BaseException, code: int, words: str, bare: Run, failing: list[BaseException]
) -> None:
    failing.append(error)
    ended = bare("fail")
    assert (ended.code, ended.out, ended.err) == (code, "", words)


def test_the_traceback_is_there_for_who_asks(
    bare: Run, failing: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing.append(KeyError("slug"))
    monkeypatch.setenv("TIPSHEET_DEBUG", "1")
    with pytest.raises(KeyError):
        bare("fail")


def test_every_error_has_a_code() -> None:
    assert EXIT_CODES[-1] == (Exception, 1)
    assert [kind for kind, code in EXIT_CODES if code not in (1, 2, 130)] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lits"], "No such command 'lits'. Did you mean 'list'? see: tipsheet --help"),
        (["list", "add"], "Missing argument 'slug'; see: tipsheet list add --help"),
        (["list", "show", "a", "b"], "Got unexpected extra argument(s) (b); see: tipsheet list show --help"),
        (["import", "show", "x"], "Invalid value for 'ID': write a whole number; see: tipsheet import show --help"),
        (["init", "--jsno"], "No such option: --jsno (Possible options: --json); see: tipsheet init --help"),
    ],
)
def test_wrong_usage_is_exit_2_and_names_the_help(arguments: list[str], words: str, bare: Run) -> None:
    ended = bare(*arguments)
    assert (ended.code, ended.out, ended.err) == (2, "", words + "\n")


@pytest.mark.parametrize("arguments", [[], ["list"], ["campaign"]])
def test_a_noun_alone_shows_its_help(arguments: list[str], bare: Run) -> None:
    ended = bare(*arguments)
    assert ended.code == 2
    assert "Usage: tipsheet" in ended.out
    assert ended.err == ""


def test_help_needs_neither_configuration_nor_database(
    bare: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").unlink()
    ended = bare("subscriber", "import", "--help")
    assert ended.code == 0
    assert "Example: tipsheet subscriber import" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_a_bad_configuration_is_exit_2(bare: Run, folder: Path) -> None:
    (folder / "config.toml").write_text("[delivery]\nbatch_size = 0")
    ended = bare("list", "list")
    assert ended.code == 2
    assert ended.err == "config.toml: [delivery] batch_size must be a whole number from 1 to 1000, not 0\n"


@pytest.mark.parametrize("order", [["--config", "there.toml", "list", "list"], ["list", "list", "--config=there.toml"]])
def test_the_configuration_may_be_named_first_or_last(order: list[str], tipsheet: Run, folder: Path) -> None:
    (folder / "config.toml").rename(folder / "there.toml")
    assert tipsheet("list", "list").code == 2
    assert tipsheet(*order, "--json").json() == []


def test_an_option_without_its_value_is_wrong_usage(bare: Run) -> None:
    assert bare("list", "list", "--config").code == 2


def test_whoever_stops_reading_hears_no_complaint(tipsheet: Run, folder: Path) -> None:
    code = "import sys; from cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "subscriber", "import", "--help"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()


def test_every_command_has_words_and_an_example() -> None:
    for noun in app.registered_groups:
        assert noun.typer_instance
        for command in noun.typer_instance.registered_commands:
            words = command.callback.__doc__ if command.callback else ""
            assert words, command
            assert f"Example: tipsheet {noun.name} {command.name or command.callback.__name__}" in words  # type: ignore[union-attr]
    for command in app.registered_commands:
        assert command.callback
        assert f"Example: tipsheet {command.name or command.callback.__name__}" in (command.callback.__doc__ or "")
