"""Two workers and one PostgreSQL: a proxy cuts one off in the middle of its sending and lets it back."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select

from base.database import Database
from delivery.models import Batch
from tests.journeys.office import office_and_grid, stop, until
from tests.journeys.test_kill import PEOPLE, everybody_once
from tests.journeys.test_workers import ENGINE
from tests.support.proxy import proxied
from tests.support.runs import a_run, count

SLOWLY = {"kind": "delay", "args": {"ms": [200, 400], "at": "after"}}


@pytest.mark.parametrize("how", ["cut", "hang"])
def test_cut_off_and_let_back_nobody_gets_it_twice_and_nobody_is_missing(
    tmp_path: Path, postgres_url: str, how: str
) -> None:
    with office_and_grid(tmp_path, postgres_url, **ENGINE) as (made, grid), proxied(target(postgres_url)) as proxy:
        grid.faults(SLOWLY)
        service = made.run()
        run = a_run(made.db, made.keys, PEOPLE, batch_size=4)
        far = made.run("worker", "--name", "far", TIPSHEET_DATABASE__URL=through(postgres_url, proxy.port))
        until(lambda: in_hand(made.db, "far") > 0)
        getattr(proxy, how)()
        near = made.run("worker", "--name", "near")
        until(lambda: count(made.db, run).accepted > PEOPLE // 3)
        assert stop(near) == 0
        carried = proxy.carried
        proxy.heal()
        until(lambda: count(made.db, run).accepted == PEOPLE)  # the rest by the one that came back
        if how == "cut":
            assert proxy.carried > carried
        assert [stop(far), stop(service)] == [0, 0]
        everybody_once(made.db, grid.mailbox())


def test_a_worker_ends_in_order_while_its_database_is_away(tmp_path: Path, postgres_url: str) -> None:
    with office_and_grid(tmp_path, postgres_url, **ENGINE) as (made, _), proxied(target(postgres_url)) as proxy:
        far = made.run("worker", TIPSHEET_DATABASE__URL=through(postgres_url, proxy.port))
        proxy.cut()
        until(lambda: "trying again" in made.said())
        assert stop(far, signal.SIGTERM) == 0


def in_hand(db: Database, owner: str) -> int:
    with db.read() as s:
        theirs = select(func.count()).where(Batch.state == "leaving", Batch.owner == owner)
        return s.scalar(theirs) or 0


def target(url: str) -> str | tuple[str, int]:
    """Where that PostgreSQL listens: its socket, or its host and port."""
    parsed = make_url(url)
    folder = parsed.query.get("host")
    if folder:
        return f"{folder}/.s.PGSQL.{parsed.port or 5432}"
    return parsed.host or "localhost", parsed.port or 5432


def through(url: str, port: int) -> str:
    parsed = make_url(url).set(host="127.0.0.1", port=port)
    return parsed.difference_update_query(["host"]).render_as_string(hide_password=False)
