"""Recipients a second and peak memory of the whole service, to a localgrid of its own. Run: python -m benchmarks.send

SQLite as it is shipped (every commit is on disk before it counts), the real template, the example article with its
offer, batches of 1,000. Two localgrids: one that judges each mail and posts events for it, and one that only counts,
so that the service and not its counterpart is measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import urllib3

ROOT = Path(__file__).parents[1]
TIPSHEET = [sys.executable, "-c", "import sys; from cli.main import main; sys.exit(main())"]
TAKEN = "SELECT count(*), sum(state = 'accepted') FROM batches"
TIMES = (
    "SELECT c.launched_at, r.frozen_at, (SELECT max(answered_at) FROM attempts) "
    "FROM campaigns c JOIN runs r ON r.id = c.run_id"
)
CITIES = ("Milpitas", "Fremont", "San José", "Santa Clara")


@dataclass(frozen=True)
class Run:
    freezing: float  # seconds from the launch to a whole audience
    sending: float  # seconds from the launch to the last 202
    told: float  # seconds from the launch to the last event applied; 0 where none are posted
    memory: int  # MiB
    cpu: float  # seconds of the service's whole life; steadier than the clock where other work shares the machine


@dataclass(frozen=True)
class Site:
    folder: Path
    web: int
    grid: int
    http: urllib3.PoolManager

    @property
    def database(self) -> Path:
        return self.folder / "var" / "tipsheet.db"

    def tipsheet(self, *words: str, **env: str) -> None:
        done = subprocess.run(
            [*TIPSHEET, *words], cwd=self.folder, env=self.env(**env), capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"tipsheet {' '.join(words)}: {done.stderr}{done.stdout}")

    def env(self, **more: str) -> dict[str, str]:
        rest = {name: value for name, value in os.environ.items() if not name.startswith("TIPSHEET_")}
        return rest | {
            "TIPSHEET_DELIVERY__PROVIDER": "sendgrid",
            "TIPSHEET_SENDGRID__BASE_URL": f"http://127.0.0.1:{self.grid}",
            "SENDGRID_API_KEY": "SG.local",
            "TIPSHEET_WEB__PORT": str(self.web),
            "TIPSHEET_WEB__PUBLIC_URL": f"http://127.0.0.1:{self.web}",
            "TIPSHEET_LOGGING__LEVEL": "warning",
            "PYTHONPATH": str(ROOT),
            **more,
        }

    def ask(self, port: int, path: str) -> dict[str, object]:
        headers = {"Authorization": "Bearer SG.local"}
        found: dict[str, object] = self.http.request("GET", f"http://127.0.0.1:{port}{path}", headers=headers).json()
        return found

    def row(self, statement: str) -> tuple[int, ...]:
        """Beside the service, by a connection of its own that only reads."""
        database = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            found: tuple[int, ...] = database.execute(statement).fetchone()
            return found
        finally:
            database.close()


def main() -> None:
    options = _options()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; medians of {options.rounds}")
    print("| recipients | localgrid | seconds | freezing | recipients/s | until the last event | CPU | peak memory |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for recipients in options.recipients:
        with tempfile.TemporaryDirectory(prefix="tipsheet-send-") as folder:
            site = Site(Path(folder), _free_port(), _free_port(), urllib3.PoolManager(retries=False))
            _prepare(site, recipients)
            for mode in options.modes:
                _show(recipients, mode, [_run(site, recipients, mode) for _ in range(options.rounds)])
    print(f"load {os.getloadavg()[0]:.1f} after")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--recipients", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--modes", choices=("judged", "fast"), nargs="+", default=["judged", "fast"])
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _prepare(site: Site, recipients: int) -> None:
    """Everything up to the campaign, once; each run begins with a copy."""
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
    shutil.copy(site.database, site.folder / "prepared.db")


def _run(site: Site, recipients: int, mode: str) -> Run:
    for old in site.database.parent.glob("tipsheet.db*"):
        old.unlink()
    shutil.copy(site.folder / "prepared.db", site.database)
    grid, key = _start_grid(site, mode)
    service = _start_service(site, key)
    try:
        site.tipsheet("campaign", "send", "garden", *([] if key else ["--without-events"]))
        _until(lambda: site.row(TAKEN)[0] > 0 and len(set(site.row(TAKEN))) == 1)
        told = _until_told(site, recipients) if key else 0.0
        stats = site.ask(site.grid, "/_stats")
        if not stats["recipients"] == stats["distinct"] == recipients:
            sys.exit(f"localgrid took {stats}, not {recipients:,} mails, one each")
        launched, frozen, answered = site.row(TIMES)
    finally:
        memory, cpu = _used(service)
        grid.terminate()
        grid.wait()
        shutil.rmtree(site.folder / "grid")
    freezing, sending = (frozen - launched) / 1000, (answered - launched) / 1000
    return Run(freezing, sending, told - launched / 1000 if told else 0, memory, cpu)


def _start_grid(site: Site, mode: str) -> tuple[subprocess.Popen[bytes], str]:
    """The process, and the public key of its events where it posts any."""
    data = str(site.folder / "grid")
    how = ["--fast"] if mode == "fast" else ["--events-url", f"http://127.0.0.1:{site.web}/events/sendgrid"]
    command = [sys.executable, "-m", "localgrid", "--port", str(site.grid), "--data", data, *how]
    grid = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    if grid.stdout is None or not grid.stdout.readline():
        sys.exit("localgrid did not start")
    signed = site.ask(site.grid, "/v3/user/webhooks/event/settings/signed")
    return grid, "" if mode == "fast" else str(signed["public_key"])


def _start_service(site: Site, key: str, **more: str) -> subprocess.Popen[bytes]:
    env = site.env(TIPSHEET_SENDGRID__WEBHOOK_KEY=key, **more)
    with (site.folder / "service.log").open("a") as log:
        service = subprocess.Popen([*TIPSHEET, "run"], cwd=site.folder, env=env, stdout=log, stderr=log)
    _until(lambda: _is_at_work(site))
    return service


def _is_at_work(site: Site) -> bool:
    try:
        return bool(site.ask(site.web, "/health")["at_work"])
    except urllib3.exceptions.HTTPError:
        return False


def _until_told(site: Site, recipients: int) -> float:
    """When the service had applied every event: two for each recipient, processed and delivered."""
    _until(lambda: site.row("SELECT count(*) FROM events")[0] == 2 * recipients)
    _until(lambda: site.row("SELECT count(*) FROM spool")[0] == 0)
    return time.time()


def _until(seen: Callable[[], bool], seconds: float = 1800) -> None:
    end = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > end:
            sys.exit("it never came to an end")
        time.sleep(0.2)


def _used(service: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Ends the service; its largest resident size in MiB and its CPU seconds, as the system counted them."""
    service.send_signal(signal.SIGTERM)
    _, status, used = os.wait4(service.pid, 0)
    service.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return used.ru_maxrss // unit, used.ru_utime + used.ru_stime


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _show(recipients: int, mode: str, runs: list[Run]) -> None:
    sending, freezing, told, memory, cpu = (
        statistics.median(getattr(run, name) for run in runs)
        for name in ("sending", "freezing", "told", "memory", "cpu")
    )
    until_told = f"{told:.1f} s" if told else "none posted"
    print(
        f"| {recipients:,} | {mode} | {sending:.1f} | {freezing:.1f} | {recipients / sending:,.0f} | {until_told} | "
        f"{cpu:.1f} s | {memory:.0f} MiB |",
        flush=True,
    )


if __name__ == "__main__":
    main()
