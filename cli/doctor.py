"""`tipsheet doctor`: whether everything that sending needs is in order, and what to do about what is not."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import closing, suppress

import typer

import migrations
from base.config import Config
from base.database import Database, database_now
from base.errors import Broken, Refused, TipsheetError
from campaigns.alerts.record import note
from campaigns.overview import Wanted, wanted
from cli.connect import NameServer, draw
from cli.door import read_config
from cli.output import Json, Printer, when
from cli.status import draw_needs
from delivery import connect, dispatch, heartbeat, installation
from delivery.connect.finding import Finding, State
from delivery.connect.resolver import Dns
from delivery.providers import open_provider
from migrations import Schema
from subscribers.journal import Journal
from subscribers.keys import check_fingerprints, load_keys


def doctor(ctx: typer.Context, dns: NameServer = "", as_json: Json = False) -> None:
    """Check configuration, database, keys, provider and service; each line says ok or what to do.

    With the provider sendgrid also all that `tipsheet connect sendgrid` looks at. Nothing is changed there; what is
    broken is noted, so that a service that runs tells staff of it ([alerts]).

    Example: tipsheet doctor
    """
    config = read_config(ctx)
    db = Database(config.database.url)
    try:
        findings = [
            Finding("configuration", "ok", f"{config.file} is in order"),
            _checked("brand", _brand, config, db),
            _checked("database", _database, config, db),
            _checked("journal", _journal, config, db),
            _checked("keys", _keys, config, db),
            _checked("provider", _provider, config, db),
            _checked("service", _service, config, db),
            _checked("suppressions", _suppressions, config, db),
        ]
        outside = connect.look(config, Dns(dns)) if config.delivery.provider == "sendgrid" else []
        needs = _noted(config, db, outside)
    finally:
        db.close()
    _tell(Printer(as_json), config, [*findings, *outside], needs)


def _noted(config: Config, db: Database, outside: list[Finding]) -> tuple[Wanted, ...]:
    """What needs a person, with what was just seen."""
    if migrations.state(db) is not Schema.CURRENT:
        return ()
    with suppress(Broken), db.write() as s:  # said already, where it cannot be written to
        note(s, outside)
    with db.read() as s:
        return wanted(s, database_now(s), config)


def _tell(printer: Printer, config: Config, findings: list[Finding], needs: tuple[Wanted, ...]) -> None:
    broken = [each.check for each in findings if each.state == "broken"]
    for each in findings:
        draw(printer, each)
    draw_needs(printer, needs, config.campaigns.zone)
    printer.document({"ok": not broken, "checks": findings, "needs": needs})
    if broken:
        raise Refused(f"Not ready: {', '.join(broken)}; do what is said there and ask again")


def _checked(
    check: str, find: Callable[[Config, Database], tuple[State, str]], config: Config, db: Database
) -> Finding:
    try:
        return Finding(check, *find(config, db))
    except TipsheetError as cause:
        return Finding(check, "broken", cause.sentence)


def _brand(config: Config, _: Database) -> tuple[State, str]:
    shipped = ", ".join(config.still_shipped())
    if not shipped:
        return "ok", f"mails come from {config.brand.name}, {config.delivery.from_email}"
    if config.delivery.provider == "sendgrid":
        return "broken", f"still the made-up clinic in {shipped}; put your own into {config.file}"
    return "mind", f"still the made-up clinic in {shipped}; fine for trying out, refused for real mail"


def _database(_: Config, db: Database) -> tuple[State, str]:
    migrations.check(db)
    with db.write() as s:
        installation.try_writing(s)
    return "ok", f"{migrations.name(db)} has the schema of this version and can be written to"


def _journal(config: Config, _: Database) -> tuple[State, str]:
    Journal(config.journal.path).try_out()
    return "ok", f"{config.journal.path} can be written"


def _keys(config: Config, db: Database) -> tuple[State, str]:
    keys = load_keys(config.keys.path)
    with db.read() as s:
        check_fingerprints(s, keys)
    open_to_all = [f.name for f in config.keys.path.glob("*.key") if f.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_to_all:
        return (
            "broken",
            f"others on this machine may read {', '.join(open_to_all)}; run: chmod 600 {config.keys.path}/*.key",
        )
    return "ok", f"{config.keys.path} has the keys of this database; is it backed up?"


def _provider(config: Config, _: Database) -> tuple[State, str]:
    with closing(open_provider(config)) as provider:
        trouble = provider.prepare()
    if not trouble and config.delivery.provider == "sendgrid" and not config.sendgrid.webhook_key:
        return (
            "mind",
            "nobody learns what becomes of mails without [sendgrid] webhook_key; run tipsheet connect sendgrid",
        )
    if not trouble:
        return "ok", f"{config.delivery.provider} can be reached"
    if config.delivery.provider == "local":
        return "mind", f"localgrid does not answer on port {config.localgrid.port}; tipsheet run starts it"
    return "broken", f"{config.delivery.provider} cannot be used: {trouble}"


def _suppressions(config: Config, db: Database) -> tuple[State, str]:
    if migrations.state(db) is not Schema.CURRENT:
        return "mind", "cannot be asked before the database is in order"
    with db.read() as s:
        last = installation.last_pull(s)
    if last.trouble:
        return "mind", f"the last try to ask whom the provider stopped ended so: {last.trouble}"
    if last.at is None:
        return "mind", "whom the provider stopped was never asked; the service does it, or: tipsheet suppression pull"
    return "ok", f"the provider was last asked whom it stopped at {when(last.at, config.campaigns.zone)}: {last.said}"


def _service(config: Config, db: Database) -> tuple[State, str]:
    if migrations.state(db) is not Schema.CURRENT:
        return "mind", "cannot be asked before the database is in order"
    with db.read() as s:
        missing = heartbeat.missing(s, by_workers=config.dispatch.engine == dispatch.ENGINE)
        if missing == "tipsheet worker":
            return "mind", "is running, but no worker is, so nothing would be sent; start one with: tipsheet worker"
        if not missing:
            return "ok", "is running"
        is_elsewhere = installation.elsewhere(s, installation.place(config))
    if is_elsewhere:
        return "mind", "nothing is running here, and this database was last used elsewhere: see below"
    return "mind", "nothing is running, so nothing would be sent; start it with: tipsheet run"
