"""The ledger in any order of luck, with clocks that are set and two services that tick at the same moment."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from base.database import Database
from subscribers.keys import Keys
from tests.support.ledger import WAITING, Ledger, mostly
from tests.support.runs import time_passes
from tests.support.world import LOST, TAKEN

HOUR = 60  # minutes


class AnyLuck(Ledger):
    apart = 0  # minutes by which the database's clock differs from the world's

    @precondition(lambda self: self.clock_jumps)
    @rule(apart=st.sampled_from((-HOUR, 0, HOUR)), ticks=mostly)
    def the_clock_is_set(self, apart: int, ticks: bool) -> None:
        """Back or forward, and nobody waited for that."""
        by, self.apart = timedelta(minutes=apart - self.apart), apart
        time_passes(self.db, by)
        self.steady = timedelta() if by > timedelta() else max(self.steady + by, timedelta())
        if ticks:
            self.the_clock_sweeps()
            self.the_clock_settles()

    @rule(n=st.sampled_from((0, 1, 1)))
    def two_services_settle_at_once(self, n: int) -> None:
        """One has looked and asked; before it acts on that the other does all of it, and what came back may leave."""

        def meanwhile() -> None:
            self.the_clock_sweeps()
            self.the_clock_settles()
            for _ in range(n):
                self.a_worker_claims(TAKEN, 1)

        self.world.meanwhile = meanwhile
        self.the_clock_settles()
        self.world.meanwhile = None


def test_whatever_happens_in_whatever_order_the_promise_holds(db: Database, keys: Keys) -> None:
    run_state_machine_as_test(
        partial(AnyLuck, db, keys),  # type: ignore[arg-type] # whatever makes one will do as well as a class
        settings=settings(
            max_examples=16 if db.is_sqlite else 6,
            stateful_step_count=30,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_log_that_is_slow_makes_nobody_get_it_twice(db: Database, keys: Keys) -> None:
    """The one order of luck that the waiting time is for: killed after it was taken, and the log does not know yet."""
    ledger = Ledger(db, keys)
    ledger.what_world_it_is(honest=True, clock_jumps=False)
    ledger.a_worker_claims(TAKEN, lag=1, then="die")
    ledger.time_goes_by(6, ticks=True)
    for _ in range(3):
        ledger.a_batch_goes_well()
        ledger.the_clock_settles()
        ledger.the_promise_holds()
    ledger.teardown()


@pytest.mark.parametrize("before", [0, -HOUR])
def test_a_clock_that_is_set_forward_is_no_waiting(db: Database, keys: Keys, before: int) -> None:
    """Lease and waiting time end at a stroke, and the log does not know yet of what was taken."""
    ledger = AnyLuck(db, keys)
    ledger.what_world_it_is(honest=True, clock_jumps=True)
    ledger.the_clock_is_set(before, ticks=True)
    ledger.a_worker_claims(TAKEN, lag=1, then="die")
    ledger.the_clock_is_set(HOUR, ticks=True)
    for _ in range(WAITING - 1):
        ledger.a_batch_goes_well()
        ledger.time_goes_by(1, ticks=True)
        ledger.the_promise_holds()
    ledger.teardown()


def test_what_the_other_service_had_sent_again_is_not_lost_once_more(db: Database, keys: Keys) -> None:
    """Both saw it uncertain and without a trace; one of them was so slow that it had left again by then."""
    ledger = AnyLuck(db, keys)
    ledger.what_world_it_is(honest=True, clock_jumps=False)
    ledger.a_worker_claims(LOST, lag=0, then="lose")
    ledger.time_goes_by(6, ticks=True)
    for _ in range(2):
        ledger.a_batch_goes_well()
    ledger.time_goes_by(17, ticks=False)
    ledger.two_services_settle_at_once(1)
    ledger.the_promise_holds()
    assert len(ledger.in_hand) == 1, "what was lost left again, while the first of them waited for its answer"
    ledger.a_batch_goes_well()
    ledger.its_answer_is_written_down(0)
    ledger.the_promise_holds()
    ledger.teardown()
