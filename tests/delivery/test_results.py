"""What reports ask of a run: first times, clicks, reasons; and by the index that was made for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from base.database import Database, database_now
from delivery import results
from delivery.models import Batch, DeliveryException, Event, Outcome
from delivery.outcomes import Flag
from subscribers.keys import Keys
from tests.support.runs import a_run


def test_each_person_counts_in_the_hour_of_their_first_time(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=3)
    with db.write() as s:
        begins = database_now(s)
        for n, (person, hours) in enumerate(((1, 3.5), (1, 0.5), (2, 0.9), (3, 48), (2, -0.5), (1, 60))):
            at = begins + timedelta(hours=hours)
            s.add(Event(key=bytes([n]), run_id=run, subscriber_id=person, kind="opened", at=at))
    with db.read() as s:
        assert results.first_times(s, run, "opened", begins, 48) == [2, *[0] * 47]
        assert results.first_times(s, run, "clicked", begins, 2) == [0, 0]


def test_a_person_who_acted_is_not_among_the_machines(sqlite_db: Database, keys: Keys) -> None:
    run = a_run(sqlite_db, keys, people=5)
    flags = (
        Flag.OPENED | Flag.OPENED_BY_MACHINE | Flag.CLICKED_BY_BOT | Flag.TRACKED,
        Flag.OPENED_BY_MACHINE | Flag.TRACKED,
        Flag.CLICKED | Flag.CLICKED_BY_BOT,
        Flag.BLOCKED | Flag.SOFT | Flag.TRACKED,
        Flag.BLOCKED | Flag.SOFT | Flag.DELIVERED | Flag.TRACKED,
    )
    with sqlite_db.write() as s:
        now = database_now(s)
        for person, flag in enumerate(flags, 1):
            s.add(Outcome(run_id=run, subscriber_id=person, flags=int(flag), first_at=now, last_at=now))
    with sqlite_db.read() as s:
        assert results.reactions(s, run) == results.Reactions(1, 1, 1, 1, 1, seen=3)


@pytest.mark.parametrize("opened", [Flag.OPENED, Flag.OPENED_BY_MACHINE])
def test_opens_count_of_those_whom_their_share_is_of(opened: Flag, db: Database, keys: Keys) -> None:
    """Else they come to more than all: of a mail that was opened and bounced later, or that left untracked."""
    run = a_run(db, keys, people=4)
    flags = Flag.DELIVERED | Flag.TRACKED, opened | Flag.TRACKED, opened | Flag.TRACKED | Flag.BOUNCED, opened
    with db.write() as s:
        now = database_now(s)
        for person, flag in enumerate(flags, 1):
            s.add(Outcome(run_id=run, subscriber_id=person, flags=int(flag), first_at=now, last_at=now))
    with db.read() as s:
        found = results.reactions(s, run)
    assert (found.opened + found.opened_by_machine, found.seen) == (1, 2)


def test_whole_batches_and_single_people_are_skipped_by_reason(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=4)
    with db.write() as s:
        now = database_now(s)
        late = s.get_one(Batch, (run, 2))
        late.state, late.reason = "skipped", "too late"
        facts = {"run_id": run, "kind": "skipped", "at": now}
        s.add(DeliveryException(subscriber_id=1, batch=1, reason="opted out", **facts))
        s.add(DeliveryException(subscriber_id=4, batch=2, reason="opted out", **facts))
    with db.read() as s:
        assert results.left_out(s, run, "skipped") == {"opted out": 2, "too late": 1}
        assert results.left_out(s, run, "refused") == {}


@pytest.mark.parametrize("ask", [results.clicks, results.came_back, lambda s, run: _first(s, run)])
def test_they_pass_over_what_every_mail_has(ask: object, sqlite_db: Database, keys: Keys) -> None:
    run, asked = a_run(sqlite_db, keys, people=1), list[tuple[str, Any]]()
    event.listen(sqlite_db.engine, "before_cursor_execute", lambda c, cur, sql, values, *_: asked.append((sql, values)))
    with sqlite_db.read() as s:
        ask(s, run)  # type: ignore[operator]
        sql, values = next(each for each in reversed(asked) if "events" in each[0])
        plan = s.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
    assert "ix_events_told" in str(plan), plan


def _first(s: object, run: int) -> list[int]:
    return results.first_times(s, run, "opened", database_now(s), 1)  # type: ignore[arg-type]
