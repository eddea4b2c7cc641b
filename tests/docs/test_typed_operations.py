"""What docs/operations.md says to type, typed against a real service; only folders and ports are others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pages import page
from tests.docs.terminal import ACTIVATE, Terminal, begun, cloned
from tests.journeys.office import listens, until
from tests.support.domains import DOMAIN, in_order
from tests.support.nameserver import name_server

PAGE = page("docs/operations.md")
GRID = 8026


def block(*words: str) -> str:
    """The one block in which all of these stand."""
    (found,) = (each for each in PAGE.blocks("sh") if all(word in each for word in words))
    return found


def test_every_block_that_can_be_typed_is_typed_here() -> None:
    named = ("init", "migrate", "localgrid", "connect", "adopt")
    typed = {block(f"tipsheet {name}") for name in named} | {block("--without-journal"), *_backup_and_restore()}
    assert typed == set(PAGE.blocks("sh"))


def test_the_first_commands_make_an_installation(tmp_path: Path) -> None:
    terminal = cloned(tmp_path)
    terminal.home.mkdir()
    typed = block("tipsheet init").replace("/var/lib/tipsheet", str(terminal.home))
    told = terminal.types(ACTIVATE, typed.replace("/opt/tipsheet/code", str(terminal.clone)))
    assert "the schema of this version" in told


@pytest.mark.slow
def test_a_backup_an_update_and_a_restore_forget_no_opt_out(tmp_path: Path) -> None:
    terminal = begun(tmp_path, "tipsheet list add")
    save, restore, update = (_at(tmp_path, each) for each in (*_backup_and_restore(), block("tipsheet migrate")))
    with terminal.service():
        terminal.types(ACTIVATE, save)
    terminal.types(ACTIVATE, "tipsheet subscriber opt-out ben@example.com\n", update)
    (terminal.home / "var/tipsheet.db").unlink()
    terminal.types(ACTIVATE, restore)
    assert _state(terminal, "ben") == "withdrawn"
    with terminal.service():
        assert "Nothing needs a person" in terminal.types(ACTIVATE, "tipsheet status\n")


@pytest.mark.slow
def test_without_the_journal_nothing_leaves_until_three_things_were_done(tmp_path: Path) -> None:
    terminal = begun(tmp_path, "tipsheet article add", "tipsheet list add")
    terminal.types(ACTIVATE, "tipsheet campaign add knees --list monthly-tips --article gardening --subject Knees\n")
    terminal.types(ACTIVATE, _at(tmp_path, _backup_and_restore()[0]))
    told = terminal.types(ACTIVATE, _at(tmp_path, block("--without-journal")))
    assert "Nothing is sent" in told
    with terminal.service():
        refused = terminal.is_refused(
            f"{ACTIVATE}tipsheet campaign resume knees && tipsheet campaign send knees --wait\n"
        )
        assert "tipsheet resume --after-restore" in refused
        assert terminal.mails() == []
        terminal.types(ACTIVATE, "tipsheet suppression pull\ntipsheet resume --after-restore\n")
        until(lambda: len(terminal.mails()) == 3)


@pytest.mark.slow
def test_a_copy_elsewhere_sends_after_it_was_adopted_and_not_before(tmp_path: Path) -> None:
    terminal = begun(tmp_path)
    with terminal.service():
        pass
    elsewhere = Terminal(tmp_path / "elsewhere", terminal.env)
    shutil.copytree(terminal.home, elsewhere.home)
    assert "tipsheet adopt" in elsewhere.is_refused(ACTIVATE + "tipsheet run\n")
    elsewhere.types(ACTIVATE, block("tipsheet adopt"))
    with elsewhere.service():
        assert "is running" in elsewhere.types(ACTIVATE, "tipsheet status\n")


@pytest.mark.slow
def test_connecting_can_be_tried_on_localgrid(tmp_path: Path) -> None:
    terminal = begun(tmp_path, DELIVERY__FROM_EMAIL=f"news@{DOMAIN}")
    grid = int(terminal.env["TIPSHEET_LOCALGRID__PORT"])
    account = ACTIVATE + block("tipsheet localgrid").replace("larkfield.example", DOMAIN)
    typed = block("tipsheet connect").replace(f":{GRID}", f":{grid}")
    with name_server(in_order()) as dns, terminal.service(account):
        until(lambda: listens(grid))
        told = terminal.types(ACTIVATE, typed.replace("connect sendgrid", f"connect sendgrid --dns {dns}"))
    assert "would be set up without --dry-run" in told
    assert "seed mail       on its way to you@example.com" in told
    assert [mail["to"] for mail in terminal.mails()] == ["you@example.com"]


def _backup_and_restore() -> tuple[str, str]:
    (restore,) = (each for each in PAGE.blocks("sh") if "tipsheet restore" in each and "journal" not in each)
    return block("tipsheet backup /backup/tipsheet"), restore


def _at(folder: Path, typed: str) -> str:
    (folder / "backup").mkdir(exist_ok=True)
    return typed.replace("/backup/", f"{folder}/backup/")


def _state(terminal: Terminal, who: str) -> str:
    (one,) = terminal.asks(f"tipsheet subscriber show {who}@example.com")["lists"]
    return str(one["state"])
