"""What is uncertain is shown with its people, what is known, and what would settle it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from base.database import Database
from delivery import events
from delivery.doubts import NOBODY, Doubt, doubts, in_doubt
from delivery.ledger import record
from delivery.models import Attempt
from delivery.providers.files import Files
from delivery.providers.provider import Answer, Verdict
from delivery.providers.sendgrid import SendGrid
from delivery.settle import Rules
from subscribers.keys import Keys
from subscribers.models import Subscriber
from tests.support.runs import a_run, taken, time_passes

RULES = Rules(by_proof=True, waiting=timedelta(minutes=11), between_probes=timedelta(minutes=10))
PROVIDER = SendGrid(
    api_key="SG.x", base_url="https://api.example.com", deadline=1, sender="news@example.com", tells_events=True
)


def in_two_minds(db: Database, keys: Keys, people: int = 2, *, account: str = PROVIDER.account) -> tuple[int, str]:
    """A run whose first batch left without an answer, and that attempt."""
    run = a_run(db, keys, people)
    attempt = taken(db).attempt
    with db.write() as s:
        s.get_one(Attempt, attempt).account = account
        record(s, attempt, Answer(Verdict.UNCERTAIN, "no answer: reset"))
    return run, attempt


def shown(db: Database, run: int, rules: Rules = RULES) -> Doubt:
    with db.read() as s:
        (one,) = doubts(s, run, PROVIDER, rules)
        return one


def test_people_evidence_and_everything_that_is_waited_for_are_shown(db: Database, keys: Keys) -> None:
    run, attempt = in_two_minds(db, keys, 3)
    one = shown(db, run)
    assert (one.batch, one.attempt, one.number, one.account) == (1, attempt, 1, PROVIDER.account)
    assert (one.people, one.answer) == (("p1@example.com", "p2@example.com"), "no answer: reset")
    waiting, hook, log = one.waits_for
    assert waiting.startswith("the end of the waiting time, ")
    assert hook.startswith("the web hook: ")
    assert log.startswith("the provider's log, ")
    assert "when the service has run for 11 minutes since its start, or since the clock was set forward" in log
    with db.read() as s:
        assert in_doubt(s, run) == [attempt]


def test_what_is_over_is_waited_for_no_more(db: Database, keys: Keys) -> None:
    run, attempt = in_two_minds(db, keys)
    time_passes(db, timedelta(minutes=17))
    with db.write() as s:
        events.spool(s, "sendgrid", b"[]", urgent=False)
        old = s.get_one(Attempt, attempt)
        facts = {"started_at": old.started_at + timedelta(minutes=1), "lease_until": old.lease_until}
        s.add(Attempt(id="later", account=PROVIDER.account, first_event_at=old.lease_until, **facts))
    bodies, log = shown(db, run).waits_for
    assert bodies.startswith("1 bodies of events")
    assert log.startswith("the provider's log")


def test_an_attempt_of_another_account_says_which_one_and_waits_for_nothing_else(db: Database, keys: Keys) -> None:
    run, _ = in_two_minds(db, keys, account="https://api.example.com#other")
    (words,) = shown(db, run).waits_for
    assert words.startswith("the account https://api.example.com#other, which it went to: ")
    assert PROVIDER.account in words


def test_where_silence_is_no_proof_or_no_events_can_come_a_person_is_waited_for(
    sqlite_db: Database, keys: Keys
) -> None:
    run = a_run(sqlite_db, keys, 1, events_expected=False)
    attempt = taken(sqlite_db).attempt
    with sqlite_db.write() as s:
        s.get_one(Attempt, attempt).account = PROVIDER.account
        record(s, attempt, Answer(Verdict.UNCERTAIN, "no answer"))
    words = shown(sqlite_db, run, Rules(by_proof=False, waiting=timedelta(), between_probes=timedelta())).waits_for
    assert [each for each in words if each.startswith("a person: ")] == [
        "a person: no web hook was set up when it was launched, so no event is to be expected",
        'a person: with [delivery] settle = "hold" no silence is taken for loss',
    ]


def test_files_just_leave_again_and_who_was_erased_is_still_counted(
    sqlite_db: Database, keys: Keys, tmp_path: Path
) -> None:
    files = Files(tmp_path)
    run, _ = in_two_minds(sqlite_db, keys, account=files.account)
    with sqlite_db.write() as s:
        s.get_one(Subscriber, 1).email = ""
    with sqlite_db.read() as s:
        (one,) = doubts(s, run, files, RULES)
    assert one.people == (NOBODY, "p2@example.com")
    assert one.waits_for[0].endswith("it just leaves again")
