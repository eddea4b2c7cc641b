"""leaving → what the answer says; uncertain → accepted; and never twice in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from base.database import Database
from delivery.ledger import prove, record, release, sweep
from delivery.ledger.counts import has_overtaken, reached_twice
from delivery.ledger.record import MOST_REFUSALS
from delivery.ledger.resolve import lose, resolve
from delivery.ledger.split import set_apart
from delivery.models import Attempt, Batch, DeliveryException, Run
from delivery.providers.provider import Answer, Verdict
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.people import find
from tests.support.runs import a_run, count, take, taken, time_passes

YES = Answer(Verdict.ACCEPTED, "202", 202, "message-1")
UNKNOWN = Answer(Verdict.UNCERTAIN, "no answer: timed out")
BACK = Answer(Verdict.RETURNED, "too many requests", 429)
NO = Answer(Verdict.HELD, "SendGrid answered 403: the from address is not verified", 403)
HALVE = Answer(Verdict.HALVE, "Payload too large", 413)


def answered(db: Database, attempt: str, answer: Answer) -> None:
    with db.write() as s:
        record(s, attempt, answer)


def lost(db: Database, attempt: str) -> bool:
    with db.write() as s:
        return lose(s, s.get_one(Attempt, attempt), "no trace")


def proved(db: Database, attempt: str) -> bool:
    with db.write() as s:
        return prove(s, attempt, "an event", datetime.now(UTC))


def test_an_accepted_batch_is_accepted_and_never_claimed_again(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    answered(db, taken(db).attempt, YES)
    assert take(db) is None
    assert count(db, run).accepted == 2


def test_what_was_provably_not_taken_is_tried_again_after_a_while(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    first = taken(db)
    answered(db, first.attempt, BACK)
    assert (count(db, run).planned, take(db)) == (2, None)
    time_passes(db, timedelta(minutes=1))
    assert taken(db).attempt != first.attempt


def test_exactly_the_refused_are_refused_and_the_rest_is_planned_again(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    claimed = taken(db)
    bad = claimed.members[0].subscriber_id
    answered(
        db, claimed.attempt, Answer(Verdict.REFUSED, "bad", 400, refused={bad: "Does not contain a valid address."})
    )
    assert (count(db, run).refused, count(db, run).planned) == (1, 1)
    assert [m.subscriber_id for m in taken(db).members] == [claimed.members[1].subscriber_id]
    with db.read() as s:
        assert s.scalars(select(DeliveryException.reason)).one() == "Does not contain a valid address."


def test_a_refusal_of_the_sender_holds_the_run_with_the_providers_words(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=4)
    answered(db, taken(db).attempt, NO)
    assert (count(db, run).planned, take(db)) == (4, None)
    with db.read() as s:
        assert "not verified" in (s.get_one(Run, run).held or "")


def test_a_request_that_is_too_large_leaves_in_halves(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=5, batch_size=5)
    answered(db, taken(db).attempt, HALVE)
    halves = [taken(db), taken(db)]
    assert sorted(len(c.members) for c in halves) == [2, 3]
    assert len({m.email for c in halves for m in c.members}) == 5
    assert count(db, run).sending == 5


def test_halving_stops_after_a_dozen_refusals_and_holds_the_run(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=64, batch_size=64)
    nameless = Answer(Verdict.HALVE, "Bad Request", 400)
    while claimed := take(db):
        if claimed.members:
            answered(db, claimed.attempt, nameless)
    with db.read() as s:
        assert s.get_one(Run, run).held == "Bad Request"
        refused = s.scalars(select(Attempt).where(Attempt.verdict == "halved")).all()
    assert len(refused) == MOST_REFUSALS
    assert count(db, run).audience == 64


def test_one_alone_who_is_refused_without_a_name_is_the_one_who_was_in_the_request(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2)
    both = taken(db)
    apart, stays = (member.subscriber_id for member in both.members)
    answered(db, both.attempt, BACK)
    with db.write() as s:
        set_apart(s, both.run_id, both.batch, [apart])
    time_passes(db, timedelta(minutes=1))
    alone = {claimed.members[0].subscriber_id: claimed for claimed in (taken(db), taken(db))}
    answered(db, alone[stays].attempt, Answer(Verdict.HALVE, "Bad Request", 400))
    with db.read() as s:
        assert s.scalars(select(DeliveryException.subscriber_id)).all() == [stays]


def test_a_batch_that_may_have_been_taken_before_never_leaves_in_parts(db: Database, keys: Keys) -> None:
    """Late proof of the earlier attempt would reach only those who stayed; the others would be mailed twice."""
    run = a_run(db, keys, people=2)
    first = taken(db)
    answered(db, first.attempt, UNKNOWN)
    assert lost(db, first.attempt)
    answered(db, taken(db).attempt, HALVE)
    assert take(db) is None
    assert proved(db, first.attempt)
    with db.write() as s:
        release(s, run)
    assert (count(db, run).accepted, take(db)) == (2, None)


def test_one_uncertain_answer_slows_the_run_to_one_batch_and_two_stop_it(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=10)
    answered(db, taken(db).attempt, UNKNOWN)
    second = taken(db)
    assert take(db) is None
    answered(db, second.attempt, UNKNOWN)
    assert (take(db), count(db, run).uncertain) == (None, 4)
    assert proved(db, second.attempt)
    assert take(db) is not None


def test_a_lease_that_ended_makes_the_attempt_uncertain(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    claimed = taken(db)
    with db.write() as s:
        assert sweep(s) == 0
    time_passes(db, timedelta(minutes=6))
    with db.write() as s:
        assert sweep(s) == 1
    assert (count(db, run).uncertain, take(db)) == (2, None)
    answered(db, claimed.attempt, YES)  # the worker was only slow: its late answer is the proof
    assert count(db, run).accepted == 2


def test_a_late_acceptance_of_an_attempt_judged_lost_still_counts(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    claimed = taken(db)
    answered(db, claimed.attempt, UNKNOWN)
    assert lost(db, claimed.attempt)
    assert count(db, run).planned == 2
    answered(db, claimed.attempt, YES)
    assert (count(db, run).accepted, take(db)) == (2, None)


def test_proof_of_a_second_attempt_names_everybody_who_got_it_twice(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    first = taken(db)
    answered(db, first.attempt, UNKNOWN)
    lost(db, first.attempt)
    answered(db, taken(db).attempt, YES)
    assert proved(db, first.attempt)
    with db.read() as s:
        assert reached_twice(s, run) == ("p1@example.com", "p2@example.com")
    assert count(db, run).accepted == 2


def test_whoever_was_left_out_by_a_later_attempt_got_the_earlier_one(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    first = taken(db)
    answered(db, first.attempt, UNKNOWN)
    lost(db, first.attempt)
    with db.write() as s:
        person = find(s, keys, "p1@example.com")
        assert person is not None
        opt_out(s, address_key=person.address_key, list_id=None, how="page", source="test", actor="test")
    second = taken(db)
    assert count(db, run).skipped == 1
    proved(db, first.attempt)
    assert (count(db, run).accepted, count(db, run).skipped) == (2, 0)
    answered(db, second.attempt, BACK)
    assert count(db, run).accepted == 2


def test_events_of_an_attempt_in_flight_settle_it_before_its_answer(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    claimed = taken(db)
    proved(db, claimed.attempt)
    assert count(db, run).accepted == 2
    answered(db, claimed.attempt, UNKNOWN)
    assert count(db, run).accepted == 2


def test_an_unknown_attempt_proves_nothing(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=2)
    assert not proved(db, "nobody-sent-this")


@pytest.mark.parametrize("sent", [True, False])
def test_a_person_may_decide_what_became_of_the_uncertain(db: Database, keys: Keys, sent: bool) -> None:
    run = a_run(db, keys, people=2)
    answered(db, taken(db).attempt, UNKNOWN)
    with db.write() as s:
        assert resolve(s, run, sent=sent, because="SendGrid's page shows it", by="kim") == 1
    assert (count(db, run).accepted, count(db, run).planned) == ((2, 0) if sent else (0, 2))
    with db.read() as s:
        assert "kim decided" in (s.scalars(select(Attempt.evidence)).one() or "")


@pytest.mark.parametrize(("sent", "twice"), [(True, 2), (False, 0)])
def test_a_person_may_decide_about_an_attempt_that_was_overtaken_by_proof(
    db: Database, keys: Keys, sent: bool, twice: int
) -> None:
    run = a_run(db, keys, people=2)
    first = taken(db)
    answered(db, first.attempt, UNKNOWN)
    lost(db, first.attempt)
    second = taken(db)
    answered(db, second.attempt, UNKNOWN)
    assert proved(db, first.attempt)
    with db.read() as s:
        assert has_overtaken(s, run)
    with db.write() as s:
        assert resolve(s, run, sent=sent, because="asked them", by="kim") == 1
    with db.read() as s:
        assert (len(reached_twice(s, run)), has_overtaken(s, run)) == (twice, False)


def test_a_batch_is_never_in_two_states(db: Database, keys: Keys) -> None:
    a_run(db, keys, people=6)
    for answer in (YES, UNKNOWN, BACK):
        answered(db, taken(db).attempt, answer)
    with db.read() as s:
        assert sorted(s.scalars(select(Batch.state))) == ["accepted", "planned", "uncertain"]
