from __future__ import annotations

import pytest

from base.database import Database
from base.errors import Refused
from subscribers.addresses import parse_address
from subscribers.fields.custom import Field, add_field
from subscribers.importing.incoming import Person
from subscribers.importing.intake import Basis, take_in
from subscribers.importing.prepared import prepare
from subscribers.proof.evidence import sealed
from tests.support.people import a_list


def person(key: bytes, visits: str = "", *tags: str) -> Person:
    address = parse_address("ann@example.com")
    custom = {"visits": visits} if visits else {}
    return Person(key, None, address.ascii, ("", "", "", ""), custom, "{}", tags, None, None, sealed({"address": "x"}))


VISITS = {"visits": Field("visits", "number")}


def test_people_become_columns_in_the_order_of_their_keys() -> None:
    found = prepare([person(b"b", "2.5", "x", "y"), person(b"c"), person(b"a", "1", "x")], VISITS, packing=True)
    assert [each.key for each in found.people] == [b"a", b"b", b"c"]
    assert found.columns["address_key"] == (b"a", b"b", b"c")
    assert found.typed == {"visits": [1.0, 2.5, None]}
    assert [each.tags for each in found.people] == [("x",), ("x", "y"), ()]
    assert found.columns["tags"] == ['["x"]', '["x","y"]', None]
    assert "zone" not in found.columns, "nobody has one"


def test_some_of_them_keep_what_is_theirs() -> None:
    found = prepare([person(b"a", "1", "x"), person(b"b", "2", "x", "y"), person(b"c", "3", "z")], VISITS, packing=True)
    some = found.some([1, 2])
    assert [each.key for each in some.people] == [b"b", b"c"]
    assert some.columns["address_key"] == [b"b", b"c"]
    assert some.columns["tags"] == ['["x","y"]', '["z"]']
    assert some.typed == {"visits": [2.0, 3.0]}
    assert [each.tags for each in some.people] == [("x", "y"), ("z",)]


def test_a_field_that_was_changed_meanwhile_is_not_filled_with_what_was_read_before(db: Database) -> None:
    with db.write() as s:
        list_id = a_list(s).id
        add_field(s, "visits", "boolean")
    with (
        pytest.raises(Refused, match="The field visits was changed while this import ran; start it again"),
        db.write() as s,
    ):
        take_in(s, Basis(list_id, "import", "yes", "file", "test"), prepare([person(b"a", "1")], VISITS, packing=True))
