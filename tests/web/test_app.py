"""The door itself: headers, health, the log, and what strangers get."""

from __future__ import annotations

import json
import logging
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from base.database import Database
from delivery import heartbeat
from delivery.slots import Message, Place, Slot
from subscribers import links
from subscribers.keys import Keys
from subscribers.people import get_subscriber
from tests.support.people import a_list, a_person
from tests.support.runs import a_run, time_passes
from tests.web.conftest import Client, served
from tests.web.test_opt_out import ONE_CLICK, a_token, states


@pytest.mark.parametrize("path", ["/u/x", "/p/x", "/m/x", "/health", "/nothing", "/", "/events/sendgrid"])
def test_no_answer_leaks_its_address_or_may_be_framed_kept_or_scripted(sqlite_site: Client, path: str) -> None:
    headers = sqlite_site.get(path).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "noindex" in headers["X-Robots-Tag"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers
    assert "Server" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/health/", 404), ("DELETE", "/u/x", 405), ("GET", "/events/sendgrid", 405)],
)
def test_what_is_not_there_is_a_page_and_never_a_redirect(
    sqlite_site: Client, method: str, path: str, status: int
) -> None:
    answer = sqlite_site.ask(method, path)
    assert answer.status == status
    assert "<h1>" in answer.text


def test_neither_token_nor_address_reaches_the_log(
    sqlite_db: Database, keys: Keys, sqlite_site: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = a_token(sqlite_db, keys)
    sqlite_site.get(f"/u/{token}")
    sqlite_site.post(f"/u/{token}", ONE_CLICK)
    sqlite_site.post("/u", "email=ann%40example.com")
    ours = [record for record in caplog.records if record.name.startswith(("web", "uvicorn", "asyncio"))]
    said = " ".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert "POST /u/{token:path}" in said
    assert token not in said
    assert "ann" not in said


def test_an_unforeseen_failure_is_a_sentence_and_a_line_without_its_words(
    sqlite_db: Database, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    token = a_token(sqlite_db, keys)
    with sqlite_db.write() as s:
        s.execute(text("DROP TABLE outcomes"))
        s.execute(text("CREATE TRIGGER no BEFORE INSERT ON consents BEGIN SELECT RAISE(ABORT, 'ann@example.com'); END"))
    with served(sqlite_db, keys) as client:
        answer = client.post(f"/u/{token}", ONE_CLICK)
    assert answer.status == 500
    assert "nothing was changed" in answer.text
    assert states(sqlite_db, keys)["tips"] == "confirmed"
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "unforeseen IntegrityError at" in said
    assert "ann@example.com" not in said


def test_a_broken_database_is_our_trouble_and_not_explained(sqlite_db: Database, keys: Keys) -> None:
    token = a_token(sqlite_db, keys)
    with sqlite_db.write() as s:
        s.execute(text("ALTER TABLE lists RENAME TO moved"))
    with served(sqlite_db, keys) as client:
        answer = client.get(f"/u/{token}")
        assert answer.status == 503
        assert "Retry-After" in answer.headers
        assert "lists" not in answer.text


def test_health_tells_of_heartbeat_and_spool(db: Database, site: Client) -> None:
    asleep = json.loads(site.get("/health").text)
    assert asleep == {
        "ok": True,
        "database": "can be read",
        "schema": "current",
        "last_heartbeat": None,
        "at_work": False,
        "spool_waiting": 0,
        "set_aside": 0,
    }
    with db.write() as s:
        heartbeat.beat(s, "here:1")
    awake = json.loads(site.get("/health").text)
    assert awake["at_work"]
    assert awake["last_heartbeat"]
    time_passes(db, timedelta(minutes=1))
    assert not json.loads(site.get("/health").text)["at_work"]


def test_health_is_503_when_the_database_cannot_be_read(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.write() as s:
        s.execute(text("DROP TABLE heartbeats"))
    with served(sqlite_db, keys) as client:
        answer = client.get("/health")
    assert answer.status == 503
    assert json.loads(answer.text) == {"ok": False, "database": "cannot be read"}


def test_an_opt_out_waits_while_another_holds_the_write_lock_and_pages_do_not(
    db: Database, keys: Keys, site: Client
) -> None:
    token = a_token(db, keys)
    answers: list[int] = []
    other = Database(db.url)
    click = threading.Thread(target=lambda: answers.append(site.post(f"/u/{token}", ONE_CLICK).status))
    try:
        with other.write() as s:
            s.execute(text("UPDATE subscribers SET first_name = 'Held'"))  # as an import would
            click.start()
            assert site.get(f"/u/{token}").status == 200
            assert site.get("/health").status == 200
            click.join(5)
            assert answers == []
        click.join(30)
    finally:
        other.close()
    assert answers == [200]
    assert states(db, keys)["tips"] == "withdrawn"


NAMED = Message(
    "Tips for ts1x",
    '<html><head></head><body><p>Dear ts1x, <a href="ts2x">stop</a></p></body></html>',
    "Dear ts1x: ts2x",
    (
        Slot("ts1x", "subscriber.first_name | default('reader', true)", Place.TEXT),
        Slot("ts2x", "links.unsubscribe", Place.URL),
    ),
)


def test_a_mail_in_the_browser_names_nobody_and_can_do_nothing(db: Database, keys: Keys, site: Client) -> None:
    a_run(db, keys, 1, message=NAMED)
    answer = site.get("/m/run-1")
    assert answer.status == 200
    assert "Dear reader" in answer.text
    assert "Tips for reader" in answer.text
    assert "/u/" not in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert site.get("/m/run-2").status == 404


def test_an_address_that_moved_on_is_stopped_for_whoever_holds_it(db: Database, keys: Keys, site: Client) -> None:
    with db.write() as s:
        lst = a_list(s)
        a_person(s, keys)
        token = links.sign(keys, get_subscriber(s, keys, "ann@example.com").address_key, lst.id)
    assert site.post(f"/u/{token}", ONE_CLICK).status == 200
    with db.read() as s:
        assert get_subscriber(s, keys, "ann@example.com").email == "ann@example.com"
    assert states(db, keys) == {"tips": "withdrawn"}
