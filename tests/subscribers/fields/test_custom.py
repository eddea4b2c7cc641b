from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import BadInput, Refused
from subscribers.fields.custom import Field, add_field, all_fields, profile_values, remember
from subscribers.keys import Keys
from subscribers.models import Profile
from tests.support.people import a_list, a_person


def profile(s: Session, subscriber_id: int) -> Profile:
    s.expire_all()
    return s.get_one(Profile, subscriber_id)


def test_a_new_name_becomes_a_text_field_with_a_slot_until_all_are_taken(db: Database) -> None:
    names = [f"f{n}" for n in range(10)]
    with db.write() as s:
        assert remember(s, ["city"]) == {"city": Field("city", slot="t1")}
    with db.write() as s:
        remember(s, names)
        slots = [field.slot for field in all_fields(s).values()]
    assert slots == ["t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", None, None, None]


def test_a_field_is_added_with_its_type(db: Database) -> None:
    with db.write() as s:
        assert add_field(s, "Shoe size", "number") == Field("shoe_size", "number", slot="n1")
        assert add_field(s, "born", "date").slot == "n2"
        assert add_field(s, "plan", "choice", ["free", " pro ", "free"]).choices == ("free", "pro")
        assert all_fields(s)["plan"] == Field("plan", "choice", ("free", "pro"), "t1")


@pytest.mark.parametrize(
    ("name", "type_", "choices", "words"),
    [
        ("x", "colour", [], "no type of field; use one of text, number, date, boolean, choice"),
        ("x", "choice", [" "], "what can be chosen"),
        ("x", "number", ["1"], "A number has no choices"),
        ("email", "text", [], "cannot be the name"),
    ],
)
def test_a_field_that_cannot_be_is_refused(
    sqlite_db: Database, name: str, type_: str, choices: list[str], words: str
) -> None:
    with sqlite_db.write() as s, pytest.raises(BadInput, match=words):
        add_field(s, name, type_, choices)


def test_a_field_that_is_there_is_not_added_again(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        remember(s, ["city"])
        with pytest.raises(Refused, match="tipsheet field change city"):
            add_field(s, "City", "text")


def test_a_persons_values_stand_in_the_slots_typed(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        add_field(s, "visits", "number")
        add_field(s, "born", "date")
        add_field(s, "member", "boolean")
        ann = a_person(s, keys, custom={"city": "Milpitas", "visits": "3,50", "born": "1970-01-03", "member": "Ja"})
        kept = profile(s, ann.id)
        assert ann.custom == {"city": "Milpitas", "visits": "3.5", "born": "1970-01-03", "member": "yes"}
        assert (kept.t1, kept.n1, kept.n2, kept.n3) == ("Milpitas", 3.5, 2.0, 1.0)
        a_person(s, keys, custom={"city": "Fremont", "visits": ""})
        kept = profile(s, ann.id)
        assert (kept.t1, kept.n1) == ("Fremont", 3.5)


def test_a_value_that_is_not_of_the_fields_type_is_refused(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.write() as s:
        a_list(s)
        add_field(s, "visits", "number")
        with pytest.raises(BadInput, match="visits: 'often' is no number"):
            a_person(s, keys, custom={"visits": "often"})
        assert s.scalar(select(Profile)) is None


def test_a_value_left_over_from_another_type_is_nothing_to_rules() -> None:
    fields = {
        "a": Field("a", "number", slot="n1"),
        "b": Field("b", "date", slot="n2"),
        "c": Field("c", "boolean", slot="n3"),
        "d": Field("d", "date", slot="n4"),
        "e": Field("e", slot="t1"),
    }
    left = {"a": "nan", "b": "20260101", "c": "perhaps", "d": "2026-02-31"}
    assert profile_values(fields, left) == {"n1": None, "n2": None, "n3": None, "n4": None, "t1": None}
