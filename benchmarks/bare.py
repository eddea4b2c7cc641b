"""The bare way to load people: INSERT ... SELECT from a filled staging table, without a check. For import_.py."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import make_url, text

from base.database import Base, Database

_PEOPLE = "email, address_key, wide_key, first_name, last_name, zone, locale, custom, created_at"
_SLOTS = ", ".join(f"{kind}{number}" for kind in "tn" for number in range(1, 9))
_OF_CONSENT = "state, at, purpose, evidence_id, personal, salt, digest"
# What an import stored, a row a person, in the order of the file: the note says which row it was.
_STAGE = f"""
CREATE TABLE stage AS
SELECT row_number() OVER (ORDER BY CAST(substr(s.custom ->> 'note', 6) AS integer)) AS n, s.id AS was,
    {_PEOPLE.replace("email", "s.email", 1)}, p.joined, p.source, {_SLOTS}, c.list_id, c.state, c.at, c.purpose,
    c.evidence_id, c.personal, c.salt, c.digest, u.frequency
FROM {{0}}subscribers s JOIN {{0}}profiles p ON p.subscriber_id = s.id JOIN {{0}}consents c ON c.subscriber_id = s.id
JOIN {{0}}subscriptions u ON u.subscriber_id = s.id ORDER BY 1
"""  # noqa: S608  all of it is ours
_STAGE_TAGS = (
    "CREATE TABLE stage_tags AS SELECT n, tag FROM {0}subscriber_tags JOIN stage ON was = subscriber_id ORDER BY n"
)
_LOAD = (  # names of ours
    f"INSERT INTO subscribers (id, {_PEOPLE}) SELECT n, {_PEOPLE} FROM stage",  # noqa: S608
    f"INSERT INTO profiles (subscriber_id, joined, source, {_SLOTS}) "  # noqa: S608
    f"SELECT n, joined, source, {_SLOTS} FROM stage",
    "INSERT INTO subscriber_tags (tag, subscriber_id) SELECT tag, n FROM stage_tags",
    f"INSERT INTO consents (id, subscriber_id, list_id, {_OF_CONSENT}) "  # noqa: S608
    f"SELECT n, n, list_id, {_OF_CONSENT} FROM stage",
    "INSERT INTO subscriptions (list_id, subscriber_id, state, since, consent_id, frequency) "
    "SELECT list_id, n, state, at, n, frequency FROM stage",
)
_TABLES = ("subscriptions", "consents", "subscriber_tags", "profiles", "subscribers")
_BEFORE = ("lists", "wordings", "evidence")  # what the rows refer to


def load_bare(url: str) -> float:
    """Seconds that it takes to load what is in this database once more, into the same empty tables."""
    return _sqlite(url) if url.startswith("sqlite") else _postgres(url)


def _sqlite(url: str) -> float:
    """Into a new file: tables that were emptied would be filled faster or slower than new ones."""
    path = Path(make_url(url).database or "")
    db = Database(f"sqlite:///{path}.bare.db")
    Base.metadata.create_all(db.engine)
    with db.engine.connect().execution_options(tipsheet_write=False) as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"ATTACH '{path}' AS filled")
        connection.exec_driver_sql("BEGIN")
        for name in _BEFORE:
            connection.exec_driver_sql(f"INSERT INTO {name} SELECT * FROM filled.{name}")  # noqa: S608
        for statement in (_STAGE, _STAGE_TAGS):
            connection.exec_driver_sql(statement.format("filled."))
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("DETACH filled")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    seconds = _load(db)
    db.close()
    return seconds


def _postgres(url: str) -> float:
    db = Database(url)
    with db.engine.begin() as connection:
        for statement in (_STAGE, _STAGE_TAGS):
            connection.exec_driver_sql(statement.format(""))
        connection.exec_driver_sql(f"TRUNCATE {', '.join(_TABLES)} CASCADE")
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")
    seconds = _load(db)
    db.close()
    return seconds


def _load(db: Database) -> float:
    started = time.perf_counter()
    with db.write() as s:
        for statement in _LOAD:
            s.execute(text(statement))
    return time.perf_counter() - started
