"""Small campaigns in rounds, each by its own seed: kills, cuts, a provider that misbehaves, late opt-outs, pauses.

    python -m benchmarks.faults --seed 1 --kills 200 --database sqlite
    python -m benchmarks.faults --seed 1 --kills 200 --database postgres --from-seed 17     goes on with round 17

localgrid is a process of its own and is never killed; its mailbox file is the witness. Times are those of the tests, in
which everything that takes minutes in production takes a second. Ends with 1 and the seed where the promise was broken.

Killed are the service, in which the scheduler is a thread and dies with it, and on PostgreSQL the worker. There, a cut
ends every connection to the database while both go on living. SQLite has none to cut: its database is a file.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import urllib3
from sqlalchemy import create_engine, make_url, select, text

import campaigns.models as _tables  # noqa: F401  every table is known once these are
from base.database import Base, Database
from base.time import to_ms
from delivery.ledger import Counts, hold, release
from delivery.models import Attempt, Run
from subscribers import links
from subscribers.addresses import address_key, parse_address
from tests.journeys.office import Office, listens, office_and_grid, stop
from tests.localgrid.support import Running
from tests.support.looks import look
from tests.support.postgres import server_url, stop_server
from tests.support.runs import a_run, count

FAST = {"DEADLINE": "1s", "LEASE": "1500ms", "SETTLE_AFTER": "1500ms", "CONNECTIONS": "2"}
Rules = dict[str, list[dict[str, Any]]]
REQUEST_FAULTS: Rules = {
    "no fault": [],
    "time-out, taken": [{"kind": "timeout", "args": {"accept": True}}],
    "time-out, not taken": [{"kind": "timeout", "args": {"accept": False}}],
    "500, taken": [{"kind": "status", "args": {"status": 500, "accept": True}}],
    "500, not taken": [{"kind": "status", "args": {"status": 500}}],
    "reset, taken": [{"kind": "reset", "args": {"when": "after"}}],
    "reset in the body": [{"kind": "reset", "args": {"when": "body"}}],
    "429": [{"kind": "status", "args": {"status": 429, "reset_after": 1}}],
    "drip": [{"kind": "drip", "args": {"seconds": 3}}],
}
EVENT_FAULTS: Rules = {
    "events at once": [],
    # Later than a returned batch is tried again: an event that came before would hide a mail that left twice.
    "events late": [{"kind": "events_delay", "args": {"seconds": 8}}],
    "events lost": [{"kind": "events_lose", "args": {"probability": 0.5}}],
    "events repeated": [{"kind": "events_duplicate", "args": {"probability": 0.5}}],
    "events reordered": [{"kind": "events_reorder"}],
}
CUT = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
PATIENCE = 600  # seconds to the end of a round: only ends a hopeless one; who is uncertain then is listed


@dataclass
class Round:
    seed: int
    database: str
    fault: str
    events: str
    people: int
    batch: int
    kills: int = 0
    cuts: int = 0  # of every connection at once; the processes have to live on
    opted_out: int = 0
    pauses: int = 0
    mailed: int = 0
    twice: int = 0
    missing: int = 0  # neither mailed nor skipped with a reason
    uncertain: int = 0
    late: int = 0  # mailed by an attempt that began after their opt-out
    seconds: float = 0.0
    fallen: int = 0  # processes that ended by themselves
    broken: list[str] = field(default_factory=list)


def main() -> None:
    options = _options()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    seed, kills, end = options.from_seed or options.seed, 0, time.monotonic() + options.seconds
    if options.from_seed:
        kills = sum(row["kills"] for row in _earlier(options) if options.seed <= row["seed"] < seed)
    with _server(options.database) as server:
        while kills < options.kills and time.monotonic() < end:
            done = _round(seed, options.database, server, options.kills - kills)
            with options.results.open("a") as file:
                file.write(json.dumps(asdict(done)) + "\n")
            print(json.dumps(asdict(done)), flush=True)
            if done.broken:
                sys.exit(f"seed {seed}: {'; '.join(done.broken)}")
            seed, kills = seed + 1, kills + done.kills
    _sum_up([row for row in _earlier(options) if options.seed <= row["seed"] < seed])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round; else the time")
    parser.add_argument("--from-seed", type=int, help="go on with this round; those before are in --results")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no round begins later")
    parser.add_argument("--results", type=Path, default=Path("var/faults.jsonl"))
    return parser.parse_args()


def _earlier(options: argparse.Namespace) -> list[dict[str, int]]:
    rows = [json.loads(line) for line in options.results.read_text().splitlines()] if options.results.exists() else []
    return list({row["seed"]: row for row in rows if row["database"] == options.database}.values())


def _sum_up(rows: list[dict[str, int]]) -> None:
    names = ("kills", "cuts", "people", "mailed", "twice", "missing", "uncertain", "opted_out", "late")
    told = " · ".join(f"{name.replace('_', ' ')} {sum(row.get(name, 0) for row in rows):,}" for name in names)
    print(f"rounds {len(rows)} · {told}")


@contextmanager
def _server(database: str) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="tipsheet-faults-"))
    try:
        yield server_url(folder, os.getpid()) if database == "postgres" else ""
    finally:
        stop_server(folder)


@contextmanager
def _site(database: str, server: str) -> Iterator[tuple[Office, Running]]:
    """An installation of its own for a round, and the provider that outlives its services."""
    folder = Path(tempfile.mkdtemp(prefix="tipsheet-round-"))
    url = _new_database(server) if server else f"sqlite:///{folder}/tipsheet.db"
    first = Database(url)
    Base.metadata.create_all(first.engine)
    first.close()
    ours = {f"DELIVERY__{name}": value for name, value in FAST.items()}
    if database == "postgres":
        ours["DISPATCH__ENGINE"] = "procrastinate"
    with office_and_grid(folder, url, **ours) as made:
        yield made
    shutil.rmtree(folder)


def _new_database(server: str) -> str:
    url = make_url(server).set(drivername="postgresql+psycopg")
    url = url if url.database else url.set(database="postgres")
    name = f"tipsheet_{uuid4().hex}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def _round(seed: int, database: str, server: str, most: int) -> Round:
    dice, began = random.Random(seed), time.monotonic()
    fault, news = dice.choice(list(REQUEST_FAULTS)), dice.choice(list(EVENT_FAULTS))
    done = Round(seed, database, fault, news, dice.randint(300, 1000), dice.randint(20, 50))
    with _site(database, server) as (made, grid):
        run = a_run(made.db, made.keys, done.people, batch_size=done.batch)
        slowly = {"kind": "delay", "args": {"ms": [50, 300]}, "match": {"seed": seed}}
        now_and_then = {"match": {"probability": 0.15, "seed": seed}, "times": 4}
        spoiling = [{**rule, **now_and_then} for rule in REQUEST_FAULTS[fault]]
        grid.faults(slowly, *spoiling, *EVENT_FAULTS[news])
        opted_out: dict[str, float] = {}
        for _ in range(min(most, dice.randint(4, 8))):
            _live_and_die(made, grid, run, dice, done, opted_out)
        grid.faults(*EVENT_FAULTS[news])
        _to_the_end(made, run, dice, done)
        done.opted_out = len(opted_out)
        _judge(made, run, done, opted_out)
    done.seconds = round(time.monotonic() - began, 1)
    return done


def _live_and_die(
    made: Office, grid: Running, run: int, dice: random.Random, done: Round, opted_out: dict[str, float]
) -> None:
    """Up, some life, and kill -9: of the service, of the worker, or of both."""
    up = _begin(made.begin, done, f"{done.kills}")
    before, end = len(grid.mailbox()), time.monotonic() + 15
    while (len(grid.mailbox()) == before or not listens(made.config.web.port)) and time.monotonic() < end:
        time.sleep(0.02)
    _perhaps_cut(made, dice, done)
    if dice.random() < 0.3:
        with made.db.write() as s:
            hold(s, run)
        time.sleep(0.1)
        with made.db.write() as s:
            release(s, run)
        done.pauses += 1
    for _ in range(dice.randint(0, 3)):
        _opt_out(made, run, f"p{dice.randint(1, done.people)}@example.com", opted_out)
    _perhaps_cut(made, dice, done)
    time.sleep(dice.uniform(0, 0.7))
    done.fallen += sum(service.poll() is not None for service in up)
    for service in dice.sample(up, len(up)):
        stop(service, signal.SIGKILL)
        done.kills += 1
        time.sleep(dice.uniform(0, 0.3))


def _begin(how: Callable[..., subprocess.Popen[str]], done: Round, name: str) -> list[subprocess.Popen[str]]:
    return [how()] + ([how("worker", "--name", name)] if done.database == "postgres" else [])


def _perhaps_cut(made: Office, dice: random.Random, done: Round) -> None:
    """Every connection of service and worker. Ours are opened anew when they are next needed."""
    if done.database == "sqlite" or dice.random() < 0.4:
        return
    time.sleep(dice.uniform(0, 0.7))
    with made.db.read() as s:
        done.cuts += bool(s.scalar(text(CUT)))
    time.sleep(dice.choice((0, dice.uniform(0, 3))))


def _opt_out(made: Office, run: int, email: str, opted_out: dict[str, float]) -> None:
    """Through the page, as a mailbox does it; it counts from the answer on."""
    with made.db.read() as s:
        list_id = s.get_one(Run, run).list_id
    token = links.sign(made.keys, address_key(made.keys, parse_address(email)), list_id)
    try:
        answer = made.http.request("POST", f"{made.web}/u/{token}", body="List-Unsubscribe=One-Click", timeout=10)
    except urllib3.exceptions.HTTPError:
        return  # not up yet: nobody was told that it is done
    if answer.status == 200:
        opted_out.setdefault(email, time.time() * 1000)


def _to_the_end(made: Office, run: int, dice: random.Random, done: Round) -> None:
    with made.db.write() as s:
        release(s, run)
    # Until they are up: whoever is cut off on the way may give up.
    up, end = _begin(made.run, done, "last"), time.monotonic() + PATIENCE
    for _ in range(dice.randint(1, 4)):
        _perhaps_cut(made, dice, done)
    while _is_open(count(made.db, run)) and time.monotonic() < end:
        time.sleep(0.2)
    done.fallen += sum(service.poll() is not None for service in up)
    for service in reversed(up):
        stop(service)


def _is_open(n: Counts) -> bool:
    return n.planned + n.sending + n.uncertain > 0


def _judge(made: Office, run: int, done: Round, opted_out: dict[str, float]) -> None:
    mailbox = made.mailbox()
    mails = Counter(str(mail["to"]) for mail in mailbox)
    now = look(made.db, run)
    with made.db.read() as s:
        began = {one.id: to_ms(one.started_at) for one in s.scalars(select(Attempt))}
        emails = {person: str(email) for person, email in s.execute(text("SELECT id, email FROM subscribers"))}
    states = {emails[person]: state for person, (state, _) in now.states.items()}
    done.mailed, done.uncertain = len(mails), now.counts.uncertain
    done.twice = sum(times > 1 for times in mails.values())
    done.missing = sum(
        state in ("planned", "leaving", "accepted") and who not in mails for who, state in states.items()
    )
    late = [m for m in mailbox if began[m["custom_args"]["ts_attempt"]] > opted_out.get(m["to"], float("inf")) + 1]
    done.late = len(late)
    said_no = sum(state == "skipped" and who not in opted_out for who, state in states.items())
    wrong = {
        "somebody was mailed twice": done.twice,
        "somebody is missing, or called accepted and never mailed": done.missing,
        "somebody who had opted out was mailed": done.late,
        "somebody was skipped who never opted out": said_no,
        "somebody was mailed whom the ledger calls skipped": sum(
            states[who] in ("skipped", "refused") for who in mails
        ),
        "a process ended by itself": done.fallen,
        "people were given up as planned": now.counts.planned + now.counts.sending,
    }
    done.broken = [words for words, times in wrong.items() if times]


if __name__ == "__main__":
    main()
