"""The database can only be read in the middle of sending, and later it can be written to again."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import campaigns.models as _tables  # noqa: F401  every table is known once these are
from tests.journeys.office import Office, office_and_grid, stop, until
from tests.journeys.test_disk_full import SLOWLY, nothing_leaves, one_click, opt_out_link
from tests.journeys.test_kill import FAST, PEOPLE, everybody_once
from tests.journeys.test_workers import ENGINE
from tests.localgrid.support import Running
from tests.support.own_server import own_server
from tests.support.runs import a_run, count

_DROP_FROM_BOUNDS, _IGNORE_PERMISSIONS = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
NEW_ONES = "ALTER DATABASE postgres SET default_transaction_read_only = {}"
ALL = "ALTER SYSTEM SET default_transaction_read_only = {}"
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
WRITABLE = "SET default_transaction_read_only = off"


@pytest.mark.parametrize(
    ("settings", "change", "then"),
    [(FAST, NEW_ONES, CUT), (ENGINE, ALL, "SELECT pg_reload_conf()")],
    ids=["service", "worker"],
)
def test_postgres_that_can_only_be_read_stops_sending_until_it_is_over(
    tmp_path: Path, settings: dict[str, str], change: str, then: str
) -> None:
    with own_server() as server, office_and_grid(tmp_path, server.url, **settings) as (made, grid):

        def read_only() -> None:
            server.say(change.format("on"), then)

        def over() -> None:  # whoever is connected stays so
            server.say(WRITABLE, change.format("off"), "SELECT pg_reload_conf()")

        spoil_and_mend(made, grid, read_only, over)


def test_sqlite_that_can_only_be_read_stops_sending_until_it_is_over(tmp_path: Path, sqlite_template: Path) -> None:
    """As when a disk turns read-only: what is open cannot write any more, and what is opened anew is read-only."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "tipsheet.db")
    with office_and_grid(tmp_path, f"sqlite:///{folder}/tipsheet.db", **FAST) as (made, grid):
        made.first = obey_permissions  # root writes to everything else

        def read_only() -> None:
            for file in folder.iterdir():
                file.chmod(0o444)
            resource.prlimit(made.services[0].pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

        def over() -> None:
            resource.prlimit(made.services[0].pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            until(lambda: "can only be read" in made.said())
            nothing_leaves(grid)
            for file in folder.iterdir():
                file.chmod(0o644)

        spoil_and_mend(made, grid, read_only, over)


def spoil_and_mend(made: Office, grid: Running, spoil: Callable[[], None], mend: Callable[[], None]) -> None:
    grid.faults(SLOWLY)
    run = a_run(made.db, made.keys, PEOPLE, batch_size=4)
    made.db.close()
    link = opt_out_link(made, "p1@example.com")
    up = [made.run(), *([made.run("worker")] if made.config.dispatch.engine == "procrastinate" else [])]
    until(lambda: len(grid.mailbox()) > PEOPLE // 4)
    spoil()
    until(lambda: one_click(made, link) == 503)
    nothing_leaves(grid)
    assert [each.poll() for each in up] == [None] * len(up)
    mend()
    until(lambda: count(made.db, run).accepted == PEOPLE)
    until(lambda: one_click(made, link) == 200)
    assert [stop(each) for each in reversed(up)] == [0] * len(up)
    everybody_once(made.db, grid.mailbox())
    assert "can only be read" in made.said()
    assert "Traceback" not in made.said(), made.said()


def obey_permissions() -> None:
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDS, _IGNORE_PERMISSIONS, 0, 0, 0)
