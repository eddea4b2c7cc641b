"""`tipsheet init`: the one command that makes a database, and its keys. Upgrading an older one: migrate.py."""

from __future__ import annotations

import typer

import migrations
from base.config import Config
from base.database import Database
from base.errors import Broken
from cli.door import actor, read_config
from cli.output import Json, Printer
from delivery import dispatch, installation
from migrations import Schema
from subscribers.keys import Keys, load_keys, make_keys, store_fingerprints

WHAT = {Schema.ABSENT: "made", Schema.CURRENT: "unchanged"}


def init(ctx: typer.Context, as_json: Json = False) -> None:
    """Make the database and the keys. Running it again changes nothing.

    Example: tipsheet init
    """
    config = read_config(ctx)
    db = Database(config.database.url)
    try:
        if migrations.state(db) is Schema.OLD:
            migrations.check(db)
        made, keys = _keys(config, db)
        before = migrations.upgrade(config.database.url)
        with db.write() as s:
            store_fingerprints(s, keys)
            if config.dispatch.engine == dispatch.ENGINE:
                dispatch.install(s)
            if before is Schema.ABSENT:
                installation.sign_in(s, installation.place(config), actor())
    finally:
        db.close()
    printer = Printer(as_json)
    _say(printer, config, migrations.name(db), before, made)
    printer.document(
        {"database": migrations.name(db), "schema": WHAT[before], "keys": config.keys.path, "keys_made": made}
    )


def _keys(config: Config, db: Database) -> tuple[bool, Keys]:
    """Whether they had to be made, and the keys. Before the database, so that none is ever without its keys."""
    folder = config.keys.path
    if any(folder.glob("*.key")):
        return False, load_keys(folder)
    if migrations.state(db) is not Schema.ABSENT:
        raise Broken(
            f"The database {migrations.name(db)} is there and its keys in {folder} are not; "
            "put them back from the backup: with new ones nobody's opt-out would be found"
        )
    return True, make_keys(folder)


def _say(printer: Printer, config: Config, name: str, before: Schema, keys_made: bool) -> None:
    if before is Schema.CURRENT and not keys_made:
        printer.say(f"Nothing to do: the database {name} is up to date and its keys are in {config.keys.path}/.")
        return
    printer.say(f"The database {name} is {WHAT[before]}.")
    if keys_made:
        printer.say(f"The keys are made, in {config.keys.path}/.")
        printer.say(
            "Back that folder up now, apart from the database: without it no link to opt out would work.", "bold"
        )
