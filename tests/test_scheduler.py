"""The clock ticks, whatever happens to a job; what is due is decided by the tables."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

import scheduler
from base.config import Config, DeliveryConfig
from base.database import Database
from base.errors import Broken
from delivery import events, heartbeat
from delivery.providers import open_provider
from delivery.settle import Rules
from scheduler import JOBS, Clock, Job, Service
from subscribers.keys import Keys
from subscribers.proof import seals
from tests.support.runs import LEASE, a_run, count, taken, time_passes

SOON = timedelta(milliseconds=10)


@pytest.fixture
def service(db: Database, keys: Keys, tmp_path: Path) -> Service:
    delivery = DeliveryConfig(provider="files", files_path=tmp_path)
    config = Config(file=tmp_path / "config.toml", delivery=delivery)
    rules = Rules(by_proof=True, waiting=timedelta(0), between_probes=timedelta(minutes=1))
    return Service(db, keys, config, open_provider(config), rules, "here:1")


def run_once(service: Service) -> None:
    for job in JOBS:
        job.work(service)


def test_every_job_can_run_at_any_time_and_again(service: Service) -> None:
    run_once(service)
    run_once(service)
    with service.db.read() as s:
        assert heartbeat.is_recent(s)


def test_a_service_that_signed_off_is_not_at_work_and_another_still_is(service: Service) -> None:
    with service.db.write() as s:
        for owner in ("here:1", "here:2"):
            heartbeat.beat(s, owner)
        heartbeat.sign_off(s, "here:1")
        assert heartbeat.is_recent(s)
        heartbeat.sign_off(s, "here:2")
        assert (heartbeat.is_recent(s), heartbeat.last(s) is not None) == (False, True)
        heartbeat.beat(s, "here:1")
        assert heartbeat.is_recent(s)


def test_new_consents_are_sealed(service: Service) -> None:
    a_run(service.db, service.keys, 2)
    scheduler._seal(service)
    with service.db.read() as s:
        assert [seal.rows for seal in seals.all_seals(s)] == [2]


def test_a_lease_that_ended_is_swept(service: Service) -> None:
    run = a_run(service.db, service.keys, 2)
    taken(service.db)
    time_passes(service.db, LEASE + timedelta(seconds=1))
    scheduler._sweep(service)
    assert count(service.db, run).uncertain == 2


def test_whoever_is_too_late_is_skipped(service: Service) -> None:
    run = a_run(service.db, service.keys, 2)
    time_passes(service.db, timedelta(days=2))
    scheduler._expire(service)
    assert count(service.db, run).skipped == 2


def test_the_whole_spool_is_drained_in_one_turn(service: Service) -> None:
    with service.db.write() as s:
        for _ in range(25):
            events.spool(s, "sendgrid", b"[]", urgent=False)
    scheduler._drain(service)
    with service.db.read() as s:
        assert events.is_empty(s)


def test_a_job_that_fails_says_so_once_and_the_others_go_on(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    failures, enough = [0], threading.Event()

    def fail(_service: Service) -> None:
        failures[0] += 1
        raise Broken("The disk is full")

    def stumble(_service: Service) -> None:
        raise KeyError("nothing we foresaw")

    def wait_for_both(_service: Service) -> None:
        if failures[0] >= 3:
            enough.set()

    clock = Clock(service, (Job("fail", SOON, fail), Job("stumble", SOON, stumble), Job("watch", SOON, wait_for_both)))
    clock.start()
    assert enough.wait(30)
    clock.stop()
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert said.count("job=fail The disk is full") == 1
    assert sum("job=stumble" in words for words in said) == 2


def test_a_clock_that_is_set_back_by_an_hour_holds_no_job_up(service: Service) -> None:
    turns = threading.Semaphore(0)
    clock = Clock(service, (Job("tick", SOON, lambda _service: turns.release()),))
    clock.start()
    try:
        assert turns.acquire(timeout=30)
        with time_machine.travel(datetime.now(UTC) - timedelta(hours=1), tick=True):
            while turns.acquire(blocking=False):
                pass
            assert all(turns.acquire(timeout=30) for _ in range(20))
    finally:
        clock.stop()


def test_a_job_never_overlaps_itself_and_stop_waits_for_it(service: Service) -> None:
    running, most, turns = [0], [0], threading.Semaphore(0)

    def work(_service: Service) -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        threading.Event().wait(0.1)
        running[0] -= 1
        turns.release()

    clock = Clock(service, (Job("slow", SOON, work),))
    clock.start()
    for _ in range(3):
        assert turns.acquire(timeout=30)
    clock.stop()
    assert most == [1]
    assert running == [0]
