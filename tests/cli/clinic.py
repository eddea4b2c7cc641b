"""A clinic's installation by its commands: a list of people, an article and an offer; and a service beside it."""

from __future__ import annotations

import logging
import shlex
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from base.config import load
from base.database import Database
from campaigns.launch import launch_due
from cli.main import main
from delivery import heartbeat, ledger
from delivery.outbox import Outbox, Pace
from delivery.providers import open_provider
from subscribers.keys import load_keys

PEOPLE = "email,first_name,tags\nann@example.com,Ann,runner\nbob@example.com,,runner\ncyd@example.com,Cyd,\n"
POST = "# Kinder knees\n\nKnees like company. Walk with a friend.\n"
SET_UP = (
    "init",
    "list add tips --name Tips",
    "subscriber import people.csv --list tips --basis 'They asked at the desk.'",
    "segment add runners 'tag has runner'",
    "offer add --slug visit --title Visit --url https://example.com/visit",
    "article add knees.md --slug knees",
)
ADD = ("campaign", "add", "december", "--list", "tips", "--article", "knees", "--subject")


def make(folder: Path, settings: str) -> Path:
    """The whole installation, to be copied for each test: making it takes longer than most of them."""
    (folder / "config.toml").write_text(settings)
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "knees.md").write_text(POST)
    root = logging.getLogger()
    before = root.handlers[:]
    with pytest.MonkeyPatch.context() as place:
        place.chdir(folder)
        place.delenv("TIPSHEET_CONFIG", raising=False)
        for command in SET_UP:
            assert main(shlex.split(command)) == 0, command
    root.handlers[:] = before
    return folder


def copied(made: Path, folder: Path) -> None:
    shutil.copytree(made, folder, dirs_exist_ok=True)


def tick() -> None:
    """What a service does once: sign in, launch what is due, send all of it."""
    with _installation() as (db, outbox):
        _turn(db, outbox)


def launch() -> None:
    with database() as db:
        launch_due(db, load())


@contextmanager
def service(turn: Callable[[Database, Outbox], None] | None = None) -> Iterator[None]:
    """Ticks, or takes these turns, until the end of the block."""
    stop = threading.Event()

    def serve() -> None:
        with _installation() as (db, outbox):
            while not stop.is_set():
                (turn or _turn)(db, outbox)
                stop.wait(0.02)

    thread = threading.Thread(target=serve)
    with _installation() as (db, _):
        _sign_in(db)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def database() -> Iterator[Database]:
    db = Database(load().database.url)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def _installation() -> Iterator[tuple[Database, Outbox]]:
    config = load()
    with database() as db:
        pace = Pace(1, timedelta(minutes=5), config.delivery.only_to)
        yield db, Outbox(db, open_provider(config), load_keys(config.keys.path), pace)


def _turn(db: Database, outbox: Outbox) -> None:
    _sign_in(db)
    launch_due(db, load())
    while outbox.step():
        pass
    with db.write() as s:
        ledger.expire(s)


def _sign_in(db: Database) -> None:
    with db.write() as s:
        heartbeat.beat(s, "test")
