from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from base.database import Database


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that nobody has made (SQLite) or filled (PostgreSQL) yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/var/tipsheet.db"
    url = str(request.getfixturevalue("postgres_url"))
    db = Database(url)
    with db.write() as s:
        s.execute(text("DROP SCHEMA public CASCADE"))
        s.execute(text("CREATE SCHEMA public"))
    db.close()
    return url
