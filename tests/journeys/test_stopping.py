"""SIGTERM in the middle of a send: what is in flight ends, nothing new begins, and the next start goes on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from delivery.models import Attempt
from tests.journeys.office import Office, office, stop, until
from tests.support.runs import a_run, count

PEOPLE = 40


def in_flight(ours: Office) -> int:
    with ours.db.read() as s:
        return s.scalar(select(func.count()).select_from(Attempt).where(Attempt.answered_at.is_(None))) or 0


def test_sigterm_finishes_what_is_in_flight_and_loses_nobody(tmp_path: Path, database_url: str) -> None:
    with office(tmp_path, database_url, DELIVERY__CONNECTIONS="2") as ours:
        service = ours.run()
        ours.faults({"kind": "delay", "args": {"ms": 1500, "at": "after"}})
        run = a_run(ours.db, ours.keys, PEOPLE, batch_size=4)
        until(lambda: in_flight(ours) == 2)
        assert stop(service) == 0
        stopped = count(ours.db, run)
        assert in_flight(ours) == stopped.sending == stopped.uncertain == 0
        assert 0 < stopped.accepted < PEOPLE
        assert stopped.accepted == len(ours.mailbox())

        service = ours.run()
        until(lambda: count(ours.db, run).delivered == PEOPLE)
        assert stop(service) == 0
        assert set(Counter(row["to"] for row in ours.mailbox()).values()) == {1}
        assert len(ours.mailbox()) == PEOPLE
