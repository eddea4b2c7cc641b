"""A PostgreSQL of a test's own, to be stopped, started and spoiled: that of the whole run serves other tests, too."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from base.database import Base, Database
from tests.support import postgres


class OwnServer:
    def __init__(self, home: Path, data: Path) -> None:
        self._programs, self._home, self._data = postgres.found_programs(home), home, data
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@/postgres?host={home}"

    def make(self) -> None:
        postgres.make(self._programs, self._home, self._data)
        self.start()
        database = Database(self.url)
        Base.metadata.create_all(database.engine)
        database.close()

    def start(self) -> None:
        self._process = postgres.start(self._programs, self._home, self._data)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: every connection is told to go, as by `systemctl restart`. SIGQUIT: as a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def say(self, *statements: str) -> None:
        engine = create_engine(
            self.url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


@contextmanager
def own_server() -> Iterator[OwnServer]:
    home, data = postgres.public_folder(), postgres.data_folder()
    server = OwnServer(home, data)
    try:
        server.make()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        for folder in (data, home):
            shutil.rmtree(folder, ignore_errors=True)
