"""kill -9 of the service at random moments, again and again, then to the end: nobody twice, nobody skipped.

    python -m benchmarks.kill                      50 kills, 20,000 recipients, about four minutes
    python -m benchmarks.kill --events late        events that come later than settle_after
    python -m benchmarks.kill --events off         no web hook: nobody twice, the rest is listed as uncertain

localgrid is a process of its own and is never killed; its mailbox file is the witness.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import urllib3
from sqlalchemy import text

from base.database import Database

ROOT = Path(__file__).parents[1]
TIPSHEET = [sys.executable, "-c", "import sys; from cli.main import main; sys.exit(main())"]
WEB, GRID = 18125, 18126
TIMES = {"DEADLINE": "2s", "LEASE": "3s", "SETTLE_AFTER": "3s", "BATCH_SIZE": "50"}


@dataclass
class Site:
    """A folder with a configuration of its own, and what stands around it."""

    folder: Path
    env: dict[str, str]
    http: urllib3.PoolManager

    def tipsheet(self, *words: str) -> str:
        done = subprocess.run(
            [*TIPSHEET, *words], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"tipsheet {' '.join(words)}: {done.stderr}{done.stdout}")
        return done.stdout

    def grid(self, method: str, path: str, body: object = None) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": "Bearer SG.local"}
        raw = None if body is None else json.dumps(body).encode()
        return self.http.request(method, f"http://127.0.0.1:{GRID}{path}", body=raw, headers=headers)

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = json.loads(self.tipsheet("campaign", "status", "kill", "--json"))["counts"]
        return found

    def mailbox(self) -> list[dict[str, object]]:
        file = self.folder / "grid" / "mailbox.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def main() -> None:
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="tipsheet-kill-"))
    site = Site(folder, _environment(folder, options), urllib3.PoolManager(retries=False))
    grid = _start_grid(site, options.events)
    try:
        _prepare(site, options.recipients, options.events)
        seen, unseen = _kill_again_and_again(site, options)
        _to_the_end(site, options.events)
        _judge(site, options, seen, unseen)
    finally:
        grid.terminate()
        grid.wait()
    shutil.rmtree(folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--events", choices=("on", "late", "off"), default="on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="else SQLite in a new folder")
    return parser.parse_args()


def _environment(folder: Path, options: argparse.Namespace) -> dict[str, str]:
    shutil.copy(ROOT / "config.toml", folder)
    env = {name: value for name, value in os.environ.items() if not name.startswith("TIPSHEET_")}
    env |= {f"TIPSHEET_DELIVERY__{name}": value for name, value in TIMES.items()}
    env |= {
        "TIPSHEET_DELIVERY__PROVIDER": "sendgrid",
        "TIPSHEET_SENDGRID__BASE_URL": f"http://127.0.0.1:{GRID}",
        "SENDGRID_API_KEY": "SG.local",
        "TIPSHEET_WEB__PORT": str(WEB),
        "TIPSHEET_WEB__PUBLIC_URL": f"http://127.0.0.1:{WEB}",
        "PYTHONPATH": str(ROOT),
    }
    if options.database:
        env["TIPSHEET_DATABASE__URL"] = options.database
    return env


def _start_grid(site: Site, how: str) -> subprocess.Popen[bytes]:
    events = [] if how == "off" else ["--events-url", f"http://127.0.0.1:{WEB}/events/sendgrid"]
    command = [sys.executable, "-m", "localgrid", "--port", str(GRID), "--data", str(site.folder / "grid"), *events]
    grid = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while True:
        try:
            site.grid("GET", "/_stats")
            break
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    faults: list[dict[str, object]] = [
        {"kind": "delay", "args": {"ms": [100, 300]}, "match": {"path": "/v3/mail/send"}}
    ]
    if how == "late":
        faults.append({"kind": "events_delay", "args": {"seconds": 8}})
    site.grid("PUT", "/_faults", faults)
    if how != "off":
        shown = json.loads(site.grid("GET", "/v3/user/webhooks/event/settings/signed").data)
        site.env["TIPSHEET_SENDGRID__WEBHOOK_KEY"] = shown["public_key"]
    return grid


def _prepare(site: Site, recipients: int, events: str) -> None:
    site.tipsheet("init")
    site.tipsheet("list", "add", "kill", "--name", "Kill test")
    people = site.folder / "people.csv"
    people.write_text("email,first_name\n" + "".join(f"p{n}@example.com,Person {n}\n" for n in range(recipients)))
    site.tipsheet("subscriber", "import", str(people), "--list", "kill", "--basis", "A test")
    article = site.folder / "article.txt"
    article.write_text("Sitting well\n\nA chair should meet your feet. Stand up once an hour, and walk a little.\n")
    site.tipsheet("article", "add", str(article), "--slug", "a", "--url", "https://example.com/a")
    site.tipsheet("campaign", "add", "kill", "--list", "kill", "--article", "a", "--subject", "Sit well")
    more = ["--without-events"] if events == "off" else []
    site.tipsheet("campaign", "send", "kill", *more)


def _kill_again_and_again(site: Site, options: argparse.Namespace) -> tuple[int, int]:
    """How many kills left an attempt in flight that the mailbox saw, and that it never saw."""
    dice = random.Random(options.seed)
    in_flight: list[set[str]] = []
    known: set[str] = set()  # an attempt is of the kill that cut it off, though its lease may outlast the next
    for n in range(options.kills):
        service = _begin(site)
        _until_it_sends(site)
        time.sleep(dice.uniform(0.05, 0.9))
        service.send_signal(signal.SIGKILL)
        service.wait()
        in_flight.append(_open_attempts(site) - known)
        known |= in_flight[-1]
        print(f"\rkill {n + 1} of {options.kills}: {len(site.mailbox()):,} mails", end="", flush=True)
    print()
    time.sleep(1)  # what localgrid still had in hand
    arrived = {str(mail["custom_args"]["ts_attempt"]) for mail in site.mailbox()}  # type: ignore[index]
    return sum(bool(a & arrived) for a in in_flight), sum(bool(a - arrived) for a in in_flight)


def _begin(site: Site) -> subprocess.Popen[bytes]:
    log = (site.folder / "service.log").open("a")
    service = subprocess.Popen([*TIPSHEET, "run"], cwd=site.folder, env=site.env, stdout=log, stderr=log)
    log.close()
    return service


def _until_it_sends(site: Site) -> None:
    before = json.loads(site.grid("GET", "/_stats").data)["requests"]
    end = time.monotonic() + 30
    while json.loads(site.grid("GET", "/_stats").data)["requests"] == before and time.monotonic() < end:
        time.sleep(0.02)


def _sql(site: Site, statement: str) -> list[tuple[object, ...]]:
    db = Database(site.env.get("TIPSHEET_DATABASE__URL", f"sqlite:///{site.folder}/var/tipsheet.db"))
    try:
        with db.read() as s:
            return [tuple(row) for row in s.execute(text(statement))]
    finally:
        db.close()


def _open_attempts(site: Site) -> set[str]:
    return {str(a) for (a,) in _sql(site, "SELECT attempt FROM batches WHERE state = 'leaving'")}


def _to_the_end(site: Site, events: str) -> None:
    service = _begin(site)
    end, quiet = time.monotonic() + 600, 0
    while time.monotonic() < end and quiet < (15 if events == "off" else 1):
        time.sleep(1)
        n = site.counts()
        done = n["audience"] and n["planned"] + n["sending"] == 0 and (events == "off" or n["uncertain"] == 0)
        quiet = quiet + 1 if done else 0
    service.terminate()
    service.wait()


def _judge(site: Site, options: argparse.Namespace, seen: int, unseen: int) -> None:
    mails = Counter(str(mail["to"]) for mail in site.mailbox())
    accepted = {
        str(email)
        for (email,) in _sql(
            site,
            "SELECT s.email FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id JOIN batches b "
            "ON b.run_id = d.run_id AND b.number = d.batch WHERE b.state = 'accepted'",
        )
    }
    n = site.counts()
    twice = [to for to, times in mails.items() if times > 1]
    missing = options.recipients - len(mails)
    print(f"kills with an attempt in flight that the mailbox saw: {seen}; that it never saw: {unseen}")
    print(f"recipients {options.recipients:,} · mailed {len(mails):,} · twice {len(twice)} · missing {missing}")
    print(f"ledger: {n}")
    listed = n["uncertain"]
    wrong = [
        ("somebody was mailed twice", bool(twice)),
        ("the ledger calls somebody accepted whom the mailbox never saw", bool(accepted - mails.keys())),
        ("somebody is missing and not listed as uncertain", missing > listed),
        ("somebody is missing", options.events != "off" and missing > 0),
        ("the ledger and the mailbox differ", options.events != "off" and accepted != mails.keys()),
        ("fewer than 10 kills of each kind", options.kills >= 50 and min(seen, unseen) < 10),
    ]
    failed = [words for words, is_wrong in wrong if is_wrong]
    print("FAILED: " + "; ".join(failed) + f" (kept: {site.folder})" if failed else "nobody twice, nobody skipped")
    if failed:
        os._exit(1)


if __name__ == "__main__":
    main()
