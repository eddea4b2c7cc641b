"""One way to open SQLite and PostgreSQL, with the same promises on both. Queries live beside their tables, not here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Connection, Dialect, Engine, MetaData, String, TextClause, create_engine, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from base.errors import Broken, ConfigError, Refused
from base.time import from_ms, to_ms

BUSY_SECONDS = 10  # longer than any write transaction of ours, which is kept under 250 ms

# For PostgreSQL over a network, unless its address says otherwise: a connection that is cut without a word would be
# waited on for hours.
KEEPALIVES = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "4",
    "tcp_user_timeout": "60000",
}

_UNCHANGED = "nothing was changed, and what waits goes on by itself"
_READ_ONLY = "25006"  # PostgreSQL's word for a change where only reading is allowed
_FULL = (
    "53100",
    "SQLITE_FULL",
    *(f"SQLITE_IOERR_{step}" for step in ("WRITE", "FSYNC", "DIR_FSYNC", "TRUNCATE", "SHMSIZE", "SHMMAP")),
)

_QUIET: dict[str, Any] = {"hide_parameters": True}  # they hold addresses, and an exception may reach a log


class Instant(TypeDecorator[datetime]):
    """A point in time as UTC milliseconds: the same number, order and arithmetic on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_ms(value)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: Instant, str: String}


class Database:
    """An open database. `write()` holds the write lock from its first statement; `read()` sees one snapshot."""

    def __init__(self, url: str, before_commit: Callable[[Session], None] | None = None) -> None:
        """`before_commit` sees every writing transaction that is about to be committed; raising undoes it."""
        self.url = url
        self.engine = _open(url)
        self._before_commit = before_commit

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed at the end of the block and rolled back when it raises."""
        with self._session(write=True) as session, session.begin():
            yield session
            if self._before_commit:
                session.flush()  # what the database refuses is not to be told of before
                self._before_commit(session)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._session(write=False) as session, session.begin():
            yield session

    @contextmanager
    def _session(self, *, write: bool) -> Iterator[Session]:
        try:
            engine = self.engine.execution_options(**self._manner(write))
            with Session(engine, expire_on_commit=False) as session:
                yield session
        except (OperationalError, InternalError, InterfaceError) as cause:
            raise Broken(_say(self.engine, cause)) from cause
        except PoolTimeout as cause:
            raise Broken("All connections to the database are busy; try again in a moment") from cause

    def _manner(self, write: bool) -> dict[str, Any]:
        if write or self.is_sqlite:
            return {"tipsheet_write": write}
        # Otherwise each statement would see another moment, and counts that belong together need not add up.
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def close(self) -> None:
        self.engine.dispose()


def add_new(session: Session, row: Base, taken: str) -> None:
    """Add a row under a name of its own. Raises Refused with the words `taken` where somebody has the name, be it since
    a moment ago: the database decides, and a question before would only have looked."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as cause:
        if not _is_taken(cause):
            raise
        raise Refused(taken) from cause


def now_sql(dialect: str) -> str:
    """SQL for the database's own clock, in milliseconds: the one clock that several machines share."""
    if dialect == "sqlite":
        return "tipsheet_now()"
    return "(extract(epoch from clock_timestamp()) * 1000)::bigint"


def database_now(session: Session) -> datetime:
    return from_ms(session.execute(with_now(session, "SELECT {now}")).scalar_one())


def with_now(session: Session, statement: str) -> TextClause:
    """The statement with the database's own clock for each `{now}`: made once, however often it is asked for."""
    return _with_now(statement, session.get_bind().dialect.name)


@cache
def _with_now(statement: str, dialect: str) -> TextClause:
    return text(statement.format(now=now_sql(dialect)))


def _open(url: str) -> Engine:
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind == "sqlite":
            engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, **_QUIET)
        elif kind == "postgresql":
            patience = {name: value for name, value in KEEPALIVES.items() if name not in parsed.query}
            server = parsed.set(drivername="postgresql+psycopg")
            engine = create_engine(server, connect_args=patience, pool_pre_ping=True, pool_size=10, **_QUIET)
        else:
            raise ConfigError(f"[database] url names {kind!r}; Tipsheet keeps its data in sqlite or postgresql")
    except SQLAlchemyError as cause:
        raise ConfigError(
            "[database] url cannot be read; write sqlite:///file.db or postgresql://user@host/name"
        ) from cause
    event.listen(engine, "connect", _prepare_sqlite if kind == "sqlite" else _prepare_postgres)
    event.listen(engine, "handle_error", _leave_behind)
    if kind == "sqlite":
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's own transaction control begins late and never IMMEDIATE: we begin ourselves (_begin_sqlite).
    connection.isolation_level = None
    connection.create_function("tipsheet_now", 0, lambda: round(time.time() * 1000))
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # NORMAL may lose the last commits on a power cut: a lost claim is a mail sent twice
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "cache_size = -8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads first and then writes fails at once when another wrote in between.
    write = connection.get_execution_options().get("tipsheet_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _prepare_postgres(connection: Any, _record: object) -> None:
    connection.autocommit = True
    # A machine that was cut off or suspended in the middle of a transaction keeps the rows that it locked from all
    # others until the server gives it up, which by default is never, or after two hours.
    connection.execute(
        "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '2min'; "
        "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 4"
    )
    connection.autocommit = False


def _leave_behind(context: ExceptionContext) -> None:
    """What was opened while the database could only be read stays so for as long as it is open, whatever is mended."""
    said = _code(context.original_exception)
    if said == _READ_ONLY or said.startswith(("SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN")):
        context.is_disconnect = True  # every connection of the pool is opened anew


def _is_taken(cause: IntegrityError) -> bool:
    return _code(cause.orig) in ("23505", "SQLITE_CONSTRAINT_UNIQUE")


def _code(cause: BaseException | None) -> str:
    """What the database itself calls it; empty where none was reached."""
    return getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or ""


def _say(engine: Engine, cause: DBAPIError) -> str:
    words = str(cause.orig).strip().splitlines()[0]
    where = engine.url.render_as_string(hide_password=True).replace("postgresql+psycopg:", "postgresql:")
    code = _code(cause.orig)
    # Words are looked into where a database said them: a connection that failed names its host, called whatever.
    said = words if code else ""
    if "locked" in said:
        return f"The database {where} stayed locked by another process for {BUSY_SECONDS} s; try again after it"
    if "database" in words and "does not exist" in words:
        return f"There is no database {where}; create it in PostgreSQL, then run: tipsheet init"
    if "no such table" in words or "does not exist" in words:
        return f"The database {where} has no tables yet ({words}); make them with: tipsheet init"
    if code in _FULL or "No space left" in said or "File too large" in said:
        return f"The database {where} cannot write ({words}); make room on its disk: {_UNCHANGED}"
    if code == _READ_ONLY or "readonly" in said or "read-only" in said:
        return f"The database {where} can only be read ({words}); let it be written to again: {_UNCHANGED}"
    return f"The database {where} cannot be used: {words}"
