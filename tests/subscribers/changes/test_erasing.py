from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import Refused
from subscribers import audit
from subscribers.addresses import address_key
from subscribers.changes.editing import change_address, edit
from subscribers.changes.erasing import erase
from subscribers.changes.merging import merge
from subscribers.keys import Keys
from subscribers.models import Consent, Subscriber
from subscribers.people import find
from subscribers.suppression import mailable, stops, suppress, why_not
from tests.support.people import a_list, a_person

WISH: dict[str, Any] = {"actor": "robin", "because": "their letter of 3 May"}
TRACES = ("ann", "Milpitas", "Lee", "1999", "runner", "Berlin")


def test_nothing_tells_of_an_erased_person_any_more(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys, "Ann.Lee@example.com", last_name="Lee", zone="Europe/Berlin", tags=["runner"])
        edit(s, ann, {}, {"city": "Milpitas", "born": "1999"}, actor="robin")
        suppress(s, ann.address_key, "hard bounce", source="550 <ann.lee@example.com> unknown")
        erase(s, keys, ann, **WISH)
    with db.read() as s:
        dump = _everything(s)
        assert [trace for trace in TRACES if trace.lower() in dump] == []


def test_an_earlier_address_and_a_merged_row_are_erased_with_the_person(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann, twin = a_person(s, keys), a_person(s, keys, "anna@example.com")
        merge(s, ann, twin, because="one person", actor="robin")
        change_address(s, keys, ann, "annlee@example.com", because="a call", actor="robin")
        erase(s, keys, ann, **WISH)
        assert "ann" not in _everything(s)
        for email in ("ann@example.com", "anna@example.com", "annlee@example.com"):
            assert [x.reason for x in stops(s, address_key(keys, email), tips.id)] == ["erasure"]


def test_the_consents_stay_without_what_is_personal(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        digest = s.scalars(select(Consent.digest)).one()
        erase(s, keys, ann, **WISH)
        given, ended = s.scalars(select(Consent).order_by(Consent.id)).all()
        assert (given.state, given.personal, given.salt, given.digest) == ("confirmed", "", None, digest)
        assert ended.state == "withdrawn"
        assert dict(s.execute(why_not(tips.id)).all()) == {ann.id: "erased"}


def test_the_receipt_says_what_was_done_and_not_whose_it_was(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys)
        receipt = erase(s, keys, ann, **WISH)
        assert "ann" not in str(asdict(receipt)).replace("cannot", "")
        assert "backup" in receipt.not_reached[0]
        (row,) = audit.read(s, subscriber_id=ann.id, most=9)
        assert row.after == {"receipt": receipt.id, "because": "their letter of 3 May"}
        with pytest.raises(Refused, match="erased or merged before"):
            erase(s, keys, ann, **WISH)


def test_nobody_brings_back_who_was_erased(db: Database, keys: Keys) -> None:
    """Ghost 27408: a suppressed person is deleted, signs up again, is mailed and refused for ever.

    https://github.com/TryGhost/Ghost/issues/27408
    """
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        suppress(s, ann.address_key, "hard bounce", source="test")
        erase(s, keys, ann, **WISH)
        with pytest.raises(Refused, match="suppression"):
            a_person(s, keys)
    with db.read() as s:
        assert s.scalars(mailable(tips.id)).all() == []
        assert {x.reason for x in stops(s, address_key(keys, "ann@example.com"))} == {"hard bounce", "erasure"}


def test_the_other_ways_to_write_a_gmail_address_are_stopped_too(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        erase(s, keys, a_person(s, keys, "ann.lee@gmail.com"), **WISH)
        for email in ("annlee@gmail.com", "Ann.Lee+tips@googlemail.com"):
            with pytest.raises(Refused, match="erasure"), s.begin_nested():
                a_person(s, keys, email)


def test_who_comes_back_is_somebody_new(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys)
        erase(s, keys, ann, **WISH)
        assert find(s, keys, "ann@example.com") is None
        assert s.scalars(select(Subscriber.email)).all() == [""]


def _everything(s: Session) -> str:
    """All that stands in any table, as text."""
    tables = inspect(s.connection()).get_table_names()
    rows = [str(row) for name in tables for row in s.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608  our tables
    return " ".join(rows).lower()
