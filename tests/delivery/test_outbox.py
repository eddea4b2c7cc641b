"""Claim, request, record: what each answer of the provider makes of a batch, over real HTTP."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from base.database import Database
from delivery.ledger import Counts
from delivery.models import Attempt, Run
from delivery.outbox import Outbox, Pace
from delivery.providers.sendgrid import SendGrid
from delivery.slots import Message, Place, Slot
from subscribers.keys import Keys
from tests.delivery.conftest import sendgrid
from tests.localgrid.support import Running, until
from tests.support.runs import a_run, count, time_passes

PACE = Pace(connections=1, lease=timedelta(seconds=60), only_to=())


@pytest.fixture
def run(sqlite_db: Database, keys: Keys) -> int:
    return a_run(sqlite_db, keys, people=4, batch_size=4, public_id=uuid4().hex[:12])


def sent(db: Database, provider: SendGrid, keys: Keys, run: int) -> Counts:
    Outbox(db, provider, keys, PACE).step()
    provider.close()
    return count(db, run)


def held(db: Database, run: int) -> str:
    with db.read() as s:
        return s.get_one(Run, run).held or ""


def mailed(grid: Running, db: Database, run: int) -> list[str]:
    with db.read() as s:
        public = s.get_one(Run, run).public_id
    return sorted(m["to"] for m in grid.mailbox() if m["custom_args"].get("ts_run") == public)


def test_a_batch_is_one_request_and_everybody_gets_one_mail(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    before = grid.stats()["requests"]
    assert sent(sqlite_db, provider, keys, run).accepted == 4
    assert grid.stats()["requests"] - before == 1
    assert mailed(grid, sqlite_db, run) == [f"p{n}@example.com" for n in range(1, 5)]


UNCERTAIN: list[tuple[str, dict[str, Any], int]] = [
    ("a time-out after accepting", {"kind": "timeout", "args": {"accept": True}}, 4),
    ("a time-out before accepting", {"kind": "timeout", "args": {"accept": False}}, 0),
    ("500 after accepting", {"kind": "status", "args": {"status": 500, "accept": True}}, 4),
    ("503 before accepting", {"kind": "status", "args": {"status": 503, "accept": False}}, 0),
    ("a reset after accepting", {"kind": "reset", "args": {"when": "after"}}, 4),
    ("a reset in the middle of the body", {"kind": "reset", "args": {"when": "body"}}, 0),
    ("a dripped answer", {"kind": "drip", "args": {"seconds": 8}}, 4),
]


@pytest.mark.parametrize(("fault", "taken"), [(f, n) for _, f, n in UNCERTAIN], ids=[name for name, _, _ in UNCERTAIN])
def test_without_a_trustworthy_answer_a_batch_is_uncertain_and_not_sent_again(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int, fault: dict[str, Any], taken: int
) -> None:
    grid.faults(fault)
    began = time.monotonic()
    assert sent(sqlite_db, provider, keys, run).uncertain == 4
    assert time.monotonic() - began < 6, "the deadline holds for the whole answer"
    assert len(mailed(grid, sqlite_db, run)) == taken
    grid.faults()
    time_passes(sqlite_db, timedelta(hours=1))
    assert sent(sqlite_db, provider, keys, run).uncertain == 4
    assert len(mailed(grid, sqlite_db, run)) == taken


def test_429_is_tried_again_when_the_provider_says(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    grid.faults({"kind": "status", "args": {"status": 429, "reset_after": 2}, "times": 1})
    assert sent(sqlite_db, provider, keys, run).planned == 4
    time_passes(sqlite_db, timedelta(minutes=1))
    assert sent(sqlite_db, provider, keys, run).accepted == 4


def test_a_400_that_names_one_address_refuses_that_person_with_the_providers_words(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    grid.faults({"kind": "refuse_address", "args": {"addresses": ["p2@example.com"]}})
    assert sent(sqlite_db, provider, keys, run).refused == 1
    assert sent(sqlite_db, provider, keys, run).accepted == 3
    assert mailed(grid, sqlite_db, run) == ["p1@example.com", "p3@example.com", "p4@example.com"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "refuse_sender"}, "400"),
        ({"kind": "status", "args": {"status": 401, "accept": False}}, "401"),
        ({"kind": "status", "args": {"status": 403, "accept": False}}, "403"),
        ({"kind": "status", "args": {"status": 302, "accept": False}}, "302"),
        ({"kind": "status", "args": {"status": 200, "accept": False}}, "200"),
    ],
    ids=["400 naming the sender", "401", "403", "a redirect", "200, which is only the sandbox"],
)
def test_an_answer_about_us_holds_the_run_and_takes_nothing(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int, fault: dict[str, Any], words: str
) -> None:
    grid.faults(fault)
    assert sent(sqlite_db, provider, keys, run).planned == 4
    assert words in held(sqlite_db, run)
    grid.faults()
    assert sent(sqlite_db, provider, keys, run).planned == 4, "nothing leaves before a person has looked"


def test_413_is_tried_again_with_half_the_people(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid, run: int
) -> None:
    grid.faults({"kind": "status", "args": {"status": 413, "accept": False}, "times": 1})
    sent(sqlite_db, provider, keys, run)
    sent(sqlite_db, provider, keys, run)
    assert sent(sqlite_db, provider, keys, run).accepted == 4
    assert mailed(grid, sqlite_db, run) == [f"p{n}@example.com" for n in range(1, 5)]


def test_a_provider_that_cannot_be_reached_costs_no_attempt(sqlite_db: Database, keys: Keys, run: int) -> None:
    assert sent(sqlite_db, sendgrid("http://127.0.0.1:9"), keys, run).planned == 4
    with sqlite_db.read() as s:
        assert s.scalars(select(Attempt)).all() == []


def test_a_dead_provider_makes_few_batches_uncertain(sqlite_db: Database, keys: Keys, grid: Running) -> None:
    run = a_run(sqlite_db, keys, people=200, batch_size=2, public_id=uuid4().hex[:12])
    grid.faults({"kind": "status", "args": {"status": 500, "accept": False}})
    outbox = Outbox(sqlite_db, sendgrid(grid.url), keys, Pace(4, timedelta(seconds=60), ()))
    outbox.start()
    until(lambda: count(sqlite_db, run).uncertain >= 4)
    time.sleep(1)  # time to do more harm, if it would
    outbox.stop()
    assert 4 <= count(sqlite_db, run).uncertain <= 20, "at most ten batches of two"


def test_whoever_has_too_much_to_say_goes_alone_and_whole(sqlite_db: Database, keys: Keys, grid: Running) -> None:
    slots = tuple(Slot(f"tk{n:03}zz", "subscriber.email", Place.TEXT) for n in range(600))
    html = "<p>" + " ".join(s.token for s in slots) + "</p>"
    run = a_run(
        sqlite_db,
        keys,
        people=3,
        batch_size=3,
        public_id=uuid4().hex[:12],
        message=Message("Tips", html, "Tips", slots),
    )
    provider = sendgrid(grid.url)
    for _ in range(6):
        sent(sqlite_db, provider, keys, run)
        time_passes(sqlite_db, timedelta(minutes=1))
    assert count(sqlite_db, run).accepted == 3
    assert mailed(grid, sqlite_db, run) == [f"p{n}@example.com" for n in range(1, 4)]


def test_stopping_lets_what_is_in_flight_end(sqlite_db: Database, keys: Keys, grid: Running) -> None:
    run = a_run(sqlite_db, keys, people=20, batch_size=1, public_id=uuid4().hex[:12])
    grid.faults({"kind": "delay", "args": {"ms": 300}})
    outbox = Outbox(sqlite_db, sendgrid(grid.url, deadline=5), keys, Pace(2, timedelta(seconds=60), ()))
    outbox.start()
    until(lambda: count(sqlite_db, run).sending > 0)
    outbox.stop()
    n = count(sqlite_db, run)
    assert (n.sending, n.uncertain) == (0, 0)
    assert 0 < n.accepted < 20
    assert len(mailed(grid, sqlite_db, run)) == n.accepted


def test_two_outboxes_on_one_database_mail_everybody_once(db: Database, keys: Keys, grid: Running) -> None:
    run = a_run(db, keys, people=60, batch_size=2, public_id=uuid4().hex[:12])
    boxes = [Outbox(db, sendgrid(grid.url, 5), keys, Pace(3, timedelta(seconds=60), ())) for _ in range(2)]
    starting = [threading.Thread(target=box.start) for box in boxes]
    for thread in starting:
        thread.start()
    deadline = time.monotonic() + 20
    while count(db, run).accepted < 60 and time.monotonic() < deadline:
        time.sleep(0.1)
    for box in boxes:
        box.stop()
    assert mailed(grid, db, run) == sorted(f"p{n}@example.com" for n in range(1, 61))
