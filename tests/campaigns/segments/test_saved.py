from __future__ import annotations

import pytest

from base.database import Database
from base.errors import BadInput, NotFound, Refused
from campaigns.segments.saved import Count, add_segment, all_segments, count, doubt, get_segment
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.lists import add_list
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
                wording="",
                source="test",
                actor="test",
            )
        opt_out(s, address_key=person.address_key, list_id=made, how="test", source="test", actor="test")
    return made


def test_a_rule_and_its_segment_count_the_same(db: Database, list_id: int) -> None:
    with db.write() as s:
        add_segment(s, "runners", f"  {RULE} ")
        assert count(s, "runners", list_id) == count(s, RULE, list_id) == Count(RULE, recipients=2, mailable=3)
        assert count(s, f"not ({RULE})", list_id).recipients == 1
        assert [each.slug for each in all_segments(s)] == ["runners"]
        assert get_segment(s, "runners").rule == RULE


def test_nobody_on_another_list_is_counted(db: Database, list_id: int) -> None:
    with db.write() as s:
        other = add_list(s, "weekly", "Weekly").id
        assert count(s, RULE, other) == Count(RULE, recipients=0, mailable=0)


def test_what_cannot_be_kept_is_refused(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        add_segment(s, "runners", RULE)
        with pytest.raises(Refused, match="The segment runners is there already"):
            add_segment(s, "runners", RULE)
        with pytest.raises(BadInput, match="column"):
            add_segment(s, "broken", "city =")
        with pytest.raises(BadInput, match="cannot be a slug"):
            add_segment(s, "Runners", RULE)
        with pytest.raises(NotFound, match="tipsheet segment list"):
            count(s, "nobody", 1)


def test_a_field_that_nobody_has_is_doubted_not_refused(db: Database, list_id: int) -> None:
    with db.write() as s:
        assert doubt(s, RULE) == ""
        assert "ctiy" in doubt(s, 'ctiy = "Milpitas"')
        assert count(s, 'ctiy = "Milpitas"', list_id).recipients == 0
