from __future__ import annotations

import pytest
from sqlalchemy import select

from base.database import Database, database_now
from base.errors import BadInput, NotFound, Refused
from campaigns.segments.people import Count, count, page
from campaigns.segments.saved import add_segment, all_segments, chosen, doubt, edit_segment, get_segment, unreadable
from subscribers.consent import opt_out
from subscribers.fields.custom import add_field, remember
from subscribers.fields.retyping import change_type
from subscribers.keys import Keys
from subscribers.lists import add_list
from subscribers.models import Subscription
from subscribers.people import add_subscriber

RULE = 'city = "Milpitas" and tag has runner'


@pytest.fixture
def list_id(db: Database, keys: Keys) -> int:
    """Four people: two in the rule, of whom one opted out."""
    people = [("ana", "Milpitas", "runner"), ("bo", "Milpitas", "runner"), ("cy", "Fremont", "runner"), ("di", "", "")]
    with db.write() as s:
        made = add_list(s, "monthly-tips", "Monthly tips").id
        for name, city, tag in people:
            person = add_subscriber(
                s,
                keys,
                f"{name}@example.com",
                list_slug="monthly-tips",
                custom={"city": city},
                tags=[tag],
                how="test",
                wording="They asked.",
                source="test",
                actor="test",
            )
        opt_out(s, address_key=person.address_key, list_id=made, how="test", source="test", actor="test")
    return made


def test_a_rule_and_its_segment_count_the_same(db: Database, list_id: int) -> None:
    with db.write() as s:
        add_segment(s, "runners", f"  {RULE} ")
        asked = [chosen(s, "runners"), chosen(s, RULE)]
        assert [count(s, each, list_id) for each in asked] == [Count(RULE, recipients=2, mailable=3)] * 2
        assert count(s, chosen(s, f"not ({RULE})"), list_id).recipients == 1
        assert [each.slug for each in all_segments(s)] == ["runners"]
        assert get_segment(s, "runners").rule == RULE


def test_nobody_on_another_list_is_counted(db: Database, list_id: int) -> None:
    with db.write() as s:
        other = add_list(s, "weekly", "Weekly").id
        assert count(s, chosen(s, RULE), other) == Count(RULE, recipients=0, mailable=0)


def test_what_cannot_be_kept_is_refused(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        remember(s, ["city"])
        add_segment(s, "runners", RULE)
        with pytest.raises(Refused, match="The segment runners is there already"):
            add_segment(s, "runners", RULE)
        with pytest.raises(BadInput, match="column"):
            add_segment(s, "broken", "city =")
        with pytest.raises(BadInput, match="cannot be a slug"):
            add_segment(s, "Runners", RULE)
        with pytest.raises(NotFound, match="tipsheet segment list"):
            chosen(s, "nobody")


def test_a_field_that_nobody_has_is_doubted_not_refused(db: Database, list_id: int) -> None:
    with db.write() as s:
        assert doubt(s, RULE) == ""
        assert "no custom field ctiy; did you mean city?" in doubt(s, 'ctiy = "Milpitas"')
        assert count(s, chosen(s, 'ctiy = "Milpitas"'), list_id).recipients == 0
        add_field(s, "size", "choice", ["L", "XL"])
        assert "none of the choices; they are L, XL" in doubt(s, 'size = "XXL"')
        assert "can be used, but mind column 1" in doubt(s, 'ctiy = "Milpitas"')


def test_a_tag_that_nobody_has_is_doubted_with_the_one_that_was_meant(db: Database, list_id: int) -> None:
    with db.write() as s:
        assert doubt(s, "not tag has runer") == "Nobody has the tag runer; did you mean runner?"
        assert doubt(s, "tag in (runner, xyz)") == "Nobody has the tag xyz yet"


def test_an_edited_segment_has_its_new_rule(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        add_segment(s, "runners", "tag has runner")
        edit_segment(s, "runners", " tag has walker ")
        assert get_segment(s, "runners").rule == "tag has walker"
        with pytest.raises(BadInput, match="column"):
            edit_segment(s, "runners", "tag")


def test_segments_that_a_change_of_type_broke_are_named(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        add_field(s, "visits")
        add_segment(s, "often", 'visits contains "1"')
        add_segment(s, "well", "visits > 3")
    change_type(sqlite_db, "visits", "number")
    with sqlite_db.read() as s:
        assert {slug: "visits is a number" in why for slug, why in unreadable(s).items()} == {"often": True}


def test_people_come_page_by_page(db: Database, list_id: int) -> None:
    with db.read() as s:
        everybody = chosen(s, "not tag has nobody")
        first = page(s, everybody, list_id, size=2)
        assert [each.email for each in first] == ["ana@example.com", "bo@example.com"]
        rest = page(s, everybody, list_id, after=first[-1].id, size=2)
        assert [each.email for each in rest] == ["cy@example.com"]
        assert page(s, everybody, list_id, after=rest[-1].id) == []


def test_a_count_that_asks_for_opens_says_of_how_many_they_can_be_seen(db: Database, list_id: int) -> None:
    with db.write() as s:
        ana = s.scalars(select(Subscription).order_by(Subscription.subscriber_id)).first()
        assert ana is not None
        ana.opens_since = database_now(s)
        counted = count(s, chosen(s, "not opened within 180 days"), list_id)
        assert (counted.recipients, counted.seen) == (3, 1)
        assert count(s, chosen(s, "not clicked within 180 days"), list_id).seen is None
