"""`tipsheet migrate`: an older database brought up to date. Making one is init's part."""

from __future__ import annotations

from contextlib import closing

import typer

import migrations
from base.database import Database
from cli.door import read_config
from cli.output import Json, Printer
from delivery import dispatch
from migrations import Schema
from subscribers.completing import complete
from subscribers.keys import check_fingerprints, load_keys, store_fingerprints


def migrate(ctx: typer.Context, as_json: Json = False) -> None:
    """Bring the database up to date after an upgrade of Tipsheet. Back it up before.

    All of it is done or nothing; running it again changes nothing.

    Example: tipsheet migrate
    """
    config = read_config(ctx)
    with closing(Database(config.database.url)) as db:
        before = migrations.state(db)
        if before is not Schema.OLD:
            migrations.check(db)
        keys = load_keys(config.keys.path)
        with db.read() as s:
            check_fingerprints(s, keys)
        migrations.upgrade(config.database.url)
        with db.write() as s:
            store_fingerprints(s, keys)
            if config.dispatch.engine == dispatch.ENGINE:
                dispatch.install(s)
        complete(db, keys)
        name = migrations.name(db)
    printer, changed = Printer(as_json), before is Schema.OLD
    printer.say(f"The database {name} is {'upgraded' if changed else 'up to date'}.")
    printer.document({"database": name, "schema": "upgraded" if changed else "unchanged"})
