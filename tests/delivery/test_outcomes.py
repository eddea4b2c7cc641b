"""Flags only ever turn on, whoever writes at the same moment."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import select

from base.database import Database
from base.time import now
from delivery.models import Delivery, Outcome
from delivery.outcomes import Flag, Turned, merge
from subscribers.keys import Keys
from tests.support.runs import a_run

EARLIER, LATER = now() - timedelta(hours=1), now()


def recorded(db: Database) -> list[Outcome]:
    with db.read() as s:
        return list(s.scalars(select(Outcome)))


def somebody(db: Database, run: int) -> int:
    with db.read() as s:
        return s.scalars(select(Delivery.subscriber_id).where(Delivery.run_id == run)).first() or 0


def test_an_opt_out_and_an_event_at_the_same_moment_are_both_kept(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, 2)
    person = somebody(db, run)

    def opt_out() -> None:
        with db.write() as s:
            merge(s, [Turned(run, person, Flag.OPTED_OUT, EARLIER)])

    other = threading.Thread(target=opt_out)
    with db.write() as s:
        merge(s, [Turned(run, person, Flag.DELIVERED, LATER)])
        other.start()  # has to wait for us on either database
        merge(s, [Turned(run, person, Flag.OPENED, LATER)])
    other.join(30)
    (found,) = recorded(db)
    assert Flag(found.flags) == Flag.DELIVERED | Flag.OPENED | Flag.OPTED_OUT
    assert found.first_at < found.last_at


def test_about_somebody_outside_the_run_nothing_is_recorded(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, 1)
    with db.write() as s:
        merge(s, [Turned(run, 999, Flag.OPENED, LATER), Turned(999, somebody(db, run), Flag.OPENED, LATER)])
    assert recorded(db) == []
