from __future__ import annotations

import pytest
from sqlalchemy import select, update

from base.database import Database
from base.errors import NotFound, Refused
from subscribers.fields import retyping
from subscribers.fields.custom import Field, add_field, all_fields, remember
from subscribers.fields.retyping import change_type, fill_some, look, promote_all
from subscribers.keys import Keys
from subscribers.models import CustomField, Profile, Subscriber
from tests.support.people import a_list, a_person

VISITS = ("3,5", "10", "often", "never", "never")


@pytest.fixture
def five(db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Five people with texts about their visits; changes go two people at a time."""
    monkeypatch.setattr(retyping.fill_some, "__kwdefaults__", {"lossy": False, "size": 2})
    with db.write() as s:
        a_list(s)
        for number, visits in enumerate(VISITS):
            a_person(s, keys, f"p{number}@example.com", custom={"visits": visits, "city": "Fremont"})
    return db


def kept(db: Database) -> list[tuple[str | None, str | None, float | None, str | None]]:
    with db.read() as s:
        query = select(Subscriber.custom, Profile.t2, Profile.n1, Profile.t1)
        rows = s.execute(query.join(Profile, Profile.subscriber_id == Subscriber.id).order_by(Subscriber.id))
        return [(custom.get("visits"), t2, n1, t1) for custom, t2, n1, t1 in rows]


def test_a_dry_run_counts_what_fits_and_shows_what_does_not(five: Database) -> None:
    with five.read() as s:
        found = look(s, "visits", "number")
        assert (found.fit, found.lost, found.examples) == (2, 3, ("never", "often"))
        assert (found.before.type, found.field.type) == ("text", "number")
        assert look(s, "visits", "choice", ["never", "often", "Never"]).lost == 2
        with pytest.raises(Refused, match="a text already"):
            look(s, "visits", "text")
        with pytest.raises(NotFound, match="tipsheet field list"):
            look(s, "visit", "number")


def test_values_are_not_lost_unasked(five: Database) -> None:
    before = kept(five)
    with pytest.raises(Refused, match=r"3 people have a value that is no number, such as 'never', 'often'; .*--lossy"):
        change_type(five, "visits", "number")
    assert kept(five) == before


def test_a_type_is_changed_with_everybodys_value(five: Database) -> None:
    change_type(five, "visits", "number", lossy=True)
    assert kept(five) == [
        ("3.5", None, 3.5, "Fremont"),
        ("10", None, 10.0, "Fremont"),
        *[(None, None, None, "Fremont")] * 3,
    ]
    with five.read() as s:
        assert all_fields(s)["visits"] == Field("visits", "number", slot="n1")


def test_there_and_back_ends_in_a_text_slot(five: Database) -> None:
    change_type(five, "visits", "choice", ["often", "never"], lossy=True)
    change_type(five, "visits", "text")
    assert kept(five) == [(None, None, None, "Fremont")] * 2 + [(value, value, None, "Fremont") for value in VISITS[2:]]


def test_a_change_that_was_cut_off_is_ended_by_running_it_again(five: Database, keys: Keys) -> None:
    with five.write() as s:
        retyping._begin(s, look(s, "visits", "number").field)
        assert all_fields(s)["visits"] == Field("visits", "number", filling="n1", emptying="t2", changing=True)
    with five.write() as s:
        fill_some(s, 0)
    with five.write() as s:  # what comes meanwhile is a number at once
        a_person(s, keys, "late@example.com", custom={"visits": "7"})
        remember(s, ["sport"])
        assert all_fields(s)["sport"].slot == "t3"  # t2 is still being emptied
    change_type(five, "visits", "text")
    assert [row[:3] for row in kept(five)] == [
        ("3.5", "3.5", None),
        *[(value, value, None) for value in VISITS[1:]],
        ("7", "7", None),
    ]
    with five.read() as s:
        assert all_fields(s)["visits"].slot == "t2"


def test_fields_without_a_slot_get_one_with_everybodys_value(five: Database) -> None:
    with five.write() as s:
        s.add(CustomField(name="old"))  # as a step of the schema leaves it
        for person in s.scalars(select(Subscriber)):
            person.custom = {**person.custom, "old": f"o{person.id}"}
        s.execute(update(Profile).values(t1=None))
    with five.write() as s:
        promote_all(s)
        assert all_fields(s)["old"].slot == "t3"
        assert all(t3 == f"o{number}" for number, t3 in s.execute(select(Profile.subscriber_id, Profile.t3)))


def test_with_all_slots_taken_a_field_changes_without_one(five: Database) -> None:
    with five.write() as s:
        for number in range(8):
            add_field(s, f"n{number}", "number")
    change_type(five, "visits", "number", lossy=True)
    with five.read() as s:
        assert all_fields(s)["visits"] == Field("visits", "number")
    assert [row[:2] for row in kept(five)][:2] == [("3.5", None), ("10", None)]
