"""A service to be measured: an installation in a folder, its processes, and a localgrid of its own beside it."""

from __future__ import annotations

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

import urllib3
from sqlalchemy import Engine, create_engine, make_url, text

ROOT = Path(__file__).parents[1]
TIPSHEET = [sys.executable, "-c", "import sys; from cli.main import main; sys.exit(main())"]
CITIES = ("Milpitas", "Fremont", "San José", "Santa Clara")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Used:
    memory: int  # MiB, the largest resident size of one process since it runs our program
    cpu: float  # seconds of their whole life; steadier than the clock where other work shares the machine


@dataclass
class Site:
    folder: Path
    url: str  # of the database
    more: dict[str, str] = field(default_factory=dict)  # settings beside those below
    web: int = field(default_factory=lambda: free_port())
    grid: int = field(default_factory=lambda: free_port())
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))
    _beside: Engine | None = None

    def tipsheet(self, *words: str) -> None:
        done = subprocess.run(
            [*TIPSHEET, *words], cwd=self.folder, env=self.env(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"tipsheet {' '.join(words)}: {done.stderr}{done.stdout}")

    def env(self) -> dict[str, str]:
        rest = {name: value for name, value in os.environ.items() if not name.startswith("TIPSHEET_")}
        return rest | {
            "TIPSHEET_DATABASE__URL": self.url,
            "TIPSHEET_DELIVERY__PROVIDER": "sendgrid",
            "TIPSHEET_SENDGRID__BASE_URL": f"http://127.0.0.1:{self.grid}",
            "SENDGRID_API_KEY": "SG.local",
            "TIPSHEET_WEB__PORT": str(self.web),
            "TIPSHEET_WEB__PUBLIC_URL": f"http://127.0.0.1:{self.web}",
            "TIPSHEET_LOGGING__LEVEL": "warning",
            "PYTHONPATH": str(ROOT),
            **self.more,
        }

    def ask(self, port: int, path: str) -> dict[str, object]:
        headers = {"Authorization": "Bearer SG.local"}
        found: dict[str, object] = self.http.request("GET", f"http://127.0.0.1:{port}{path}", headers=headers).json()
        return found

    def row(self, statement: str) -> tuple[int, ...]:
        """Beside the service, by a connection of its own that only reads."""
        if self._beside is None:
            self._beside = create_engine(make_url(self.url))
        with self._beside.connect() as connection:
            return tuple(connection.execute(text(statement)).one())

    def close(self) -> None:
        if self._beside is not None:
            self._beside.dispose()
            self._beside = None


def prepare(site: Site, recipients: int) -> None:
    """Everything up to the campaign."""
    shutil.copy(ROOT / "config.toml", site.folder)
    people = site.folder / "people.csv"
    with people.open("w") as file:
        file.write("email,first_name,city\n")
        file.writelines(f"person{n}@example.com,Person {n},{CITIES[n % 4]}\n" for n in range(recipients))
    article = str(ROOT / "campaigns" / "examples" / "article.txt")
    site.tipsheet("init")
    site.tipsheet("list", "add", "tips", "--name", "Monthly tips")
    site.tipsheet("subscriber", "import", str(people), "--list", "tips", "--basis", "A test")
    site.tipsheet("article", "add", article, "--slug", "garden", "--url", "https://example.com/garden")
    site.tipsheet("offer", "add", "--from-article", "garden", "--slug", "check")
    made_of = ("--list", "tips", "--article", "garden", "--offer", "check", "--subject", "Gardening")
    site.tipsheet("campaign", "add", "garden", *made_of)


@contextmanager
def grid(site: Site, *how: str) -> Iterator[subprocess.Popen[bytes]]:
    """localgrid as a process of its own, with an empty mailbox."""
    data = site.folder / "grid"
    command = [sys.executable, "-m", "localgrid", "--port", str(site.grid), "--data", str(data), *how]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        if process.stdout is None or not process.stdout.readline():
            sys.exit("localgrid did not start")
        yield process
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(data, ignore_errors=True)


def start(site: Site, *words: str) -> subprocess.Popen[bytes]:
    """`tipsheet run`, or what `words` say; the first is waited for until it is at work."""
    with (site.folder / "service.log").open("a") as log:
        process = subprocess.Popen(
            [*TIPSHEET, *(words or ("run",))], cwd=site.folder, env=site.env(), stdout=log, stderr=log
        )
    if not words:
        until(lambda: _is_at_work(site))
    return process


def cpu(process: subprocess.Popen[bytes]) -> float:
    """Seconds that a running process has used so far."""
    facts = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(facts[11]) + int(facts[12])) / _TICK


def peak(process: int | str = "self") -> int:
    """MiB of memory at most, of a process that still runs; 0 of one that has ended already. Not ru_maxrss, which begins
    as that of the process that it was forked from."""
    found = Path(f"/proc/{process}/status").read_text().partition("VmHWM:")[2].split()
    return int(found[0]) // 1024 if found else 0


def end(*processes: subprocess.Popen[bytes]) -> Used:
    """Ends them; what they used, as the system counted it."""
    memory, seconds = 0, 0.0
    for process in processes:
        memory = max(memory, peak(process.pid))
        process.send_signal(signal.SIGTERM)
        _, ended, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        seconds += used.ru_utime + used.ru_stime
    return Used(memory, seconds)


def until(seen: Callable[[], bool], seconds: float = 1800) -> None:
    last = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > last:
            sys.exit("it never came to an end")
        time.sleep(0.2)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _is_at_work(site: Site) -> bool:
    try:
        return bool(site.ask(site.web, "/health")["at_work"])
    except urllib3.exceptions.HTTPError:
        return False
