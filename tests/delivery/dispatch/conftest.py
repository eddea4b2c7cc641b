"""A PostgreSQL whose doors dispatch by the engine, and what stands in its queue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from base.database import Database
from delivery import dispatch


@pytest.fixture
def many(postgres_url: str) -> Iterator[Database]:
    """As a door opens it where [dispatch] engine is procrastinate."""
    db = Database(postgres_url, dispatch.keep)
    with db.write() as s:
        dispatch.install(s)
    yield db
    db.close()


def jobs(db: Database) -> list[tuple[int | None, int | None, str, bool]]:
    """Of each that sends: its run, its batch, its status, and whether it is for later."""
    query = """
        SELECT (args->>'run')::int, (args->>'batch')::int, status::text, scheduled_at > now()
        FROM procrastinate.procrastinate_jobs WHERE task_name = 'send' ORDER BY id
    """
    with db.read() as s:
        return [(run, batch, status, bool(later)) for run, batch, status, later in s.execute(text(query))]


def forget_jobs(db: Database) -> None:
    with db.write() as s:
        s.execute(text("SET LOCAL search_path TO procrastinate"))
        s.execute(text("DELETE FROM procrastinate_jobs"))
