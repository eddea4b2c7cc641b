"""Who was refused may be tried again, by a person's word: they alone, each once, and the refusal stays on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from base.database import Database, database_now
from delivery.erasing import erase
from delivery.ledger import lose, record, retry_refused
from delivery.ledger.again import Again
from delivery.ledger.carry import Left, carry
from delivery.ledger.record import MOST_NAMED
from delivery.models import Attempt, Batch, Delivery, Run
from delivery.providers.provider import Answer, Verdict
from delivery.trail import trail
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.people import find, get_subscriber
from tests.support.runs import a_run, count, take, taken

YES = Answer(Verdict.ACCEPTED, "202", 202)
BAD = "Does not contain a valid address."


def answered(db: Database, attempt: str, answer: Answer) -> None:
    with db.write() as s:
        record(s, attempt, answer)


def refused(db: Database, *emails: str) -> None:
    """The next batch is refused for these people of it, and then taken without them."""
    claimed = taken(db)
    words = {member.subscriber_id: BAD for member in claimed.members if member.email in emails}
    said = f"{BAD} {' '.join(emails)}"
    answered(db, claimed.attempt, Answer(Verdict.REFUSED, said, 400, refused=words))
    while rest := take(db):
        answered(db, rest.attempt, YES)


def retried(db: Database, run: int, because: str = "the domain is back") -> Again:
    with db.write() as s:
        until = database_now(s) + timedelta(hours=1)
        return retry_refused(s, run, not_after=until, by="kim", because=because)


def what(db: Database, run: int, keys: Keys, email: str) -> list[str]:
    with db.read() as s:
        found = trail(s, run, get_subscriber(s, keys, email).id)
        assert found is not None
        return [step.what for step in found.steps]


def test_only_the_refused_are_sent_to_and_nobody_else(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=4, batch_size=4)
    refused(db, "p2@example.com", "p3@example.com")
    assert (count(db, run).accepted, count(db, run).refused) == (2, 2)
    assert retried(db, run) == Again(people=2, doubtful=0)
    again = taken(db)
    assert [member.email for member in again.members] == ["p2@example.com", "p3@example.com"]
    answered(db, again.attempt, YES)
    assert (count(db, run).accepted, count(db, run).refused, take(db)) == (4, 0, None)


def test_a_second_command_finds_nobody_whom_the_first_has_found(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    refused(db, "p1@example.com")
    assert (retried(db, run).people, retried(db, run).people) == (1, 0)


def test_why_shows_the_refusal_who_wanted_it_again_and_what_came_of_it(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    refused(db, "p1@example.com")
    retried(db, run)
    answered(db, taken(db).attempt, YES)
    assert what(db, run, keys, "p1@example.com") == [
        *("planned", "attempt 1", "refused"),
        *("tried again", "planned", "attempt 2"),
    ]
    with db.read() as s:
        found = trail(s, run, get_subscriber(s, keys, "p1@example.com").id)
        assert found is not None
        assert [step.detail for step in found.steps[2:5]] == [BAD, "kim: the domain is back", "in batch 2"]
        assert all(step.at for step in found.steps)
        assert found.verdict == "accepted"


def test_who_is_refused_again_is_refused_with_both_on_record(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    for _ in range(2):
        refused(db, "p1@example.com")
        assert retried(db, run).people == 1
    steps = what(db, run, keys, "p1@example.com")
    assert steps.count("refused") == 2
    assert [step for step in steps if step.startswith("attempt")] == ["attempt 1", "attempt 2"]
    assert steps.count("planned") == 3


def test_who_opted_out_meanwhile_is_skipped(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    refused(db, "p1@example.com", "p2@example.com")
    with db.write() as s:
        person = find(s, keys, "p1@example.com")
        assert person is not None
        opt_out(s, address_key=person.address_key, list_id=None, how="page", source="test", actor="test")
    retried(db, run)
    assert [member.email for member in taken(db).members] == ["p2@example.com"]
    assert (count(db, run).skipped, count(db, run).sending) == (1, 1)


def test_whom_an_earlier_attempt_may_have_reached_stays_refused(db: Database, keys: Keys) -> None:
    """Late proof of it would delete their refusal, because they had the mail."""
    run = a_run(db, keys, people=2)
    first = taken(db).attempt
    answered(db, first, Answer(Verdict.UNCERTAIN, "no answer"))
    with db.write() as s:
        assert lose(s, s.get_one(Attempt, first), "no trace")
    refused(db, "p1@example.com")
    assert retried(db, run) == Again(people=0, doubtful=1)
    assert (take(db), count(db, run).refused) == (None, 1)


def test_a_run_whose_time_is_over_gets_a_new_end_for_them(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    refused(db, "p1@example.com")
    with db.write() as s:
        s.get_one(Run, run).not_after = datetime(2020, 1, 1, tzinfo=UTC)
        for batch in s.scalars(select(Batch)):
            batch.not_after = datetime(2020, 1, 1, tzinfo=UTC)
    retried(db, run)
    assert len(taken(db).members) == 1


def test_after_a_restore_nobody_who_was_tried_again_is_tried_a_third_time(db: Database, keys: Keys) -> None:
    """The backup knows the refusal and nothing that came since."""
    run = a_run(db, keys, people=2)
    refused(db, "p1@example.com")
    with db.write() as s:
        person = get_subscriber(s, keys, "p1@example.com")
        people = {person.id: person.address_key[:6]}
        carry(s, Left("later", "run-1", "test", database_now(s), people), taken=True, evidence="the journal")
    assert (count(db, run).accepted, count(db, run).refused) == (2, 0)
    assert retried(db, run).people == 0
    assert what(db, run, keys, "p1@example.com")[-1] == "attempt 2"


def test_named_refusals_stop_the_run_before_the_account_is_blocked(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=MOST_NAMED + 5, batch_size=1000)
    requests = 0
    while claimed := take(db):
        one = claimed.members[0].subscriber_id
        answered(db, claimed.attempt, Answer(Verdict.REFUSED, BAD, 400, refused={one: BAD}))
        requests += 1
    assert (requests, count(db, run).refused, count(db, run).planned) == (MOST_NAMED + 1, MOST_NAMED, 5)
    with db.read() as s:
        assert "may get the account blocked" in (s.get_one(Run, run).held or "")


def test_an_erasure_empties_what_was_said_of_them_before(db: Database, keys: Keys) -> None:
    run = a_run(db, keys, people=2)
    refused(db, "p1@example.com")
    retried(db, run)
    with db.write() as s:
        gone = get_subscriber(s, keys, "p1@example.com")
        person = gone.id
        erase(s, keys, gone, because="their letter", actor="test")
    with db.read() as s:
        found = trail(s, run, person)
        assert found is not None
        assert "p1@example.com" not in str(found.steps)
        assert found.steps[2].detail == "(erased)"
        assert s.get_one(Delivery, (run, person)).batch > 1
