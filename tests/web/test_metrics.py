"""/metrics: readable by Prometheus, from this machine or with the token, and without a word about a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from base.config import Config, WebConfig
from base.database import Database
from base.errors import ConfigError
from delivery import events, heartbeat
from delivery.gauges import gauges
from delivery.ledger import record
from delivery.models import Run
from delivery.providers.provider import Answer, Verdict
from subscribers.keys import Keys
from subscribers.suppression import suppress
from tests.support.runs import a_run, taken
from tests.web.conftest import Client, served
from web.metrics import Requests, written

LABEL = 'quo"te\\back\nline'


@pytest.fixture
def site(db: Database, keys: Keys) -> Iterator[Client]:
    with served(db, keys) as client:
        yield client


def read(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """As Prometheus' own reader reads it: by name, then by the values of the labels."""
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }


def test_prometheus_reads_how_sending_goes(db: Database, keys: Keys, site: Client) -> None:
    a_run(db, keys, people=9, batch_size=3, public_id="opaque")
    first, second = taken(db), taken(db)
    refused = {first.members[0].subscriber_id: "no such mailbox"}
    with db.write() as s:
        record(s, first.attempt, Answer(Verdict.REFUSED, "400", status=400, refused=refused))
        record(s, second.attempt, Answer(Verdict.UNCERTAIN, "no answer"))
        events.spool(s, "sendgrid", b"[]", urgent=False)
        heartbeat.beat(s, "here:1")
        heartbeat.beat(s, "east", "worker on there:2")
        heartbeat.beat(s, "gone:3")
        heartbeat.sign_off(s, "gone:3")
        suppress(s, b"k" * 32, "opt-out", source="a link")
    answer = site.get("/metrics")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    found = read(answer.text)
    assert found["tipsheet_recipients"] == {
        ("opaque", "planned"): 5,
        ("opaque", "refused"): 1,
        ("opaque", "uncertain"): 3,
    }
    assert found["tipsheet_attempts"] == {("refused",): 1, ("uncertain",): 1}
    assert found["tipsheet_due_batches"][()] == 2
    assert found["tipsheet_spool_bodies"][()] == 1
    assert set(found["tipsheet_heartbeat_age_seconds"]) == {("service", "here:1"), ("worker", "east")}
    assert found["tipsheet_suppressions"] == {("opt-out",): 1}
    for name in ("uncertain_oldest", "due_oldest", "spool_oldest"):
        assert found[f"tipsheet_{name}_seconds"][()] >= 0


def test_a_run_that_is_over_is_not_counted_on_and_on(db: Database, keys: Keys, site: Client) -> None:
    a_run(db, keys, people=2)
    one = taken(db)
    assert ("run-1", "sending") in read(site.get("/metrics").text)["tipsheet_recipients"]
    with db.write() as s:
        record(s, one.attempt, Answer(Verdict.ACCEPTED, status=202))
    found = read(site.get("/metrics").text)
    assert found["tipsheet_recipients"] == {}
    assert found["tipsheet_attempts"] == {("accepted",): 1}


def test_nobody_is_in_it(sqlite_db: Database, keys: Keys) -> None:
    a_run(sqlite_db, keys, people=2)
    with served(sqlite_db, keys) as client:
        client.get("/u/a-token")
        client.ask("BREW", "/p1@example.com")
        text = client.get("/metrics").text
    assert "@" not in text
    assert "a-token" not in text
    assert "tips" not in text.replace("tipsheet", "")
    found = read(text)["tipsheet_http_requests"]
    assert found["GET", "/u/{token:path}", "404"] == 1
    assert found["other", "-", "404"] == 1


BEHIND: list[dict[str, str]] = [
    {"X_Forwarded_For": "203.0.113.9"},
    {"X_Real_IP": "203.0.113.9"},
    {"Forwarded": "for=203.0.113.9"},
    {"X_Visitor": "203.0.113.9"},
    {"Authorization": "Bearer wrong", "X_Visitor": "203.0.113.9"},
    {"Authorization": "Bearer", "X_Visitor": "203.0.113.9"},
]


@pytest.mark.parametrize("headers", BEHIND)
def test_for_whoever_comes_through_the_web_server_it_is_not_there(
    headers: dict[str, str], sqlite_db: Database, keys: Keys
) -> None:
    with served(sqlite_db, keys, visitor_header="X-Visitor") as client:
        assert client.ask("GET", "/metrics", **headers).status == 404
        assert client.get("/metrics").status == 200


def test_with_the_token_it_may_be_asked_from_anywhere(sqlite_db: Database, keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    with served(sqlite_db, keys, metrics_token_file=file) as client:
        told: dict[str, Any] = {"X_Forwarded_For": "203.0.113.9"}
        assert client.ask("GET", "/metrics", Authorization="Bearer s3cret", **told).status == 200
        assert client.ask("GET", "/metrics", Authorization="Bearer other", **told).status == 404
        assert client.ask("GET", "/metrics", Authorization="Bearer ", **told).status == 404


def test_a_token_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    config = Config(file=Path("config.toml"), web=WebConfig(metrics_token_file=tmp_path / "none"))
    with pytest.raises(ConfigError, match=r"\[web\] metrics_token_file must be a file that can be read"):
        config.metrics_token()


def test_large_counts_and_odd_labels_are_written_as_they_are(db: Database, keys: Keys) -> None:
    with db.read() as s:
        assert s.scalar(select(Run.id)) is None
        found = gauges(s)
    found.recipients[LABEL, "planned"] = 1_234_567
    requests = Requests()
    requests.count("GET", "/u", 200)
    read_back = read(written(found, requests.all()))
    assert read_back["tipsheet_recipients"] == {(LABEL, "planned"): 1_234_567}
    assert read_back["tipsheet_http_requests"] == {("GET", "/u", "200"): 1}
