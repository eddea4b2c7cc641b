"""How soon after `kill -9` and a start the next request leaves, in the middle of a large campaign.

    python -m benchmarks.restart                          1,000,000 recipients, killed five times
    python -m benchmarks.restart --recipients 100000

SQLite as it is shipped, localgrid that only counts. From the moment the new process is begun to the instant that the
database gives its first attempt; what was under way at the kill waits for its proof and is not sent again meanwhile.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.send import BATCHES, UNSEALED
from benchmarks.site import Site, end, grid, prepare, start, until

_FROZEN = "SELECT count(*) FROM runs WHERE frozen_at IS NOT NULL"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tipsheet-restart-") as name:
        site = Site(Path(name), f"sqlite:///{name}/tipsheet.db")
        prepare(site, options.recipients)
        with grid(site, "--fast"):
            found = _killed(site, options.kills)
            stats = site.ask(site.grid, "/_stats")
        site.close()
    if stats["recipients"] != stats["distinct"]:
        sys.exit(f"localgrid took {stats}: somebody has it twice")
    print(f"{options.recipients:,} recipients, {len(found)} kills, twice: 0")
    print(f"seconds until the next request: {statistics.median(found):.1f}, at most {max(found):.1f}")


def _killed(site: Site, kills: int) -> list[float]:
    service = start(site)
    until(lambda: site.row(UNSEALED)[0] == 0)
    site.tipsheet("campaign", "send", "garden", "--without-events")
    until(lambda: site.row(_FROZEN)[0] > 0)
    found = []
    batches = site.row(BATCHES)[0]
    for number in range(1, kills + 1):
        until(lambda number=number: (site.row(BATCHES)[1] or 0) >= batches * number // (kills + 2))
        service.send_signal(signal.SIGKILL)
        service.wait()
        began = time.time()
        service = start(site)
        since = f"SELECT coalesce(min(started_at), 0) FROM attempts WHERE started_at > {began * 1000:.0f}"  # noqa: S608
        until(lambda since=since: site.row(since)[0] > 0)
        found.append(site.row(since)[0] / 1000 - began)
    end(service)
    return found


if __name__ == "__main__":
    main()
