"""What every test may ask for: an open database, on SQLite and on PostgreSQL, and fixed keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from uuid import uuid4

import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url, text

from base.database import Base, Database
from subscribers.keys import Keys
from tests.support.postgres import NoPostgres, server_url, stop_server

TABLES = ("subscribers.models", "delivery.models", "campaigns.models")
RUN = "TIPSHEET_TEST_RUN"  # folder and process of the run that started the workers


def pytest_configure(config: pytest.Config) -> None:
    if RUN not in os.environ:
        os.environ[RUN] = f"{tempfile.mkdtemp(prefix='tipsheet-run-')}:{os.getpid()}"


def pytest_unconfigure(config: pytest.Config) -> None:
    folder, pid = os.environ[RUN].rsplit(":", 1)
    if int(pid) == os.getpid():
        stop_server(Path(folder))
        del os.environ[RUN]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Files for other programs are read by those programs where they are; elsewhere this is said."""
    absent = [name for name in ("nginx", "systemd-analyze") if not which(name) and not which(name, path="/usr/sbin")]
    if not which("docker") or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        absent.append("docker compose")
    if absent:
        terminalreporter.write_line(f"Not read by its own program, which is not on this machine: {', '.join(absent)}")


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(address=bytes(range(32)), links=(b"L" * 32,))


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new database with all tables."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    yield from _opened(database_url)


@pytest.fixture
def sqlite_db(sqlite_url: str) -> Iterator[Database]:
    """For what has nothing to do with the kind of database, so that once is enough."""
    yield from _opened(sqlite_url)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "tipsheet.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_template: tuple[Engine, str]) -> Iterator[str]:
    admin, template = postgres_template
    name = f"tipsheet_{uuid4().hex}"
    _execute(admin, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    yield admin.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    _execute(admin, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.db"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[tuple[Engine, str]]:
    """The server, and the name of a database to copy. Each worker has its own, so none waits for another."""
    admin = create_engine(_server(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    template = f"tipsheet_{uuid4().hex}"
    _execute(admin, f'CREATE DATABASE "{template}"')
    url = admin.url.set(drivername="postgresql", database=template)
    _make_tables(url.render_as_string(hide_password=False))
    yield admin, template
    _execute(admin, f'DROP DATABASE "{template}" WITH (FORCE)')


def _server() -> str:
    url = os.environ.get("TIPSHEET_TEST_POSTGRES")
    if not url:
        folder, pid = os.environ[RUN].rsplit(":", 1)
        try:
            url = server_url(Path(folder), int(pid))
        except NoPostgres as cause:
            pytest.fail(str(cause), pytrace=False)
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    return (parsed if parsed.database else parsed.set(database="postgres")).render_as_string(hide_password=False)


def _make_tables(url: str) -> None:
    for module in TABLES:
        if find_spec(module) is not None:
            import_module(module)
    database = Database(url)
    try:
        Base.metadata.create_all(database.engine)
    finally:
        database.close()


def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def _execute(admin: Engine, statement: str) -> None:
    with admin.connect() as connection:
        connection.execute(text(statement))
