"""The engine's side of a worker: jobs of workers that are gone come back, and a lost connection only costs a moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from base.database import Database
from delivery.dispatch.engine import STALLED, Shift, made, work
from subscribers.keys import Keys
from tests.delivery.dispatch.conftest import jobs
from tests.journeys.office import until
from tests.support.runs import a_run

ENDED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


def shift(db: Database, look: Callable[[], object] = lambda: None, stop: threading.Event | None = None) -> Shift:
    return Shift(db.url, "one", 3, timedelta(seconds=60), look, stop or threading.Event())


def queue(db: Database, *statements: str) -> None:
    with db.write() as s:
        s.execute(text("SET LOCAL search_path TO procrastinate"))
        for statement in statements:
            s.execute(text(statement))


def bring_back(one: Shift) -> None:
    """What each worker does every ten seconds."""

    async def once() -> None:
        app: Any = made(one)
        async with app.open_async():
            await app.tasks[STALLED](timestamp=0)

    asyncio.run(once())


def taken_by_a_worker(db: Database, seconds_ago: int) -> None:
    queue(
        db,
        "INSERT INTO procrastinate_workers DEFAULT VALUES",
        f"UPDATE procrastinate_workers SET last_heartbeat = now() - interval '{seconds_ago} s'",  # noqa: S608  a number
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)",
    )


def test_the_jobs_of_a_worker_that_is_gone_are_given_to_another(many: Database, keys: Keys) -> None:
    """procrastinate 1408: without a sweep of ours they would never come back."""
    run = a_run(many, keys, people=4)
    taken_by_a_worker(many, 91)
    bring_back(shift(many))
    assert [(batch, status) for _, batch, status, _ in jobs(many)] == [(1, "todo"), (2, "todo")]
    assert jobs(many)[0][0] == run


def test_a_worker_that_may_be_finishing_keeps_its_jobs(many: Database, keys: Keys) -> None:
    """While it finishes it gives no sign of life: not before the deadline and half a minute more are they taken."""
    a_run(many, keys, people=2)
    taken_by_a_worker(many, 80)
    bring_back(shift(many))
    assert [status for _, _, status, _ in jobs(many)] == ["doing"]


def test_a_job_whose_worker_is_not_known_any_more_comes_back(many: Database, keys: Keys) -> None:
    """procrastinate 1518: the worker began anew, and its row was pruned."""
    a_run(many, keys, people=2)
    taken_by_a_worker(many, 0)
    queue(many, "DELETE FROM procrastinate_workers")
    bring_back(shift(many))
    assert [status for _, _, status, _ in jobs(many)] == ["todo"]


def test_a_sweep_that_died_keeps_none_from_beginning(many: Database) -> None:
    facts = f"(queue_name, task_name, queueing_lock, status) VALUES ('{STALLED}', '{STALLED}', '{STALLED}'"
    queue(many, f"INSERT INTO procrastinate_jobs {facts}, 'doing')", f"INSERT INTO procrastinate_jobs {facts}, 'todo')")
    bring_back(shift(many))
    with many.read() as s:
        left = s.scalars(text("SELECT status::text FROM procrastinate.procrastinate_jobs")).all()
    assert left == ["todo"]


def test_it_looks_once_for_each_job_and_leaves_none(many: Database, keys: Keys) -> None:
    a_run(many, keys, people=8)
    seen, stop = [], threading.Event()

    def look() -> None:
        seen.append(threading.current_thread().name)
        if len(seen) == 4:
            stop.set()

    work(shift(many, look, stop))
    assert len(seen) == 4
    assert all(name.startswith("outbox") for name in seen)
    assert jobs(many) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_connections_that_are_lost_cost_a_moment(many: Database, keys: Keys) -> None:
    a_run(many, keys, people=2)
    seen, stop = [], threading.Event()
    worker = threading.Thread(target=work, args=(shift(many, lambda: seen.append(1), stop),))
    worker.start()
    until(lambda: len(seen) == 1)
    with many.read() as s:
        s.execute(text(ENDED))
    queue(many, "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('send', 'send')")
    until(lambda: len(seen) == 2)
    stop.set()
    worker.join()
