"""What a probe leaves behind in the ledger: nothing that waits for anybody."""

from __future__ import annotations

from sqlalchemy import select

from base.database import Database
from delivery.models import Attempt
from subscribers.keys import Keys
from tests.support.ledger import Ledger
from tests.support.world import LOST


def test_a_probe_without_an_answer_leaves_nothing_open(db: Database, keys: Keys) -> None:
    ledger = Ledger(db, keys)
    ledger.what_world_it_is(honest=True, clock_jumps=False)
    ledger.doors_open_and_shut(hook=True, log=True, probes=False)
    for _ in range(2):
        ledger.a_worker_claims(LOST, lag=0, then="lose")
    ledger.time_goes_by(1, ticks=True)
    with db.read() as s:
        assert s.scalars(select(Attempt.verdict).where(Attempt.batch.is_(None))).all() == ["uncertain"]
    ledger.teardown()
