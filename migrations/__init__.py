"""The schema's steps (versions/) and where a database stands on them. The tables' models live in their packages."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from sqlalchemy import MetaData, inspect, text
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import Refused

_FOLDER = Path(__file__).parent
STEPS = tuple(sorted(file.stem.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*.py")))


class Schema(StrEnum):
    """How a database's schema stands to this version of Tipsheet."""

    ABSENT = "absent"
    OLD = "old"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"  # tables, but not ours


def check(db: Database) -> None:
    """Raises Refused, with the command that mends it, unless the schema is the one this version works with."""
    schema, where = state(db), name(db)
    if schema is Schema.ABSENT:
        raise Refused(f"There is no Tipsheet database at {where} yet; make it with: tipsheet init")
    if schema is Schema.OLD:
        raise Refused(f"The database {where} was made by an older Tipsheet; back it up, then run: tipsheet migrate")
    if schema is Schema.NEWER:
        raise Refused(f"The database {where} was made by a newer Tipsheet; upgrade Tipsheet on this machine")
    if schema is Schema.FOREIGN:
        raise Refused(f"The database {where} holds other tables; give Tipsheet one of its own in [database] url")


def state(db: Database) -> Schema:
    """Where the database stands. Asking never creates a file."""
    if db.is_sqlite and not Path(str(db.engine.url.database)).exists():
        return Schema.ABSENT
    with db.read() as s:
        return state_of(s)


def upgrade(url: str) -> Schema:
    """Make the database, or bring it up to date, in one transaction. Returns how it stood before."""
    db = Database(url)
    try:
        if db.is_sqlite:
            # Its files hold people's addresses: nobody else on this machine has business in that folder.
            Path(str(db.engine.url.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with db.write() as s:
            return _upgrade(db, s)
    finally:
        db.close()


def step(s: Session) -> str:
    """The step that a database of ours stands on."""
    return str(s.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def rebuild(s: Session, to: str) -> None:
    """Throw every table away and make those of that step, empty; all in the transaction of `s`."""
    old = MetaData()
    old.reflect(bind=s.connection())
    old.drop_all(s.connection())
    _run_steps(s, to)


def bring_up(s: Session) -> None:
    """The steps that are missing, in the transaction of `s`."""
    _run_steps(s)


def _upgrade(db: Database, s: Session) -> Schema:
    if not db.is_sqlite:
        # Two at once would both find nothing and both create: the second waits here. SQLite's write lock does the same.
        s.execute(text("SELECT pg_advisory_xact_lock(hashtext('tipsheet schema'))"))
    before = state_of(s)
    if before in (Schema.ABSENT, Schema.OLD):
        _run_steps(s)
    elif before is not Schema.CURRENT:
        check(db)
    return before


def state_of(s: Session) -> Schema:
    """The same, inside a transaction."""
    tables = inspect(s.connection()).get_table_names()
    if not tables:
        return Schema.ABSENT
    if "alembic_version" not in tables:
        return Schema.FOREIGN
    version = s.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if version is None:
        return Schema.ABSENT
    if version not in STEPS:
        return Schema.NEWER
    return Schema.CURRENT if version == STEPS[-1] else Schema.OLD


def _run_steps(s: Session, to: str = "head") -> None:
    # Imported where it is used: it doubles the start of every command, and only this one needs it.
    from alembic.command import upgrade as run
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = s.connection()
    run(config, to)


def name(db: Database) -> str:
    """What to call it in a sentence: its file, or its address without a password."""
    url = db.engine.url
    return str(url.database) if db.is_sqlite else url.set(drivername="postgresql").render_as_string(hide_password=True)
