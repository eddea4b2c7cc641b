"""The database's clock is set back by an hour, or forward: nobody twice, and nothing waits for an hour that need not.

That a clock went back is that every time on record came to lie later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select, update

from base.database import Database, database_now
from delivery import heartbeat, pace, rests
from delivery.installation import installation, last_pull
from delivery.ledger import is_due, record, sweep
from delivery.ledger.set_back import catch_up
from delivery.ledger.split import set_apart
from delivery.models import Attempt, Batch, Run
from delivery.outbox import Outbox, Pace
from delivery.providers.provider import Answer, Verdict
from delivery.providers.sendgrid import SendGrid
from delivery.pull import pull, pull_when_due
from delivery.settle import Rules, settle
from delivery.watch import Watch
from subscribers.keys import Keys
from subscribers.models import Subscriber
from tests.delivery.test_settle import alive
from tests.localgrid.support import Running
from tests.support.runs import LEASE, a_run, count, take, taken, time_passes

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
ACCEPTED = Answer(Verdict.ACCEPTED, "202", 202)
UNKNOWN = Answer(Verdict.UNCERTAIN, "no answer: timed out")
BUSY = Answer(Verdict.RETURNED, "too many requests", 429)
RULES = Rules(by_proof=True, waiting=timedelta(minutes=11), between_probes=timedelta(minutes=10))


@pytest.fixture
def run(db: Database, keys: Keys) -> int:
    return a_run(db, keys, people=4, public_id=uuid4().hex[:12])


def set_back(db: Database) -> None:
    time_passes(db, -HOUR)
    look(db)


def look(db: Database) -> None:
    with db.write() as s:
        sweep(s)


def answered(db: Database, answer: Answer) -> str:
    attempt = taken(db).attempt
    write_down(db, attempt, answer)
    return attempt


def write_down(db: Database, attempt: str, answer: Answer) -> None:
    with db.write() as s:
        record(s, attempt, answer)


def unanswered(db: Database, grid: Running, provider: SendGrid, keys: Keys, lease: timedelta) -> None:
    """A request of which nobody is told whether it was taken; it was not."""
    grid.faults({"kind": "status", "args": {"status": 500, "accept": False}})
    assert Outbox(db, provider, keys, Pace(connections=1, lease=lease, only_to=())).step()
    grid.faults()


def test_what_is_in_flight_is_written_down_and_the_next_leaves(db: Database, run: int) -> None:
    in_flight = taken(db)
    set_back(db)
    write_down(db, in_flight.attempt, ACCEPTED)
    in_flight = taken(db)
    time_passes(db, HOUR)  # and forward again
    look(db)
    write_down(db, in_flight.attempt, ACCEPTED)
    assert (take(db), count(db, run).accepted) == (None, 4)
    with db.read() as s:
        assert s.scalars(select(Attempt.number)).all() == [1, 1]


def test_a_lease_ends_when_it_would_have_and_is_not_an_hour_longer(db: Database, run: int) -> None:
    claimed = taken(db)
    set_back(db)
    assert count(db, run).sending == 2
    time_passes(db, LEASE + SECOND)
    look(db)
    assert count(db, run).uncertain == 2
    write_down(db, claimed.attempt, ACCEPTED)
    assert count(db, run).accepted == 2, "a late answer is believed"


def test_what_is_uncertain_is_asked_for_after_its_whole_waiting_time_by_the_new_clock(
    db: Database, grid: Running, provider: SendGrid, keys: Keys, run: int
) -> None:
    unanswered(db, grid, provider, keys, LEASE)
    set_back(db)
    alive(db, provider.account)
    time_passes(db, timedelta(minutes=11))
    assert settle(db, provider, RULES) == 0
    time_passes(db, LEASE + SECOND)
    assert settle(db, provider, RULES) == 1
    provider.close()
    assert count(db, run).planned == 4


def test_life_on_the_way_back_is_not_shown_by_what_begins_later_than_now(
    db: Database, grid: Running, provider: SendGrid, keys: Keys, run: int
) -> None:
    alive(db, provider.account)
    set_back(db)
    unanswered(db, grid, provider, keys, SECOND)
    for minutes in (12, 58):  # the clock comes to where it was, and nothing was heard since
        time_passes(db, timedelta(minutes=minutes))
        look(db)
        assert settle(db, provider, RULES) == 0
    provider.close()
    assert count(db, run).uncertain == 2


def test_nor_to_what_began_in_the_moment_before_the_first_look(
    db: Database, grid: Running, provider: SendGrid, keys: Keys, run: int
) -> None:
    alive(db, provider.account)
    with db.write() as s:
        change = update(Batch).where(Batch.run_id == run)
        s.execute(change.values(not_before=database_now(s) - HOUR))
    time_passes(db, -HOUR)
    unanswered(db, grid, provider, keys, SECOND)
    look(db)
    time_passes(db, timedelta(minutes=70))
    assert settle(db, provider, RULES) == 0
    provider.close()
    assert count(db, run).uncertain == 2


def test_one_look_is_enough(db: Database, run: int) -> None:
    """Another would overrule, for an hour, what is decided from now on."""
    answered(db, ACCEPTED)
    answered(db, BUSY)
    set_back(db)
    with db.write() as s:
        assert not catch_up(s)


def test_only_whose_address_was_changed_after_the_freeze_is_left_out(db: Database, run: int) -> None:
    with db.write() as s:
        frozen = s.get_one(Run, run).frozen_at
        assert frozen is not None
        people = s.scalars(select(Subscriber).order_by(Subscriber.id)).all()
        people[0].addressed_at = frozen + HOUR - timedelta(minutes=10)
        people[1].addressed_at = frozen + HOUR + timedelta(milliseconds=5)
    set_back(db)
    with db.write() as s:
        s.get_one(Subscriber, people[2].id).addressed_at = database_now(s)
    mailed = [member.subscriber_id for claim in (taken(db), taken(db)) for member in claim.members]
    assert sorted(mailed) == [people[0].id, people[3].id]


def test_what_came_back_unsent_leaves_at_once(db: Database, run: int) -> None:
    answered(db, BUSY)
    set_back(db)
    with db.read() as s:
        assert is_due(s, "test"), "the rest that the provider asked for is over, too"
    first, second = taken(db), taken(db)
    assert {first.batch, second.batch} == {1, 2}


def test_so_does_who_was_set_apart_from_it(db: Database, run: int) -> None:
    claimed = taken(db)
    write_down(db, claimed.attempt, Answer(Verdict.RETURNED, "somebody's values cannot travel with others"))
    with db.write() as s:
        set_apart(s, run, claimed.batch, [claimed.members[0].subscriber_id])
    set_back(db)
    assert {taken(db).batch, taken(db).batch, taken(db).batch} == {1, 2, 3}


@pytest.mark.parametrize("came_back", [False, True])
def test_who_has_a_time_of_their_own_waits_for_it_by_the_new_clock(db: Database, run: int, came_back: bool) -> None:
    if came_back:
        answered(db, BUSY)
    with db.write() as s:
        s.get_one(Run, run).timing = "{}"
    set_back(db)
    with db.read() as s:
        now = database_now(s)
        assert [one.not_before > now for one in s.scalars(select(Batch))] == [True, True]


def test_an_account_without_credits_is_asked_at_once(db: Database, run: int) -> None:
    answered(db, Answer(Verdict.EXHAUSTED, "Maximum credits exceeded", 401))
    with db.write() as s:
        assert rests.take_turn(s, "test", timedelta())
    set_back(db)
    with db.read() as s:
        assert not is_due(s, "test")
        assert rests.is_turn(s, "test", timedelta(minutes=5))


def test_nobody_pays_for_an_hour_what_left_in_a_minute(db: Database, run: int) -> None:
    with db.write() as s:
        pace.limit_run(s, run, 120)
    answered(db, ACCEPTED)
    with db.read() as s:
        assert not is_due(s, "test")
    set_back(db)
    with db.read() as s:
        assert not is_due(s, "test"), "what left is paid for all the same"
    time_passes(db, timedelta(minutes=1))
    with db.read() as s:
        assert is_due(s, "test")


def test_the_providers_lists_are_pulled_at_once_and_whole(
    db: Database, grid: Running, provider: SendGrid, keys: Keys
) -> None:
    grid.send("anna+bounce@example.com")
    with db.write() as s:
        mine, ahead = installation(s), database_now(s) + 9 * HOUR
        mine.pulled_at = mine.swept_at = mine.pull_tried_at = ahead
    first, second = pull_when_due(db, keys, provider), pull_when_due(db, keys, provider)
    assert (first and first.read, second) == (1, None)
    with db.read() as s:
        assert last_pull(s).expected_since < ahead


def test_a_pull_of_ones_own_is_whole_as_well(db: Database, grid: Running, provider: SendGrid, keys: Keys) -> None:
    grid.send("anna+bounce@example.com")
    with db.write() as s:
        installation(s).pulled_at = database_now(s) + 9 * HOUR
    assert pull(db, keys, provider).read == 1


def test_silence_of_before_does_not_outlast_a_mail_that_is_taken(db: Database, run: int, keys: Keys) -> None:
    answered(db, ACCEPTED)
    other = a_run(db, keys, people=4, public_id=uuid4().hex[:12])
    answered(db, UNKNOWN)
    with db.write() as s:
        s.get_one(Run, run).paused = True
    answered(db, UNKNOWN)
    with db.read() as s:
        assert not is_due(s, "test")
    set_back(db)
    time_passes(db, SECOND)
    with db.write() as s:
        now = database_now(s)
        probe = Attempt(id="probe", account="test", started_at=now, lease_until=now)
        s.add(probe)
    write_down(db, "probe", ACCEPTED)
    with db.read() as s:
        assert is_due(s, "test"), other


def test_a_service_that_was_there_in_an_hour_is_not_there_now(db: Database) -> None:
    with db.write() as s:
        heartbeat.beat(s, "gone")
    time_passes(db, -HOUR)
    with db.read() as s:
        assert not heartbeat.is_recent(s)


def test_a_clock_that_is_set_forward_proves_no_loss(sqlite_db: Database, grid: Running, keys: Keys) -> None:
    """It would have: lease and waiting time over at a stroke, the log not there yet, and then the mail was taken."""
    run = a_run(sqlite_db, keys, people=4, public_id=uuid4().hex[:12])
    in_flight, watch = taken(sqlite_db), Watch()
    steady = watch.steady_since(sqlite_db)
    assert watch.steady_since(sqlite_db) == steady
    with time_machine.travel(datetime.now(UTC) + HOUR, tick=True):
        look(sqlite_db)
        assert count(sqlite_db, run).uncertain == 2
        since = watch.steady_since(sqlite_db)
        assert since >= steady + HOUR - SECOND
        assert settle_with_proof(sqlite_db, in_flight.attempt, since) == 0
        write_down(sqlite_db, in_flight.attempt, ACCEPTED)
        assert count(sqlite_db, run).accepted == 2
    assert watch.steady_since(sqlite_db) < since, "set back, it has gone evenly ever since"


def settle_with_proof(db: Database, attempt: str, since: datetime) -> int:
    class Silent:
        """Whose log shows nothing of an attempt, yet."""

        account, repeatable = "test", False

        def trace(self, question: object) -> bool:
            return False

        def probe(self, attempt: str) -> Answer:
            return ACCEPTED

    alive(db, "test")
    assert settle(db, Silent(), RULES, since) == 0  # type: ignore[arg-type]
    with db.read() as s:
        return int(s.get_one(Attempt, attempt).verdict == "lost")
