"""Only who left every list is told of, in as many requests as it takes, and again without harm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from base.database import Database
from base.errors import Refused
from delivery.providers.files import Files
from delivery.providers.sendgrid import SendGrid
from delivery.providers.sendgrid.suppressions import stop
from delivery.push import how_many_left, push
from subscribers import consent
from subscribers.addresses import address_key
from subscribers.keys import Keys
from subscribers.lists import add_list
from subscribers.people import add_subscriber
from tests.localgrid.support import Running
from tests.support.people import CONSENT

BY: dict[str, Any] = {"how": "page", "source": "a link", "actor": "recipient"}


def people(db: Database, keys: Keys) -> None:
    """anna left her only list, ben one of two, cleo both, dan none."""
    with db.write() as s:
        lists = [add_list(s, slug, slug).id for slug in ("tips", "news")]
        for name, on in (("anna", ["tips"]), ("ben", ["tips", "news"]), ("cleo", ["tips", "news"]), ("dan", ["news"])):
            for slug in on:
                add_subscriber(s, keys, f"{name}@example.com", list_slug=slug, **CONSENT)
        for name, left in (("anna", lists[:1]), ("ben", lists[:1]), ("cleo", lists)):
            for each in left:
                consent.opt_out(s, address_key=address_key(keys, f"{name}@example.com"), list_id=each, **BY)


def test_only_who_left_all_lists_gets_no_mail_of_the_account_any_more(
    db: Database, keys: Keys, grid: Running, provider: SendGrid
) -> None:
    people(db, keys)
    with db.read() as s:
        assert how_many_left(s) == 2
    assert (push(db, provider), push(db, provider)) == (2, 2)
    held = [grid.ask("GET", f"/v3/asm/suppressions/global/{name}@example.com").json() for name in ("anna", "cleo")]
    assert [row["recipient_email"] for row in held] == ["anna@example.com", "cleo@example.com"]
    for name in ("ben", "dan"):
        assert grid.ask("GET", f"/v3/asm/suppressions/global/{name}@example.com").json() == {}


def test_many_are_told_in_several_requests(
    sqlite_db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    people(sqlite_db, keys)
    told: list[Sequence[str]] = []
    provider = Files(tmp_path)
    monkeypatch.setattr("delivery.push._AT_ONCE", 1)
    monkeypatch.setattr(provider, "stop", told.append)
    assert push(sqlite_db, provider) == 2
    assert told == [["anna@example.com"], ["cleo@example.com"]]


@pytest.mark.parametrize(("status", "sentence"), [(403, "scope suppression.create"), (500, "answered 500")])
def test_an_answer_that_is_no_yes_is_one_sentence(status: int, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        stop(lambda *_: (status, b"{}"), ["a@example.com"])


def test_files_keep_no_list_to_add_to(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="keeps no list"):
        Files(tmp_path).stop(["a@example.com"])
