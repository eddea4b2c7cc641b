"""All that the ledger says of a run at one moment, and the promise, held against what really happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from base.database import Database
from delivery.ledger import Counts, counts
from delivery.models import Attempt, Batch, Delivery, DeliveryException, Duplicate
from tests.support.world import World


@dataclass(frozen=True)
class Look:
    """All that the ledger says at one moment."""

    counts: Counts
    states: dict[int, tuple[str, str | None]]  # of each person, and by which attempt
    verdicts: dict[str, str | None]  # by attempt; a probe, which reaches nobody, is none
    named: set[tuple[int, str]]
    batches: Sequence[Batch]
    left_out: Sequence[DeliveryException]

    @property
    def is_open(self) -> bool:
        states = {state for state, _ in self.states.values()}
        return bool(states & {"planned", "leaving", "uncertain"}) or "uncertain" in self.verdicts.values()


def look(db: Database, run: int) -> Look:
    same = (Batch.run_id == Delivery.run_id) & (Batch.number == Delivery.batch)
    theirs = DeliveryException.subscriber_id == Delivery.subscriber_id
    query = select(Delivery.subscriber_id, Batch.state, Batch.accepted_by, DeliveryException.kind)
    with db.read() as s:
        rows = s.execute(query.join(Batch, same).outerjoin(DeliveryException, theirs)).all()
        return Look(
            counts(s, run),
            {person: (kind or state, by) for person, state, by, kind in rows},
            {one.id: one.verdict for one in s.scalars(select(Attempt).where(Attempt.batch.is_not(None)))},
            {(one.subscriber_id, one.attempt) for one in s.scalars(select(Duplicate))},
            s.scalars(select(Batch)).all(),
            s.scalars(select(DeliveryException)).all(),
        )


def nobody_gets_it_twice_unless_they_are_named(now: Look, world: World, excused: set[str]) -> None:
    for person in now.states:
        by = world.reached(person)
        assert len(set(by) - excused) <= 1, "reached twice, and nobody decided wrongly"
        known = [each for each in by if now.verdicts[each] == "accepted"]
        named = [each for each in known if (person, each) in now.named]
        assert len(named) >= len(known) - 1, "reached twice, in silence"


def what_the_ledger_says_is_what_happened(now: Look, world: World, excused: set[str], by_word: set[str]) -> None:
    """Whoever is not yet or never to be mailed did not get it."""
    for person, (state, by) in now.states.items():
        reached = set(world.reached(person))
        if state == "accepted":
            assert by in reached or by in by_word, "called accepted, and never got it"
        elif state in ("planned", "refused", "skipped"):
            assert reached <= excused, f"called {state}, and got it"


def nobody_is_skipped_in_silence(now: Look, world: World, ended: bool) -> None:
    over = [batch for batch in now.batches if batch.state == "skipped"]
    assert all([row.reason for row in now.left_out] + [batch.reason for batch in over])
    assert ended or {batch.reason for batch in over} <= {"nobody left"}
    refused = [world.requests[row.attempt or ""] for row in now.left_out if row.kind == "refused"]
    assert all(request.fate in ("names", "nameless") for request in refused)
