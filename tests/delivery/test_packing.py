"""Who travels with others and who alone: what a person brings along decides."""

from __future__ import annotations

import pytest

from base.database import Database
from delivery.packing import pack
from delivery.slots import Filler, Message, Place, Slot
from subscribers.keys import Keys
from subscribers.people import find
from tests.support.runs import a_run, taken

NAME = Slot("tkaaaa1111name", "subscriber.first_name", Place.TEXT)
CITY = Slot("tkaaaa1111city", "subscriber.city|default('your town')", Place.PLAIN)
OUT = Slot("tkaaaa1111out", "links.unsubscribe", Place.URL)
MESSAGE = Message("Tips", f"<p>{NAME.token} {OUT.token}</p>", f"{CITY.token} {OUT.token}", (NAME, CITY, OUT))


@pytest.mark.parametrize(
    ("first_name", "city", "alone"),
    [
        ("Ann", "Ely", []),
        (f"Ann {OUT.token}", "Ely", [2]),
        ("Ann", NAME.token, [2]),
        ("Ann", "", []),
        ("A" * 500, "E" * 500, []),
    ],
)
def test_whose_value_holds_a_token_goes_alone(
    first_name: str, city: str, alone: list[int], sqlite_db: Database, keys: Keys
) -> None:
    """A provider replaces tokens in an order that nobody knows, so that a value could become another one's link."""
    a_run(sqlite_db, keys, 3, batch_size=3, message=MESSAGE)
    with sqlite_db.write() as s:
        person = find(s, keys, "p2@example.com")
        assert person is not None
        person.first_name, person.custom = first_name, {"city": city} if city else {}
    claimed = taken(sqlite_db)
    parcel, apart = pack(keys, claimed, Filler(MESSAGE))
    assert apart == alone
    people = list(parcel.people)
    assert [each.subscriber_id for each in people] == [1, 2, 3]
    assert [each.email for each in people] == ["p1@example.com", "p2@example.com", "p3@example.com"]
    assert people[1].values[NAME.token] == first_name
    assert [each.values[CITY.token] for each in people] == ["your town", city or "your town", "your town"]
    assert [each.values[OUT.token] for each in people] == [each.unsubscribe for each in people]
    assert len({each.unsubscribe for each in people}) == 3
