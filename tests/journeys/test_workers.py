"""One PostgreSQL, a service that only serves, and workers that send: killed, stopped, started again and misled."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from delivery import heartbeat
from tests.journeys.office import Office, office_and_grid, stop, until
from tests.journeys.test_kill import FAST, LONG, PEOPLE, everybody_once, in_flight
from tests.localgrid.support import Running
from tests.support.runs import a_run, count

ENGINE = {"DISPATCH__ENGINE": "procrastinate", **FAST}
SLOWLY = {"kind": "delay", "args": {"ms": [50, 150]}}


@pytest.fixture
def ours(tmp_path: Path, postgres_url: str) -> Iterator[tuple[Office, Running]]:
    with office_and_grid(tmp_path, postgres_url, **ENGINE) as made:
        yield made


def test_a_worker_killed_in_the_middle_of_a_batch_and_everybody_gets_it_once(ours: tuple[Office, Running]) -> None:
    """mailcoach-support 248: a job attempted twice, and 22,312 people were mailed twice."""
    made, grid = ours
    service = made.run()
    run = a_run(made.db, made.keys, PEOPLE, batch_size=4)
    assert grid.mailbox() == [], "the service itself sends nothing"
    grid.faults({"kind": "delay", "args": {"ms": LONG, "at": "after"}})
    one = made.run("worker", "--name", "one")
    until(lambda: len(grid.mailbox()) >= 4)
    stop(one, signal.SIGKILL)
    grid.faults(SLOWLY)
    other = made.run("worker", "--name", "other")
    again = made.run("worker", "--name", "one")  # at once, under the name of the one that was killed
    until(lambda: count(made.db, run).accepted == PEOPLE)
    assert [stop(each) for each in (other, again, service)] == [0, 0, 0]
    everybody_once(made.db, grid.mailbox())
    assert "Traceback" not in made.said()


def test_a_worker_that_is_told_to_stop_finishes_what_is_in_flight(ours: tuple[Office, Running]) -> None:
    made, grid = ours
    grid.faults({"kind": "delay", "args": {"ms": 700, "at": "after"}})
    run = a_run(made.db, made.keys, PEOPLE, batch_size=4)
    worker = made.run("worker")
    until(lambda: in_flight(made.db) > 0)
    assert stop(worker) == 0
    n = count(made.db, run)
    assert (n.sending, n.uncertain) == (0, 0)
    assert 0 < n.accepted < PEOPLE
    assert n.accepted == len(grid.mailbox())


def test_jobs_that_are_lost_or_come_twice_change_nothing(ours: tuple[Office, Running]) -> None:
    made, grid = ours
    run = a_run(made.db, made.keys, PEOPLE, batch_size=4)
    with made.db.write() as s:
        s.execute(text("SET LOCAL search_path TO procrastinate"))
        s.execute(text("DELETE FROM procrastinate_jobs WHERE (args->>'batch')::int % 2 = 0"))
        again = "SELECT queue_name, task_name, args FROM procrastinate_jobs"
        s.execute(text(f"INSERT INTO procrastinate_jobs (queue_name, task_name, args) {again} LIMIT 10"))
    worker = made.run("worker", "--connections", "3")
    until(lambda: count(made.db, run).accepted == PEOPLE)
    assert stop(worker) == 0
    everybody_once(made.db, grid.mailbox())


def test_two_workers_of_one_name_are_refused_and_without_an_engine_any(ours: tuple[Office, Running]) -> None:
    made, _ = ours
    worker = made.run("worker", "--name", "one")
    assert made.begin("worker", "--name", "one").wait(60) == 1
    assert "called one is at work; give this one another --name" in made.said()
    assert stop(worker) == 0
    assert made.begin("worker", TIPSHEET_DISPATCH__ENGINE="local").wait(60) == 1
    assert "`tipsheet run` sends by itself" in made.said()


def test_a_service_without_a_worker_is_told_of(ours: tuple[Office, Running]) -> None:
    made, _ = ours
    with made.db.write() as s:
        heartbeat.beat(s, "here:1")
        assert heartbeat.missing(s, by_workers=True) == "tipsheet worker"
    assert made.begin("status").wait(60) == 0
    worker = made.run("worker")
    with made.db.write() as s:
        heartbeat.beat(s, "here:1")  # it took a while
        assert (heartbeat.missing(s, by_workers=True), heartbeat.workers(s)) == ("", 1)
        heartbeat.sign_off(s, "here:1")
        assert heartbeat.missing(s, by_workers=True) == "tipsheet run"
    assert stop(worker) == 0
    with made.db.read() as s:
        assert heartbeat.workers(s) == 0
