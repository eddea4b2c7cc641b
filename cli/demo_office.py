"""What the demo works with: a folder of its own, free ports, a database, made-up people, and the service as a child."""

from __future__ import annotations

import csv
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

import migrations
from base.config import load
from base.database import Database
from base.errors import Broken, Refused
from cli.door import Door
from subscribers.journal import Journal
from subscribers.keys import make_keys, store_fingerprints

PEOPLE = 200
CITIES = ("Milpitas", "San Jose", "Fremont", "Santa Clara")
_FIRST = (
    *("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hal", "Ida", "Jon"),
    *("Kim", "Leo", "Mia", "Ned", "Ona", "Pia", "Quin", "Rosa", "Sam", "Tess"),
)
_LAST = ("Archer", "Birch", "Carver", "Dale", "Elm", "Fisher", "Grove", "Hill", "Ivory", "Jones")
# What localgrid makes of an address follows from these words in it.
_FATES = {5: "bounce", 33: "open+click", 45: "bounce", 86: "blocked", 105: "deferred", 165: "spam"}
_CONFIG = """# Made by tipsheet demo, which makes it anew each time.
[delivery]
batch_size = 25
connections = 1
[localgrid]
port = {grid}
path = "localgrid"
[database]
url = "sqlite:///tipsheet.db"
[journal]
path = "journal"
[web]
port = {web}
public_url = "http://127.0.0.1:{web}"
[campaigns]
zone = "America/Phoenix"
"""


@contextmanager
def fresh(folder: Path) -> Iterator[Door]:
    """The folder made anew, with configuration, database and keys; nobody else may demonstrate there meanwhile."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise Refused(f"A demo is running already in {folder}; stop it first (Ctrl-C where it runs)") from cause
        door = _make(folder)
        try:
            yield door
        finally:
            door.db.close()


def write_people(file: Path) -> None:
    """200 people who do not exist, as staff would export them from a booking system."""
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["email", "first_name", "last_name", "city", "tags"])
        for n in range(PEOPLE):
            tags = ";".join(tag for tag, has in (("gardener", n % 3 != 1), ("newcomer", n % 10 == 9)) if has)
            rows.writerow([_email(n), *_name(n), CITIES[n % len(CITIES)], tags])


def opted_out_before() -> list[str]:
    """Some had enough long ago."""
    return [_email(n) for n in range(12, PEOPLE, 24)]


def bounces() -> str:
    """Somebody whose mailbox is gone."""
    return _email(next(n for n, fate in _FATES.items() if fate == "bounce"))


class ServiceProcess:
    """`tipsheet run`, just as anybody would start it; it ends with us."""

    def __init__(self, config: Path) -> None:
        self.log = config.parent / "service.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-P", "-c", _PROGRAM, "--config", str(config), "run", "--json", "--with-parent"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={name: value for name, value in os.environ.items() if not name.startswith("TIPSHEET_")},
                start_new_session=True,  # Ctrl-C is for us; we stop it in order
            )
        self._wait_until_up(self._process.stdout)

    def __enter__(self) -> ServiceProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def check(self) -> None:
        if self._process.poll() is not None:
            raise Broken(f"The service has ended; {self.log} says why")

    def _wait_until_up(self, said: IO[str] | None) -> None:
        """It prints one document when it is up."""
        for line in said or ():
            if line == "}\n":
                return
        self._process.wait()
        raise Broken(f"The service did not start; {self.log} says why")


def _name(n: int) -> tuple[str, str]:
    return _FIRST[n % len(_FIRST)], _LAST[n // len(_FIRST)]


def _email(n: int) -> str:
    fate = f"+{_FATES[n]}" if n in _FATES else ""
    return f"{'.'.join(_name(n))}{fate}@example.com".lower()


_PROGRAM = "import sys; from cli.main import main; sys.exit(main())"


def _make(folder: Path) -> Door:
    if folder.exists():
        if not (folder / "config.toml").read_text("utf-8").startswith(_CONFIG[:20]):
            raise Refused(f"{folder} holds something else than a demo; move it away")
        shutil.rmtree(folder)
    folder.mkdir()
    file = folder / "config.toml"
    file.write_text(_CONFIG.format(web=_free_port(8025), grid=_free_port(8026)), "utf-8")
    config = load(str(file), environ={})
    keys = make_keys(config.keys.path)
    migrations.upgrade(config.database.url)
    journal = Journal(config.journal.path)
    db = Database(config.database.url, journal.keep)
    with db.write() as s:
        store_fingerprints(s, keys)
    return Door(config, db, keys, journal)


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as found:
                return int(found.getsockname()[1])
        except OSError:
            continue
    raise Refused("No port is free on 127.0.0.1; stop what listens there")
