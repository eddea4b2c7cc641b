"""An installation of its own in a folder, with the real service as a process: started, stopped and killed at will."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3
from sqlalchemy import text

import migrations
from base.config import Config, load
from base.database import Database
from delivery import dispatch
from subscribers.keys import Keys, make_keys, store_fingerprints
from tests.localgrid.support import Running, running

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "import sys; from cli.main import main; sys.exit(main())"]


@dataclass
class Office:
    folder: Path
    env: dict[str, str]
    config: Config
    db: Database
    keys: Keys
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30.0))
    services: list[subprocess.Popen[str]] = field(default_factory=list)
    first: Callable[[], None] | None = None  # what each service does before it begins

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.config.web.port}"

    @property
    def grid(self) -> str:
        return f"http://127.0.0.1:{self.config.localgrid.port}"

    def begin(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """A service, or what `words` say, that is on its way up."""
        log = (self.folder / "service.log").open("a")
        service = subprocess.Popen(
            [*PROGRAM, *(words or ["run"]), "--json"],
            cwd=self.folder,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=self.first,
        )
        log.close()
        self.services.append(service)
        return service

    def run(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """A service, or what `words` say, that is up: it has printed where."""
        service = self.begin(*words, **env)
        assert service.stdout is not None
        for line in service.stdout:
            if line == "}\n":
                return service
        raise AssertionError(f"the service did not start:\n{self.said()}")

    def said(self) -> str:
        return (self.folder / "service.log").read_text()

    def ask(self, url: str, **how: Any) -> Any:
        headers = {"Authorization": "Bearer SG.local", **how.pop("headers", {})}
        return self.http.request(how.pop("method", "GET"), url, headers=headers, redirect=False, **how)

    def faults(self, *rules: dict[str, Any]) -> None:
        assert self.ask(f"{self.grid}/_faults", method="PUT", body=json.dumps(rules)).status == 200

    def mailbox(self) -> list[dict[str, Any]]:
        file = self.config.localgrid.path / "mailbox.jsonl"
        whole, _, _ = file.read_text().rpartition("\n") if file.exists() else ("", "", "")
        return [json.loads(line) for line in whole.splitlines()]  # a last one may be being written

    def close(self) -> None:
        for service in self.services:
            if service.poll() is None:
                service.kill()
            service.wait()
            if service.stdout:
                service.stdout.close()
        self.http.clear()
        self.db.close()


@contextmanager
def office(folder: Path, url: str, **settings: str) -> Iterator[Office]:
    """A database that has its tables becomes one of ours; `settings` are like DELIVERY__LEASE="2s"."""
    shutil.copy(ROOT / "config.toml", folder)
    web, grid = free_port(), free_port()
    ours = {
        "TIPSHEET_DATABASE__URL": url,
        "TIPSHEET_WEB__PORT": str(web),
        "TIPSHEET_WEB__PUBLIC_URL": f"http://127.0.0.1:{web}",
        "TIPSHEET_LOCALGRID__PORT": str(grid),
        "TIPSHEET_CONFIG": str(folder / "config.toml"),
        **{f"TIPSHEET_{name}": value for name, value in settings.items()},
    }
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("TIPSHEET_", "SENDGRID_"))}
    config = load(environ=ours)
    made = Office(folder, {**rest, **ours}, config, Database(url), make_keys(config.keys.path))
    try:
        with made.db.write() as s:
            s.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            s.execute(text("INSERT INTO alembic_version VALUES (:step)"), {"step": migrations.STEPS[-1]})
            store_fingerprints(s, made.keys)
        yield made
    finally:
        made.close()


@contextmanager
def office_and_grid(folder: Path, url: str, **settings: str) -> Iterator[tuple[Office, Running]]:
    """An office, and the provider that outlives its services. Where `settings` name an engine, that dispatches."""
    with office(folder, url, **settings) as made:
        if made.config.dispatch.engine == dispatch.ENGINE:
            made.db.close()
            made.db = Database(url, dispatch.keep)
            with made.db.write() as s:
                dispatch.install(s)
        options = ("--port", str(made.config.localgrid.port), "--events-url", f"{made.web}/events/sendgrid")
        with running(made.config.localgrid.path, *options) as grid:
            yield made, grid


def stop(service: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM, within: float = 60) -> int:
    service.send_signal(number)
    return service.wait(within)


def until(seen: Callable[[], object], seconds: float = 180) -> None:
    """Wait for something that comes from another process; the limit only ends a hopeless test."""
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
