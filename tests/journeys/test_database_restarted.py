"""PostgreSQL is stopped in the middle of sending, stays away for a while, and is started again."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

import campaigns.models as _tables  # noqa: F401  every table is known once these are
from tests.journeys.office import office_and_grid, stop, until
from tests.journeys.test_kill import FAST, PEOPLE, everybody_once
from tests.journeys.test_workers import ENGINE
from tests.support.own_server import own_server
from tests.support.runs import a_run, count

SLOWLY = {"kind": "delay", "args": {"ms": [50, 150], "at": "after"}}


@pytest.mark.parametrize(
    ("settings", "how"), [(FAST, signal.SIGQUIT), (ENGINE, signal.SIGINT)], ids=["service-crashed", "worker-restarted"]
)
def test_a_database_that_was_away_comes_back_and_everybody_gets_it_once(
    tmp_path: Path, settings: dict[str, str], how: signal.Signals
) -> None:
    with own_server() as server, office_and_grid(tmp_path, server.url, **settings) as (made, grid):
        grid.faults(SLOWLY)
        run = a_run(made.db, made.keys, PEOPLE, batch_size=4)
        up = [made.run(), *([made.run("worker")] if settings is ENGINE else [])]
        until(lambda: len(grid.mailbox()) > PEOPLE // 4)
        server.stop(how)
        made.db.close()
        until(lambda: "cannot" in made.said())
        page = made.ask(f"{made.web}/u/nobodys-link", method="POST", fields={"email": "p1@example.com"})
        health = made.ask(f"{made.web}/health")
        form = made.ask(f"{made.web}/u", method="POST", fields={"email": "p1@example.com"}, encode_multipart=False)
        assert (page.status, health.status, form.status) == (404, 503, 503)
        assert "Retry-After" in form.headers
        server.start()
        until(lambda: count(made.db, run).accepted == PEOPLE)
        assert [stop(each) for each in reversed(up)] == [0] * len(up)
        everybody_once(made.db, grid.mailbox())
        assert "Traceback" not in made.said(), made.said()
