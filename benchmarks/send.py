"""Recipients a second and peak memory of the whole service, to a localgrid of its own, beside the bare way.

    python -m benchmarks.send                                            10,000 and 100,000 recipients, SQLite
    python -m benchmarks.send --modes fast --recipients 1000000 --rounds 1
    python -m benchmarks.send --modes fast --database postgres --workers 2

The database as it is shipped (every commit is on disk before it counts; PostgreSQL is the server of
$TIPSHEET_TEST_POSTGRES, else the tests' own, which writes nothing to disk for certain), the real template, the example
article with its offer, requests of 1,000. Two kinds of localgrid: `judged` looks at each mail and posts events for it,
`fast` only counts, so that the service and not its counterpart is measured. Beside `fast` runs bare_send.py, in the
same minute and to the same kind of localgrid: the ratio means something where the seconds do not. It is always one
process, also beside workers.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.bare_send import Bare
from benchmarks.import_ import database, server
from benchmarks.site import Site, Used, cpu, end, grid, prepare, start, until

BATCHES = "SELECT count(*), sum(CASE state WHEN 'accepted' THEN 1 ELSE 0 END) FROM batches"
_TIMES = (
    "SELECT c.launched_at, r.frozen_at, (SELECT max(answered_at) FROM attempts) "
    "FROM campaigns c JOIN runs r ON r.id = c.run_id"
)
UNSEALED = "SELECT count(*) FROM consents WHERE id > (SELECT coalesce(max(last_consent), 0) FROM seals)"
_AT_WORK = "SELECT count(*) FROM heartbeats WHERE said LIKE 'worker%'"
_BUSY = 0.8  # of a core: what localgrid may take
_HEAD = (
    "| recipients | localgrid | seconds | freezing | recipients/s | bare/s | of the bare speed "
    "| until the last event | CPU | localgrid's core | peak memory |"
)


@dataclass(frozen=True)
class Run:
    freezing: float  # seconds from the launch to a whole audience
    sending: float  # seconds from the launch to the last 202
    told: float  # seconds from the launch to the last event applied; 0 where none are posted
    used: Used
    share: float  # of a core that localgrid took meanwhile
    bare: float  # recipients a second; 0 where it was not asked


def main() -> None:
    options = _options()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; medians of {options.rounds}")
    print(f"{_HEAD}\n|---:|---|" + "---:|" * 9, flush=True)
    with tempfile.TemporaryDirectory(prefix="tipsheet-send-") as name, server(options.database, Path(name)) as admin:
        for recipients in options.recipients:
            for mode in options.modes:
                runs = [_measured(options, admin, recipients, mode) for _ in range(options.rounds)]
                _show(recipients, mode, runs)
    print(f"load {os.getloadavg()[0]:.1f} after")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--recipients", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--modes", choices=("judged", "fast"), nargs="+", default=["judged", "fast"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--workers", type=int, default=0, help="processes of the engine that send (PostgreSQL)")
    return parser.parse_args()


def _measured(options: argparse.Namespace, admin: str, recipients: int, mode: str) -> Run:
    with tempfile.TemporaryDirectory(prefix="tipsheet-site-") as name:
        engine = {"TIPSHEET_DISPATCH__ENGINE": "procrastinate"} if options.workers else {}
        with database(options.database, admin, Path(name)) as url:
            site = Site(Path(name), url, engine)
            prepare(site, recipients)
            run = _run(site, recipients, mode, options.workers)
            site.close()
        if mode == "judged":
            return run
        with database(options.database, admin, Path(name)) as url, grid(site, "--fast"):
            plain = make_url(url).database if options.database == "sqlite" else url
            return replace(run, bare=_bare(Bare(plain or "", site.grid, recipients), recipients))


def _bare(bare: Bare, recipients: int) -> float:
    limit = bare.measure()
    if limit.is_void:
        sys.exit(f"void: the bare way took {limit.whole:.1f} s, its stages alone {limit.stages:.1f} s; try again")
    return recipients / limit.whole


def _run(site: Site, recipients: int, mode: str, workers: int) -> Run:
    how = ["--fast"] if mode == "fast" else ["--events-url", f"http://127.0.0.1:{site.web}/events/sendgrid"]
    with grid(site, *how) as provider:
        if mode == "judged":
            signed = site.ask(site.grid, "/v3/user/webhooks/event/settings/signed")
            site.more["TIPSHEET_SENDGRID__WEBHOOK_KEY"] = str(signed["public_key"])
        processes = [start(site), *(start(site, "worker", "--name", f"w{n}") for n in range(workers))]
        until(lambda: not workers or site.row(_AT_WORK)[0] == workers)
        until(lambda: site.row(UNSEALED)[0] == 0)  # what the import left to do is not what is measured
        try:
            before, began = cpu(provider), time.monotonic()
            site.tipsheet("campaign", "send", "garden", *([] if mode == "judged" else ["--without-events"]))
            until(lambda: site.row(BATCHES)[0] > 0 and len(set(site.row(BATCHES))) == 1)
            share = (cpu(provider) - before) / (time.monotonic() - began)
            if share > _BUSY:
                sys.exit(f"void: localgrid took {share:.0%} of a core, so it was measured and not the service")
            told = _until_told(site, recipients) if mode == "judged" else 0.0
            stats = site.ask(site.grid, "/_stats")
            if not stats["recipients"] == stats["distinct"] == recipients:
                sys.exit(f"localgrid took {stats}, not {recipients:,} mails, one each")
            launched, frozen, answered = site.row(_TIMES)
        finally:
            used = end(*processes)
    freezing, sending = (frozen - launched) / 1000, (answered - launched) / 1000
    return Run(freezing, sending, told - launched / 1000 if told else 0, used, share, 0)


def _until_told(site: Site, recipients: int) -> float:
    """When the service had applied every event: two for each recipient, processed and delivered."""
    until(lambda: site.row("SELECT count(*) FROM events")[0] == 2 * recipients)
    until(lambda: site.row("SELECT count(*) FROM spool")[0] == 0)
    return time.time()


def _show(recipients: int, mode: str, runs: list[Run]) -> None:
    freezing, sending, told, share, bare = (
        statistics.median(getattr(run, name) for run in runs)
        for name in ("freezing", "sending", "told", "share", "bare")
    )
    seconds = statistics.median(run.used.cpu for run in runs)
    memory = statistics.median(run.used.memory for run in runs)
    beside = f"{bare:,.0f} | {recipients / sending / bare:.0%}" if bare else "– | –"
    print(
        f"| {recipients:,} | {mode} | {sending:.1f} | {freezing:.1f} | {recipients / sending:,.0f} | {beside} | "
        f"{f'{told:.1f} s' if told else '–'} | {seconds:.1f} s | {share:.0%} | {memory:.0f} MiB |",
        flush=True,
    )


if __name__ == "__main__":
    main()
