"""What every command needs before it begins: configuration, an open database of the right schema, keys, who asks."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

import migrations
from base.config import Config, load
from base.database import Database
from delivery import dispatch
from subscribers import audit
from subscribers.journal import Journal
from subscribers.keys import Keys, check_fingerprints, load_keys


@dataclass(frozen=True)
class Door:
    config: Config
    db: Database
    keys: Keys
    journal: Journal


@contextmanager
def opened(ctx: typer.Context) -> Iterator[Door]:
    """Everything open and checked; closed at the end of the block."""
    config = read_config(ctx)
    journal = Journal(config.journal.path)
    db = Database(config.database.url, _before_commit(config, journal))
    try:
        migrations.check(db)
        keys = load_keys(config.keys.path)
        with db.read() as s:
            check_fingerprints(s, keys)
        yield Door(config, db, keys, journal)
    finally:
        db.close()


def _before_commit(config: Config, journal: Journal) -> Callable[[Any], None]:
    """The journal comes last: a line in it without a commit is to be rare."""
    if config.dispatch.engine != dispatch.ENGINE:
        return journal.keep

    def both(s: Any) -> None:
        dispatch.keep(s)
        journal.keep(s)

    return both


def read_config(ctx: typer.Context) -> Config:
    return load(ctx.obj)


def actor() -> str:
    """Who is behind this command, for the record: $TIPSHEET_ACTOR, else the system's user."""
    if named := os.environ.get("TIPSHEET_ACTOR", "").strip():
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def noted(s: Any, action: str, about: str, **facts: Any) -> None:
    """On the audit log, under whoever is behind this command, in the transaction of what they change."""
    audit.record(s, actor=actor(), action=action, about=about, **facts)
