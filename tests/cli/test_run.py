"""`tipsheet run` as a process: it comes up whole, goes down in order, and takes its localgrid with it."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from base.database import Database
from delivery import heartbeat
from tests.journeys.office import Office, free_port, listens, office, stop, until


@pytest.fixture
def ours(tmp_path: Path, sqlite_url: str) -> Iterator[Office]:
    with office(tmp_path, sqlite_url) as made:
        yield made


def signed_in(ours: Office) -> tuple[bool, bool]:
    """Does a service seem to be at work, and is it known when one was?"""
    with closing(Database(ours.config.database.url)) as db, db.read() as s:
        return heartbeat.is_recent(s), heartbeat.last(s) is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_at_work_until_it_is_told_to_stop(ours: Office, number: signal.Signals) -> None:
    service = ours.run()
    until(lambda: json.loads(ours.ask(f"{ours.web}/health").data)["at_work"])
    assert ours.ask(f"{ours.grid}/v3/scopes").status == 200
    assert stop(service, number) == 0
    assert not listens(ours.config.web.port)
    assert not listens(ours.config.localgrid.port)
    assert "Traceback" not in ours.said()
    assert signed_in(ours) == (False, True)


def test_killed_it_takes_localgrid_along_and_starts_again(ours: Office) -> None:
    service = ours.run()
    until(lambda: signed_in(ours)[0])
    stop(service, signal.SIGKILL)
    assert signed_in(ours) == (True, True)  # it could not sign off
    until(lambda: not listens(ours.config.localgrid.port))
    assert stop(ours.run()) == 0


def test_a_second_service_works_beside_the_first(ours: Office) -> None:
    first = ours.run()
    port = free_port()
    second = ours.run(TIPSHEET_WEB__PORT=str(port))
    assert ours.ask(f"http://127.0.0.1:{port}/health").status == 200
    assert stop(second) == 0
    assert ours.ask(f"{ours.grid}/v3/scopes").status == 200
    assert stop(first) == 0


@pytest.mark.parametrize(("taken", "key"), [("web", "[web] port"), ("localgrid", "[localgrid] port")])
def test_a_taken_port_is_said_in_one_sentence(ours: Office, taken: str, key: str) -> None:
    with socket.create_server(("127.0.0.1", getattr(ours.config, taken).port)):
        assert ours.begin().wait(60) == 1
    told = [line for line in ours.said().splitlines() if not line.startswith("localgrid:")]
    assert len(told) == 1
    assert key in told[0]


def test_without_an_api_key_it_does_not_start(ours: Office) -> None:
    assert ours.begin(TIPSHEET_DELIVERY__PROVIDER="sendgrid").wait(60) == 2
    assert "SENDGRID_API_KEY" in ours.said()
