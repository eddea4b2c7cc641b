"""Telling staff that something needs a person: what does stands in needs.py, what was told in record.py."""

from __future__ import annotations

from base.config import Config
from base.database import Database, database_now
from campaigns.alerts import record
from campaigns.alerts.channels import channels, tell
from campaigns.alerts.needs import needs
from delivery import dispatch
from delivery.installation import place
from delivery.providers.provider import Provider


def alert(db: Database, provider: Provider, config: Config) -> int:
    """One tick: note what begins and what is over, and tell who has not been told. Returns how many were told."""
    whom = channels(config)
    if not whom:
        return 0
    here, is_checked = place(config), config.delivery.provider == "sendgrid"
    by_workers = config.dispatch.engine == dispatch.ENGINE
    with db.read() as s:
        found = needs(s, database_now(s), here, is_checked=is_checked, by_workers=by_workers)
        changed, due = record.differs(s, found), record.due(s, whom)
    if changed:
        with db.write() as s:
            if not is_checked:
                record.end_checks(s)
            record.keep(s, found)
        with db.read() as s:
            due = record.due(s, whom)
    return sum(_told(db, provider, config, one) for one in due)


def _told(db: Database, provider: Provider, config: Config, one: record.Due) -> bool:
    with db.write() as s:
        if not record.take(s, one):
            return False  # another service tells it
    done = tell(provider, config, one)
    with db.write() as s:
        record.done(s, one) if done else record.failed(s, one)
    return done
