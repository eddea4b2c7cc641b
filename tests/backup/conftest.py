"""A database with a bit of everything, and another one to restore into."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, make_url, text

import migrations
from backup.form import LEFT_OUT, tables_of
from backup.restore import Restored, Wish, restore
from backup.save import Saved, save
from base.database import Database
from subscribers.journal import Journal
from subscribers.keys import Keys, store_fingerprints
from tests.support.runs import a_run


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def opened(url: str, journal: Journal, keys: Keys) -> Iterator[Database]:
    """As `tipsheet init` makes it, with its journal kept."""
    migrations.upgrade(url)
    with closing(Database(url, journal.keep)) as db:
        with db.write() as s:
            store_fingerprints(s, keys)
        yield db


def emptied(url: str) -> str:
    """Without any table."""
    with closing(Database(url)) as db, db.write() as s:
        s.execute(text("DROP SCHEMA public CASCADE"))
        s.execute(text("CREATE SCHEMA public"))
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def source(request: pytest.FixtureRequest, tmp_path: Path, journal: Journal, keys: Keys) -> Iterator[Database]:
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{tmp_path}/source.db", journal, keys)
    else:
        yield from opened(emptied(request.getfixturevalue("postgres_url")), journal, keys)


@pytest.fixture
def filled(source: Database, keys: Keys) -> Database:
    a_run(source, keys, 5)
    return source


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Nothing is there yet."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/var/target.db"
    else:
        url = str(request.getfixturevalue("another_postgres_url"))
    with closing(Database(url)) as db:
        yield db


@pytest.fixture
def another_postgres_url(postgres_template: tuple[Engine, str]) -> Iterator[str]:
    admin, _ = postgres_template
    name = f"tipsheet_{os.urandom(8).hex()}"
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(str(admin.url)).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def sqlite_source(tmp_path: Path, journal: Journal, keys: Keys) -> Iterator[Database]:
    for db in opened(f"sqlite:///{tmp_path}/source.db", journal, keys):
        a_run(db, keys, 5)
        yield db


Back = Callable[..., Restored]


@pytest.fixture
def saved(journal: Journal, keys: Keys, tmp_path: Path) -> Callable[[Database], Saved]:
    return lambda db: save(db, keys, journal, tmp_path / "backup", lambda _: None)


@pytest.fixture
def back(journal: Journal, keys: Keys, tmp_path: Path) -> Back:
    """Restore the file `backup`, with the journal unless told otherwise."""

    def run(db: Database, *, with_journal: bool = True, replace: bool = False, file: Path | None = None) -> Restored:
        wish = Wish(journal.path if with_journal else None, replace)
        return restore(db, keys, file or tmp_path / "backup", wish, lambda _: None)

    return run


def everything(db: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with db.read() as s:
        return {
            name: sorted((tuple(row) for row in s.execute(table.select())), key=repr)
            for name, table in tables_of(s).items()
            if name not in LEFT_OUT
        }
