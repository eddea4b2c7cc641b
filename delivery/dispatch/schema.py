"""Procrastinate's own tables, in a PostgreSQL schema beside ours. They hold hints and nothing that has to be kept: when
its version changes they are made anew."""

from __future__ import annotations

from importlib.metadata import version

from sqlalchemy import text
from sqlalchemy.orm import Session

from base.errors import Refused

SCHEMA = "procrastinate"

_MADE_BY = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :schema"
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('tipsheet dispatch'))"


def install(s: Session) -> bool:
    """Make them as this version of the engine wants them. False when they are so already."""
    from procrastinate.schema import SchemaManager

    s.execute(text(_ALONE))
    if _made_by(s) == _wanted():
        return False
    s.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
    s.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    s.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
    driver = s.connection().connection.driver_connection
    assert driver is not None  # noqa: S101  a connection that is in use has one
    driver.execute(SchemaManager.get_schema())  # many statements at once, which only the driver itself takes
    s.execute(text("SET LOCAL search_path TO DEFAULT"))
    s.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{_wanted()}'"))
    return True


def check(s: Session) -> None:
    """Raises Refused, with the command that mends it, unless the engine's tables are those of this version."""
    if _made_by(s) != _wanted():
        raise Refused(
            'The database has no tables yet for [dispatch] engine = "procrastinate"; make them with: tipsheet migrate'
        )


def _made_by(s: Session) -> str:
    return s.scalar(text(_MADE_BY), {"schema": SCHEMA}) or ""


def _wanted() -> str:
    return f"procrastinate {version('procrastinate')}"
