"""The provider's lists of stopped addresses, from a local SendGrid into our suppressions."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from base.database import Database
from base.errors import Refused
from base.time import now
from delivery.installation import installation, last_pull
from delivery.providers.files import Files
from delivery.providers.sendgrid import SendGrid
from delivery.providers.sendgrid.suppressions import stops
from delivery.pull import EVERY, EVERYTHING_EVERY, pull, pull_when_due
from subscribers import consent
from subscribers.addresses import address_key
from subscribers.keys import Keys
from subscribers.suppression import stops as held_stops
from tests.delivery.conftest import sendgrid
from tests.localgrid.support import Running, running
from tests.support.people import a_list, a_person


def unsubscribe(grid: Running, *emails: str) -> None:
    answer = grid.ask("POST", "/v3/asm/suppressions/global", {"recipient_emails": list(emails)})
    assert answer.status == 201


def reasons(db: Database, keys: Keys, email: str) -> set[str]:
    with db.read() as s:
        return {stop.reason for stop in held_stops(s, address_key(keys, email))}


def test_who_is_on_the_providers_lists_is_stopped_here(
    db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    with db.write() as s:
        a_list(s)
        a_person(s, keys, "leaver@example.com")
    grid.send("anna+bounce@example.com", "ben+spam@example.com")
    unsubscribe(grid, "leaver@example.com")
    done = pull(db, keys, provider)
    assert done.read >= 3
    assert reasons(db, keys, "anna+bounce@example.com") == {"hard bounce"}
    assert reasons(db, keys, "ben+spam@example.com") == {"complaint"}
    assert reasons(db, keys, "leaver@example.com") == {"opt-out"}
    assert pull(db, keys, provider).new == 0


def test_who_came_back_since_is_not_stopped_again(
    sqlite_db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    with sqlite_db.write() as s:
        lst = a_list(s)
        a_person(s, keys, "back@example.com")
    unsubscribe(grid, "back@example.com")
    pull(sqlite_db, keys, provider)
    how = {"how": "page", "source": "a link", "actor": "recipient"}
    with sqlite_db.write() as s:
        later = now() + timedelta(seconds=5)
        key = address_key(keys, "back@example.com")
        consent.undo(s, address_key=key, list_id=lst.id, wording="Yes", at=later, **how)
    pull(sqlite_db, keys, provider, everything=True)
    assert reasons(sqlite_db, keys, "back@example.com") == set()


def test_pages_are_read_to_their_end(grid: Running, provider: SendGrid) -> None:
    everybody = [f"p{n}@example.com" for n in range(1_203)]
    unsubscribe(grid, *everybody)
    found = [stop.email for stop in stops(provider.ask, None, now()) if stop.reason == "opt-out"]
    assert set(everybody) <= set(found)
    assert len(found) == len(set(found))


def test_only_what_came_since_the_last_whole_pull_is_asked_for(
    sqlite_db: Database, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.pull.OVERLAP", timedelta())
    with running(tmp_path / "grid") as grid:
        provider = sendgrid(grid.url)
        unsubscribe(grid, "old@example.com")
        with sqlite_db.write() as s:
            installation(s).pulled_at = now() + timedelta(seconds=1.5)
        time.sleep(1.6)
        assert pull(sqlite_db, keys, provider).read == 0
        assert pull(sqlite_db, keys, provider, everything=True).read == 1
        provider.close()


@pytest.mark.parametrize(
    ("status", "sentence"), [(403, "scope suppression.read"), (500, "answered 500"), (200, "answered 200")]
)
def test_an_answer_that_is_no_list_is_one_sentence(status: int, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        list(stops(lambda *_: (status, b"{}"), None, now()))


def test_a_pull_that_is_not_whole_does_not_count(sqlite_db: Database, keys: Keys) -> None:
    with pytest.raises(Refused, match="cannot be asked for"):
        pull(sqlite_db, keys, sendgrid("http://127.0.0.1:9"))
    with sqlite_db.read() as s:
        assert installation(s).pulled_at is None


def test_rows_that_make_no_sense_are_one_sentence() -> None:
    for row in ("text", {"email": "a@example.com"}, {"email": "a@example.com", "created": "never"}):
        with pytest.raises(Refused, match="has a row that cannot be read"):
            list(stops(lambda *_, row=row: (200, f"[{row!r}]".replace("'", '"').encode()), None, now()))


def test_files_keep_no_list(tmp_path: Path) -> None:
    assert list(Files(tmp_path).stops(None, datetime(2026, 1, 1, tzinfo=UTC))) == []


def test_the_service_asks_once_an_hour_whoever_of_several_comes_first_and_once_a_week_for_everything(
    db: Database, keys: Keys, tmp_path: Path
) -> None:
    with running(tmp_path / "grid") as grid:
        provider = sendgrid(grid.url)
        unsubscribe(grid, "hourly@example.com")
        _pulled_by_the_clock(db, keys, provider)
        provider.close()


def _pulled_by_the_clock(db: Database, keys: Keys, provider: SendGrid) -> None:
    assert pull_when_due(db, keys, provider) is not None
    assert pull_when_due(db, keys, provider) is None
    assert reasons(db, keys, "hourly@example.com") == {"opt-out"}
    with db.read() as s:
        swept, last = installation(s).swept_at, last_pull(s)
    assert (last.trouble, last.at) == ("", swept)
    assert "new here" in last.said
    _let_pass(db, EVERY)
    assert pull_when_due(db, keys, provider) is not None
    with db.read() as s:
        assert installation(s).swept_at == swept
    _let_pass(db, EVERYTHING_EVERY)
    with db.write() as s:
        installation(s).swept_at = now() - EVERYTHING_EVERY
    done = pull_when_due(db, keys, provider)
    assert done is not None
    assert done.read >= 1
    with db.read() as s:
        assert installation(s).swept_at == installation(s).pulled_at


def test_a_pull_that_failed_says_why_and_is_tried_again_within_minutes(sqlite_db: Database, keys: Keys) -> None:
    unreachable = sendgrid("http://127.0.0.1:9")
    with pytest.raises(Refused):
        pull_when_due(sqlite_db, keys, unreachable)
    with sqlite_db.read() as s:
        assert "cannot be asked for" in last_pull(s).trouble
    assert pull_when_due(sqlite_db, keys, unreachable) is None
    _let_pass(sqlite_db, timedelta(minutes=5))
    with pytest.raises(Refused):
        pull_when_due(sqlite_db, keys, unreachable)
    unreachable.close()


def _let_pass(db: Database, time: timedelta) -> None:
    with db.write() as s:
        mine = installation(s)
        assert mine.pull_tried_at is not None
        mine.pull_tried_at -= time
