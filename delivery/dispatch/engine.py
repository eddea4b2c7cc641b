"""The engine's side of a worker: it waits for jobs and runs them in threads until it is told to stop. Lost connections
end the engine's own worker; then another one begins."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job, Status
from sqlalchemy import make_url

from base.database import KEEPALIVES
from delivery.dispatch.hints import SEND
from delivery.dispatch.schema import SCHEMA

log = logging.getLogger(__name__)

STALLED = "stalled"  # the task that looks for jobs whose worker is gone
DRAINING = timedelta(seconds=30)  # on top of the deadline: no beat comes from a worker that is finishing
_AGAIN = 1.0  # seconds until a worker that lost the database tries again, and between looks for jobs that fell due
_LOOKS = 0.1
_LOST = (ProcrastinateException, psycopg.Error, OSError)


@dataclass(frozen=True)
class Shift:
    """One worker's work, from its start until `stop` is set."""

    url: str
    name: str
    connections: int
    deadline: timedelta
    look: Callable[[], object]  # at one due batch; never raises
    stop: threading.Event

    @property
    def stale(self) -> float:
        """Seconds without a beat after which somebody else takes its jobs over."""
        return (self.deadline + DRAINING).total_seconds()


def work(shift: Shift) -> None:
    """Returns when `stop` is set and nothing is in flight any more."""
    # Each of its lines is told by us as well, in our words, where it matters.
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    asyncio.run(_work(shift))


async def _work(shift: Shift) -> None:
    threads = ThreadPoolExecutor(shift.connections, thread_name_prefix="outbox")
    # The default one has as many threads as the machine has cores, and a few: fewer than connections.
    asyncio.get_running_loop().set_default_executor(threads)
    asyncio.get_running_loop().set_exception_handler(_tell)
    while not shift.stop.is_set():
        try:
            await _until_stopped(shift)
            trouble = "the engine lost its connection to the database"
        except _LOST as cause:
            trouble = f"the engine cannot reach the database ({type(cause.__cause__ or cause).__name__})"
        if not shift.stop.is_set():
            log.warning("worker=%s %s; trying again", shift.name, trouble)
            await asyncio.sleep(_AGAIN)


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Of a task of the engine's that ended with trouble when nobody waited for it any more."""
    cause = context.get("exception")
    if isinstance(cause, _LOST):
        # The batch is where it is; the job is found as stalled, and then there is nothing left to do.
        log.warning("a job that is done could not be marked so (%s)", type(cause.__cause__ or cause).__name__)
    else:
        loop.default_exception_handler(context)


async def _until_stopped(shift: Shift) -> None:
    """Returns, too, when the engine's worker gave up; raises one of _LOST when it could not begin."""
    running = asyncio.create_task(_serve(shift, made(shift)))
    while not running.done() and not shift.stop.is_set():
        await asyncio.wait({running}, timeout=_LOOKS)
    if not running.done():
        running.cancel()  # fetches nothing more and waits for what runs
        with suppress(asyncio.CancelledError, *_LOST):
            await running
    else:
        await running


async def _serve(shift: Shift, app: App) -> None:
    async with app.open_async():
        await app.run_worker_async(
            name=shift.name,
            concurrency=shift.connections,
            fetch_job_polling_interval=_AGAIN,
            delete_jobs="always",
            install_signal_handlers=False,
            stalled_worker_timeout=shift.stale,
        )


def made(shift: Shift) -> App:
    """The engine's application: a task that looks at a batch, and one that brings stalled jobs back."""
    app = App(connector=_connector(shift))

    @app.task(name=SEND, queue=SEND)
    def send(run: int = 0, batch: int = 0) -> None:
        shift.look()

    # No `lock`: a sweep that died with its worker must not keep the next one from beginning.
    @app.periodic(cron="* * * * * */10")
    @app.task(name=STALLED, queue=STALLED, queueing_lock=STALLED, priority=1)
    async def bring_back(timestamp: int) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=shift.stale):
            with suppress(ProcrastinateException):  # somebody else was quicker
                await _bring_back(app, job)

    return app


async def _bring_back(app: App, job: Job) -> None:
    if job.task_name == SEND:
        await app.job_manager.retry_job(job)
    else:  # the next one is due already
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
    log.warning("job=%s its worker is gone; it is given to another", job.id)


def _connector(shift: Shift) -> PsycopgConnector:
    url = make_url(shift.url).set(drivername="postgresql")
    options = " ".join([str(url.query.get("options", "")), f"-c search_path={SCHEMA}"]).strip()
    # One connection to fetch, one to finish, one to beat and defer; listening has its own.
    return PsycopgConnector(
        conninfo=url.render_as_string(hide_password=False),
        kwargs={**KEEPALIVES, "options": options},
        min_size=1,
        max_size=4,
        timeout=10,
    )
