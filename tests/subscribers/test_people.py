from __future__ import annotations

import pytest
from sqlalchemy import func, select

from base.database import Database
from base.errors import BadInput, NotFound, Refused
from subscribers.addresses import address_key
from subscribers.card import show
from subscribers.consent import opt_out
from subscribers.fields import known_fields
from subscribers.keys import Keys
from subscribers.models import Consent, Subscriber
from subscribers.people import find, get_subscriber, tags_of
from subscribers.suppression import suppress
from tests.support.people import CONSENT, EVIDENCE, a_list, a_person


def test_a_person_is_kept_with_everything_that_was_given(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        a_person(
            s,
            keys,
            "Ann@Example.COM",
            first_name="Ann\r\n",
            last_name="Lee",
            zone="Europe/Berlin",
            locale="de_DE",
            tags=["runner", "runner", " ", "newcomer"],
            custom={"Favourite sport": "Tennis", "city": ""},
        )
    with db.read() as s:
        card = show(s, get_subscriber(s, keys, "ann@example.com"))
        assert (card.email, card.first_name, card.last_name) == ("Ann@example.com", "Ann", "Lee")
        assert (card.zone, card.locale, card.tags) == ("Europe/Berlin", "de-DE", ("newcomer", "runner"))
        assert card.custom == {"favourite_sport": "Tennis"}
        assert [(each.list, each.state) for each in card.lists] == [("tips", "confirmed")]
        assert card.consents[0].wording == CONSENT["wording"]
        assert card.suppressions == ()
        assert "favourite_sport" in known_fields(s)


# Adding a known address replaced the person and lost the history; here it is the same person with what was added.
def test_adding_a_known_person_loses_nothing(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        a_list(s, "news")
        first = a_person(s, keys, first_name="Ann", tags=["old"], custom={"city": "Milpitas"})
        again = a_person(
            s, keys, "ANN@example.com", list_slug="news", last_name="Lee", tags=["new"], custom={"plan": "pro"}
        )
        assert again is first
        card = show(s, again)
        assert (card.email, card.first_name, card.last_name, card.tags) == (
            "ann@example.com",
            "Ann",
            "Lee",
            ("new", "old"),
        )
        assert card.custom == {"city": "Milpitas", "plan": "pro"}
        assert [each.list for each in card.lists] == ["news", "tips"]
        a_person(s, keys)
        assert s.scalar(select(func.count()).select_from(Consent)) == 2


def test_who_is_stopped_is_not_added_and_the_card_says_why(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        suppress(s, ann.address_key, "complaint", source="event 1")
        opt_out(s, address_key=ann.address_key, list_id=tips.id, **EVIDENCE)
        a_list(s, "news")
    with pytest.raises(Refused, match="complaint"), db.write() as s:
        a_person(s, keys, list_slug="news", first_name="Changed")
    with db.read() as s:
        card = show(s, get_subscriber(s, keys, "ann@example.com"))
        assert card.first_name == ""
        assert [(each.reason, each.list) for each in card.suppressions] == [("complaint", None), ("opt-out", "tips")]
        assert [each.state for each in card.consents] == ["confirmed", "withdrawn"]


def test_who_opted_out_before_being_known_is_not_added(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        opt_out(s, address_key=address_key(keys, "ann@example.com"), list_id=None, **EVIDENCE)
    with pytest.raises(Refused, match="opted out"), db.write() as s:
        a_person(s, keys)
    with db.read() as s:
        assert s.scalars(select(Subscriber.id)).all() == []


@pytest.mark.parametrize(
    "given",
    [{"email": "nobody"}, {"zone": "Nowhere"}, {"locale": "!"}, {"custom": {"email": "x"}}, {"custom": {"": "x"}}],
)
def test_what_cannot_be_kept_is_refused(sqlite_db: Database, keys: Keys, given: dict[str, object]) -> None:
    with sqlite_db.write() as s:
        a_list(s)
    with sqlite_db.write() as s, pytest.raises(BadInput):
        a_person(s, keys, **given)  # type: ignore[arg-type]


def test_nobody_is_found_under_an_unknown_address(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.read() as s:
        assert find(s, keys, "ann@example.com") is None
        with pytest.raises(NotFound, match=r"ann@example\.com"):
            get_subscriber(s, keys, "ann@example.com")


def test_the_tags_of_many_are_read_at_once(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        ann = a_person(s, keys, tags=["b", "a"])
        bob = a_person(s, keys, "bob@example.com", tags=["c"])
        cat = a_person(s, keys, "cat@example.com")
        assert tags_of(s, [ann.id, cat.id, 999]) == {ann.id: ["a", "b"]}
        assert tags_of(s, [bob.id]) == {bob.id: ["c"]}
