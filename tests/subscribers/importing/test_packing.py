from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import select, text

from base.database import Database
from base.errors import Broken
from subscribers.fields.custom import add_field
from subscribers.importing.packing import attach, detaching, pack
from subscribers.models import Profile, Subscriber
from tests.subscribers.importing.conftest import BringIn


def test_people_are_packed_in_their_order_with_empty_columns_for_what_nobody_has() -> None:
    packed = pack({"email": ["a@example.com", "b@example.com"], "address_key": [b"a", b"b"]}, {"visits": [1.0, None]})
    memory = sqlite3.connect(":memory:")
    memory.deserialize(packed.data)
    assert packed.fields == {"visits": "v0"}
    found = memory.execute("SELECT place, email, zone, known, v0 FROM people").fetchall()
    memory.close()
    assert found == [(1, "a@example.com", None, None, 1.0), (2, "b@example.com", None, None, None)]


def attached(db: Database) -> list[str]:
    with db.read() as s:
        return [name for _, name, _ in s.execute(text("PRAGMA database_list")) if name != "temp"]


def test_nothing_stays_attached_whether_it_was_stored_or_taken_back(db: Database) -> None:
    packed = pack({"email": ["a@example.com"]}, {})
    with detaching(db):
        for failing in (False, True, False):
            if not db.is_sqlite:
                return
            with pytest.raises(Broken) if failing else db.read(), db.write() as s:
                attach(s, "staged", packed)
                attach(s, "chosen", packed)
                assert s.scalar(text("SELECT count(*) FROM staged.people JOIN chosen.people USING (place)")) == 1
                if failing:
                    raise Broken("no")
            assert attached(db) == ["main"]


def test_a_field_beyond_those_that_are_packed_is_stored_too(db: Database, bring_in: BringIn) -> None:
    with db.write() as s:
        slot = add_field(s, "zz", "number").slot
    names = [f"a{number:03}" for number in range(120)]
    bring_in(f"email,{','.join(names)},zz\nann@example.com,{','.join(names)},7\n")
    with db.read() as s:
        profile = s.scalars(select(Profile).join(Subscriber).where(Subscriber.email == "ann@example.com")).one()
        assert slot is not None
        assert getattr(profile, slot) == 7
        assert profile.t1 == "a000"


def test_new_and_known_people_in_one_chunk_each_get_what_is_theirs(db: Database, bring_in: BringIn) -> None:
    bring_in("email,visits,tags\nbea@example.com,2,old\nden@example.com,4,old\n")
    with db.write() as s:
        bea = "SELECT id FROM subscribers WHERE email = 'bea@example.com'"
        s.execute(text(f"DELETE FROM subscriptions WHERE subscriber_id = ({bea})"))  # noqa: S608  ours
    rows = "ann@example.com,1,a\nbea@example.com,2,b\ncem@example.com,3,c\nden@example.com,4,d\neva@example.com,5,\n"
    report = bring_in(f"email,visits,tags\n{rows}", name="more.csv")
    assert (report.new, report.updated) == (3, 2)
    found = """
        SELECT substr(email, 1, 3), t1, (SELECT count(*) FROM subscriptions WHERE subscriber_id = s.id),
            (SELECT count(*) FROM consents WHERE subscriber_id = s.id),
            (SELECT count(*) FROM subscriber_tags WHERE subscriber_id = s.id)
        FROM subscribers s JOIN profiles ON profiles.subscriber_id = s.id ORDER BY email
    """
    with db.read() as s:
        assert [tuple(row) for row in s.execute(text(found))] == [
            ("ann", "1", 1, 1, 1),
            ("bea", "2", 1, 2, 2),
            ("cem", "3", 1, 1, 1),
            ("den", "4", 1, 1, 2),
            ("eva", "5", 1, 1, 0),
        ]
