"""The ledger in any order of luck: workers, answers, events, people and time, against a world that knows who got it.

The rules are what may happen; the invariants are the promise. In an honest world an accepted request shows in the log
within the waiting time; where it does not, or a person decides wrongly, whoever gets it twice has to be named.
Where a clock is set forward a lease is no time at all, and only the waiting time is left.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import delete, select

from base.database import Base, Database, database_now
from delivery import events
from delivery.ledger import Claim, drop, expire, hold, record, release, retry_refused, sweep
from delivery.ledger.resolve import resolve
from delivery.ledger.split import set_apart
from delivery.models import Attempt, Run
from delivery.outbox import Outbox, Pace
from delivery.probing import ask_for_credits
from delivery.providers.provider import Answer
from delivery.settle import Rules, settle
from subscribers.addresses import address_key, parse_address
from subscribers.consent import opt_out
from subscribers.keys import Keys
from tests.support.looks import (
    Look,
    look,
    nobody_gets_it_twice_unless_they_are_named,
    nobody_is_skipped_in_silence,
    what_the_ledger_says_is_what_happened,
)
from tests.support.runs import a_run, time_passes
from tests.support.world import FATES, LOST, NO, TAKEN, Request, World

PEOPLE, BATCH = 7, 3
LEASE, WAITING = 5, 11  # minutes
IN_TIME, TOO_LATE = (0, 15, 15), 10_000  # until the log shows a request: within lease and waiting time, or not
SOONER = (0, WAITING, WAITING)
PACE = Pace(connections=1, lease=timedelta(minutes=LEASE), only_to=())
RULES = Rules(by_proof=True, waiting=timedelta(minutes=WAITING), between_probes=timedelta(seconds=10))
WORD: dict[str, Any] = {"by": "robin", "because": "looked it up"}
which = st.integers(0, 5)
mostly = st.sampled_from((True, True, True, False))


class Ledger(RuleBasedStateMachine):
    def __init__(self, db: Database, keys: Keys) -> None:
        super().__init__()
        self.db, self.keys, self.world = db, keys, World()
        with db.write() as s:
            for table in reversed(Base.metadata.sorted_tables):
                s.execute(delete(table))
        self.run = a_run(db, keys, PEOPLE, batch_size=BATCH, public_id=uuid4().hex[:12])
        self.outbox = Outbox(db, self.world, keys, PACE)
        self.in_hand: list[tuple[Claim, Request]] = []  # whose worker has not written the answer down
        self.said: list[tuple[Claim, Request]] = []
        self.opted_out: set[str] = set()
        self.excused: set[str] = set()  # attempts judged lost against the assumption, or by a person's mistake
        self.by_word: set[str] = set()
        self.accepted: dict[int, str | None] = {}
        self.ended = False  # cancelled, or its time was over
        self.steady = timedelta(days=9)  # for how long it has gone evenly, as the service's watch would say

    @initialize(honest=st.booleans(), clock_jumps=st.booleans())
    def what_world_it_is(self, honest: bool, clock_jumps: bool) -> None:
        in_time, self.clock_jumps = SOONER if clock_jumps else IN_TIME, clock_jumps
        self.lags = in_time if honest else (*in_time, TOO_LATE)

    # The way out

    @rule(fate=st.sampled_from(FATES), lag=which, then=st.sampled_from(("wait", "wait", "lose", "die")))
    def a_worker_claims(self, fate: str, lag: int, then: str = "wait") -> None:
        """And its request is on its way: the answer may come later, be lost on the way back, or find nobody."""
        claim, _ = self.outbox._claim()
        if claim and claim.members:
            assert not {member.email for member in claim.members} & self.opted_out
            lags = self.lags
            request = self.world.meets(claim, fate, lags[lag % len(lags)])
            if request.shows_at >= TOO_LATE:
                self.excused.add(claim.attempt)
            if then == "wait":
                self.in_hand.append((claim, request))
            elif then == "lose":
                self._record(claim.attempt, NO[LOST])

    @rule()
    def a_batch_goes_well(self) -> None:
        before = len(self.in_hand)
        self.a_worker_claims(TAKEN, 0)
        for claim, request in self.in_hand[before:]:
            self._write_down(claim, request)
            self._tell(request, 0, "delivered")
            self.the_spool_is_drained()
        del self.in_hand[before:]

    @precondition(lambda self: self.in_hand)
    @rule(n=which)
    def its_answer_is_written_down(self, n: int) -> None:
        self._write_down(*self.in_hand.pop(n % len(self.in_hand)))

    @precondition(lambda self: self.said)
    @rule(n=which)
    def an_answer_is_written_down_again(self, n: int) -> None:
        """The commit went well, and nobody could tell the worker."""
        claim, request = self.said[n % len(self.said)]
        self._record(claim.attempt, request.answer())

    @rule(minutes=st.sampled_from((1, 6, 6, 17)), ticks=mostly)
    def time_goes_by(self, minutes: int, ticks: bool) -> None:
        time_passes(self.db, timedelta(minutes=minutes))
        self.world.minute += minutes
        self.steady += timedelta(minutes=minutes)
        if ticks:
            self.the_clock_sweeps()
            self.the_clock_settles()

    def the_clock_sweeps(self) -> None:
        with self.db.write() as s:
            sweep(s)
            expire(s)

    @rule()
    def the_clock_settles(self) -> None:
        with self.db.read() as s:
            since = database_now(s) - self.steady
        settle(self.db, self.world, RULES, since)
        ask_for_credits(self.db, self.world, timedelta(minutes=5))

    # The way back

    @precondition(lambda self: self.world.taken())
    @rule(
        n=which, person=which, kind=st.sampled_from(("processed", "delivered", "delivered", "bounce")), at_once=mostly
    )
    def an_event_is_posted(self, n: int, person: int, kind: str, at_once: bool) -> None:
        """Early, late, again, of whatever attempt was taken, whatever it was judged."""
        taken = self.world.taken()
        self._tell(taken[-1 - n % len(taken)], person, kind)
        if at_once:
            self.the_spool_is_drained()

    @rule()
    def the_spool_is_drained(self) -> None:
        while events.drain(self.db, self.keys):
            pass

    @rule(hook=mostly, log=mostly, probes=mostly)
    def doors_open_and_shut(self, hook: bool, log: bool, probes: bool) -> None:
        self.world.hook_is_on, self.world.log_answers, self.world.takes_probes = hook, log, probes

    # People

    @rule(n=st.integers(1, PEOPLE), everywhere=st.booleans())
    def somebody_opts_out(self, n: int, everywhere: bool) -> None:
        email = f"p{n}@example.com"
        with self.db.write() as s:
            lst = None if everywhere else s.get_one(Run, self.run).list_id
            key = address_key(self.keys, parse_address(email))
            opt_out(s, address_key=key, list_id=lst, how="link", source="a test", actor="recipient")
        self.opted_out.add(email)

    @precondition(lambda self: self.world.hook_is_on and any(each.people for each in self.world.taken()))
    @rule(n=which, person=which)
    def somebody_opts_out_at_the_provider(self, n: int, person: int) -> None:
        taken = [each for each in self.world.taken() if each.people]
        self.opted_out.add(self._tell(taken[n % len(taken)], person, "group_unsubscribe", urgent=True))

    @rule(goes_on=mostly)
    def a_person_pauses(self, goes_on: bool) -> None:
        with self.db.write() as s:
            hold(s, self.run)
        assert self.outbox._claim() == (None, None)
        if goes_on:
            self.a_person_resumes()

    @rule()
    def a_person_resumes(self) -> None:
        with self.db.write() as s:
            release(s, self.run)

    @precondition(lambda self: len(self.world.requests) > 3)  # it ends nearly everything
    @rule(in_time=st.booleans())
    def it_ends(self, in_time: bool) -> None:
        if in_time:
            with self.db.write() as s:
                drop(s, self.run)  # a person cancels it
        else:
            self.time_goes_by(1441, True)
        self.ended = True

    @rule(sent=st.booleans(), rightly=st.booleans())
    def a_person_decides(self, sent: bool, rightly: bool) -> None:
        with self.db.write() as s:
            open_ones = select(Attempt.id).where(Attempt.run_id == self.run, Attempt.verdict == "uncertain")
            doubtful = set(s.scalars(open_ones))
            really = {each.attempt for each in self.world.taken()} & doubtful
            if rightly and really != (doubtful if sent else set()):
                return  # a person who knows waits
            resolve(s, self.run, sent=sent, **WORD)
        self.by_word |= doubtful if sent else set()
        self.excused |= set() if sent else really

    @precondition(lambda self: any(each.fate in ("names", "nameless") for each in self.world.requests.values()))
    @rule()
    def a_person_has_the_refused_tried_again(self) -> None:
        with self.db.write() as s:
            retry_refused(s, self.run, not_after=s.get_one(Run, self.run).not_after, **WORD)

    # The promise

    @invariant()
    def the_promise_holds(self) -> None:
        now = self._look()
        nobody_gets_it_twice_unless_they_are_named(now, self.world, self.excused)
        what_the_ledger_says_is_what_happened(now, self.world, self.excused, self.by_word)
        nobody_is_skipped_in_silence(now, self.world, self.ended)
        accepted = {batch.number: batch.accepted_by for batch in now.batches if batch.state == "accepted"}
        assert self.accepted.items() <= accepted.items(), "accepted is final"
        self.accepted = accepted

    def teardown(self) -> None:
        """In a world without faults all of it comes to an end, whatever happened before."""
        self.doors_open_and_shut(True, True, True)
        for _ in range(30):
            if not self._look().is_open:
                return
            self._a_good_day()
        raise AssertionError(f"never to be settled: {self._look()}")

    def _a_good_day(self) -> None:
        self.a_person_resumes()
        while self.in_hand:
            self._write_down(*self.in_hand.pop())
        self.time_goes_by(17, True)
        for request in self.world.taken():
            self._tell(request, 0, "delivered")
        self.the_spool_is_drained()
        self.the_clock_settles()
        self.a_worker_claims(TAKEN, 0)

    def _write_down(self, claim: Claim, request: Request) -> None:
        self._record(claim.attempt, request.answer())
        self.said.append((claim, request))
        if request.fate == "apart":
            with self.db.write() as s:
                set_apart(s, claim.run_id, claim.batch, [claim.members[0].subscriber_id])

    def _record(self, attempt: str, answer: Answer) -> None:
        with self.db.write() as s:
            record(s, attempt, answer)

    def _tell(self, request: Request, person: int, kind: str, *, urgent: bool = False) -> str:
        who = [*request.people][person % len(request.people)] if request.people else 0
        if self.world.hook_is_on:
            with self.db.write() as s:
                events.spool(s, "sendgrid", request.event(who, kind), urgent=urgent)
        return request.people.get(who, "")

    def _look(self) -> Look:
        now = look(self.db, self.run)
        assert now.counts.audience == len(now.states) == PEOPLE, "and the counts add up to it"
        return now
