"""What went wrong for others, in public: the same situations, with nobody twice, nobody lost, and nothing stuck."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from base.database import Database
from delivery import outbox
from delivery.ledger import drop, hold, record
from delivery.models import Attempt, Batch
from delivery.outbox import Outbox, Pace
from delivery.providers.provider import Verdict
from delivery.providers.sendgrid import SendGrid
from delivery.providers.sendgrid.answers import interpret
from delivery.providers.sendgrid.connection import Reply
from scheduler import JOBS
from subscribers.changes.erasing import erase
from subscribers.keys import Keys
from subscribers.people import get_subscriber
from tests.delivery.conftest import sendgrid
from tests.delivery.test_outbox import mailed
from tests.localgrid.support import Running, until
from tests.support.runs import a_run, count, take, taken, time_passes

PACE = Pace(connections=1, lease=timedelta(seconds=60), only_to=())


@pytest.fixture
def run(db: Database, keys: Keys) -> int:
    return a_run(db, keys, people=4, batch_size=4, public_id=uuid4().hex[:12])


@pytest.fixture
def box(db: Database, keys: Keys, provider: SendGrid) -> Iterator[Outbox]:
    yield Outbox(db, provider, keys, PACE)
    provider.close()


def everybody(box: Outbox) -> None:
    while box.step():
        pass


def test_one_rejected_address_spoils_nobody_elses_mail(db: Database, grid: Running, box: Outbox, run: int) -> None:
    """One rejected address in a batch: nobody is marked, verified people are mailed endlessly: mautic 7226."""
    grid.faults({"kind": "refuse_address", "args": {"addresses": ["p3@example.com"]}})
    everybody(box)
    everybody(box)
    assert mailed(grid, db, run) == ["p1@example.com", "p2@example.com", "p4@example.com"]
    assert (count(db, run).accepted, count(db, run).refused) == (3, 1)


def test_an_acceptance_without_an_id_is_an_acceptance(db: Database, run: int) -> None:
    """Accepted, but answered without an id, and the batch was retried five times: ghost-cms-amazon-ses-adapter 5."""
    answer = interpret(Reply(202, {}, b""), ())
    assert (answer.verdict, answer.message_id) == (Verdict.ACCEPTED, None)
    claimed = taken(db)
    with db.write() as s:
        record(s, claimed.attempt, answer)
    assert (take(db), count(db, run).accepted) == (None, 4)


def test_a_provider_that_is_not_found_makes_nothing_sent(db: Database, keys: Keys, run: int) -> None:
    """DNS failed for every message, the submission is "sent": django-newsletter 210."""
    lost = sendgrid("http://127.0.0.1:9")
    assert not Outbox(db, lost, keys, PACE).step()
    lost.close()
    assert count(db, run).planned == 4
    with db.read() as s:
        assert s.scalars(select(Attempt.id)).all() == [], "it costs no attempt, so nothing can be uncertain"


def test_what_gets_nowhere_can_be_cancelled_and_is_over(db: Database, keys: Keys, run: int) -> None:
    """ "0 of N" for ever, no cancel: keila 464."""
    lost = sendgrid("http://127.0.0.1:9")
    for _ in range(3):
        Outbox(db, lost, keys, PACE).step()
    lost.close()
    with db.write() as s:
        drop(s, run)
    assert (count(db, run).skipped, count(db, run).planned) == (4, 0)


def test_somebody_who_is_gone_holds_no_run_open(db: Database, keys: Keys, box: Outbox, grid: Running, run: int) -> None:
    """8,047 of 8,048 for ever: mailcoach-support 174."""
    with db.write() as s:
        erase(s, keys, get_subscriber(s, keys, "p4@example.com"), because="their letter", actor="test")
    everybody(box)
    n = count(db, run)
    assert (n.accepted, n.skipped, n.planned + n.sending + n.uncertain) == (3, 1, 0)


def test_a_restart_in_the_middle_ends_nothing(db: Database, keys: Keys, grid: Running) -> None:
    """A restart floods old recipients: gophish 1515. Saving settings restarts the app: "finished": listmonk 2278."""
    run = a_run(db, keys, people=6, batch_size=1, public_id=uuid4().hex[:12])
    for _ in range(2):
        one = Outbox(db, sendgrid(grid.url), keys, PACE)
        one.start()
        before = count(db, run).accepted
        until(lambda before=before: count(db, run).accepted > before)  # type: ignore[misc]
        one.stop()
    for _ in range(2):  # and once more when all is over
        last = sendgrid(grid.url)
        everybody(Outbox(db, last, keys, PACE))
        last.close()
    assert mailed(grid, db, run) == [f"p{n}@example.com" for n in range(1, 7)]


def test_no_request_begins_later_than_a_second_after_its_claim(
    db: Database, grid: Running, box: Outbox, run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause waits for claims under way and stops all later ones, so none begins a second after it, however long a
    worker was suspended."""
    clock = iter([100.0])
    monkeypatch.setattr(outbox, "elapsed", lambda: next(clock, 101.5))
    assert box.step()
    with db.write() as s:
        hold(s, run)
    time_passes(db, timedelta(minutes=1))
    assert not box.step()
    assert (mailed(grid, db, run), count(db, run).planned) == ([], 4)
    with db.read() as s:
        assert s.scalars(select(Attempt.verdict)).all() == ["returned"]
        assert s.scalars(select(Batch.state)).all() == ["planned"]


def test_what_is_due_is_looked_for_every_second_and_sent_within_the_next() -> None:
    every = {job.name: job.every for job in JOBS}
    assert every["launch what is due"] <= timedelta(seconds=1)
    assert outbox.IDLE <= 0.5
    assert outbox.BEGIN_WITHIN <= 1
