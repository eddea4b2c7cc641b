"""The event web hook: only what is signed gets in, and it is on disk before the answer leaves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from base.database import Database
from delivery.models import Spooled
from delivery.providers.sendgrid.webhook import SIGNATURE
from subscribers.keys import Keys
from tests.web.conftest import Client, served

Signed = Callable[[bytes], dict[str, str]]
EVENTS = b'[{"event":"delivered","email":"ann@example.com","timestamp":1}]\r\n'


def spooled(db: Database) -> list[tuple[bytes, bool]]:
    with db.read() as s:
        return [(row.body, row.urgent) for row in s.scalars(select(Spooled).order_by(Spooled.id))]


def test_a_signed_body_is_kept_byte_for_byte(db: Database, site: Client, signed: Signed) -> None:
    assert site.ask("POST", "/events/sendgrid", EVENTS, **signed(EVENTS)).status == 200
    assert spooled(db) == [(EVENTS, False)]


def test_opt_outs_and_complaints_are_urgent(sqlite_db: Database, sqlite_site: Client, signed: Signed) -> None:
    for word in ("unsubscribe", "group_unsubscribe", "spamreport"):
        body = EVENTS.replace(b"delivered", word.encode())
        assert sqlite_site.ask("POST", "/events/sendgrid", body, **signed(body)).status == 200
    assert [urgent for _, urgent in spooled(sqlite_db)] == [True, True, True]


@pytest.mark.parametrize("signature", [None, "", "AAAA", "not base64!", "é"])
def test_what_is_not_signed_by_the_key_is_refused(
    sqlite_db: Database, sqlite_site: Client, signed: Signed, signature: str | None
) -> None:
    headers = {k: v for k, v in signed(EVENTS).items() if signature is not None or k != SIGNATURE}
    if signature is not None:
        headers[SIGNATURE] = signature
    assert sqlite_site.ask("POST", "/events/sendgrid", EVENTS, **headers).status == 400
    assert sqlite_site.ask("POST", "/events/sendgrid", EVENTS.strip(), **signed(EVENTS)).status == 400
    assert spooled(sqlite_db) == []


def test_without_a_key_nothing_is_believed(sqlite_db: Database, keys: Keys, signed: Signed) -> None:
    with served(sqlite_db, keys, None) as client:
        answer = client.ask("POST", "/events/sendgrid", EVENTS, **signed(EVENTS))
    assert answer.status == 403
    assert "webhook_key" in answer.text
    assert spooled(sqlite_db) == []


def test_a_body_has_its_limit(sqlite_db: Database, sqlite_site: Client, signed: Signed) -> None:
    body = b" " * (5 * 1024 * 1024 + 1)
    assert sqlite_site.ask("POST", "/events/sendgrid", body, **signed(body)).status == 413
    fits = body[1:]
    assert sqlite_site.ask("POST", "/events/sendgrid", fits, **signed(fits)).status == 200
    assert [len(kept) for kept, _ in spooled(sqlite_db)] == [len(fits)]
