"""Jobs for batches, in the transaction that makes the batches claimable. What runs them is engine.py's part."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select, text, tuple_
from sqlalchemy.orm import Session

from base.database import database_now, with_now
from delivery.dispatch.schema import SCHEMA
from delivery.models import Batch, Run

if TYPE_CHECKING:
    from procrastinate import App

ENGINE = "procrastinate"  # what [dispatch] engine says where this is in use
SEND = "send"  # the task that looks at one due batch
MOST = 64  # hints that one sweep leaves: more people a second than any worker sends to

_HINTS = "hints"

# Whether anything may leave at all, ledger.is_due has said. Of a run in doubt one batch at a time may.
_CLAIMABLE = """
SELECT count(*) FROM (
  SELECT 1 FROM batches b JOIN runs r ON r.id = b.run_id
  WHERE b.state = 'planned' AND b.not_before <= {now} AND {now} < b.not_after
    AND r.frozen_at IS NOT NULL AND NOT r.paused AND r.held IS NULL AND r.doubts < 2
    AND (r.doubts = 0 OR b.number = (SELECT min(o.number) FROM batches o WHERE o.run_id = r.id AND o.state = 'planned'))
  LIMIT :most) AS claimable
"""
_WAITING = f"""
SELECT count(*) FROM (
  SELECT 1 FROM {SCHEMA}.procrastinate_jobs
  WHERE task_name = :task AND status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
  LIMIT :most) AS waiting
"""  # noqa: S608  a constant of ours
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('tipsheet hints'))"


def hint(s: Session, run_id: int, number: int) -> None:
    """This batch is planned, perhaps for later: where an engine dispatches, a job goes out with this transaction."""
    s.info.setdefault(_HINTS, set()).add((run_id, number))


def hint_run(s: Session, run_id: int) -> None:
    """So are all planned batches of this run."""
    hint(s, run_id, 0)


def keep(s: Session) -> None:
    """For Database(before_commit=…), where the engine is in use: a job for each batch that was hinted at."""
    hinted: set[tuple[int, int]] = s.info.pop(_HINTS, set())
    whole = {run for run, number in hinted if number == 0}
    single = [one for one in hinted if one[0] not in whole]
    if whole:
        _defer(s, _planned().where(Batch.run_id.in_(whole)))
    if single:
        _defer(s, _planned().where(tuple_(Batch.run_id, Batch.number).in_(single)))


def sweep(s: Session) -> int:
    """Something is due: as many jobs as batches are, whatever became of theirs. Returns how many were missing."""
    if not s.scalar(text(_ALONE)):
        return 0  # another process is at it
    claimable = s.scalar(with_now(s, _CLAIMABLE), {"most": MOST}) or 0
    if not claimable:
        return 0
    waiting = s.scalar(text(_WAITING), {"task": SEND, "most": MOST}) or 0
    missing = max(0, claimable - waiting)
    _insert(s, [{}] * missing, None)
    return missing


def _planned() -> Select[int, int, datetime]:
    return (
        select(Batch.run_id, Batch.number, Batch.not_before)
        .join(Run, Run.id == Batch.run_id)
        .where(Batch.state == "planned", Run.frozen_at.is_not(None))
        .order_by(Batch.not_before, Batch.run_id, Batch.number)
    )


def _defer(s: Session, planned: Select[int, int, datetime]) -> None:
    now = database_now(s)
    jobs: dict[datetime | None, list[dict[str, Any]]] = defaultdict(list)
    for run_id, number, not_before in s.execute(planned):
        jobs[not_before if not_before > now else None].append({"run": run_id, "batch": number})
    for at, batches in jobs.items():
        _insert(s, batches, at)


def _insert(s: Session, jobs: list[dict[str, Any]], at: datetime | None) -> None:
    if not jobs:
        return
    ours = s.connection().connection.driver_connection
    s.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))  # the engine's SQL names no schema
    _app().configure_task(SEND, queue=SEND, schedule_at=at, connection=ours).batch_defer(*jobs)
    s.execute(text("SET LOCAL search_path TO DEFAULT"))


@cache
def _app() -> App:
    """Never opened: each of its statements runs on a connection of ours."""
    # Imported where it is used: without the engine nobody has to wait for it.
    from procrastinate import App, SyncPsycopgConnector

    return App(connector=SyncPsycopgConnector())
