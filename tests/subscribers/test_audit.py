from __future__ import annotations

from datetime import timedelta

from base.database import Database, database_now
from subscribers import audit

ROBIN = {"actor": "robin", "action": "list add"}


def test_what_was_changed_is_read_back_with_both_sides(db: Database) -> None:
    with db.write() as s:
        audit.record(s, **ROBIN, about="tips", before={"name": "Tips"}, after={"name": "Monthly tips", "public": True})
    with db.read() as s:
        (row,) = audit.read(s, most=10)
        assert (row.actor, row.action, row.about) == ("robin", "list add", "tips")
        assert (row.before, row.after) == ({"name": "Tips"}, {"name": "Monthly tips", "public": True})


def test_the_newest_are_read_and_the_oldest_of_them_first(db: Database) -> None:
    with db.write() as s:
        for number in range(5):
            audit.record(s, **ROBIN, about=f"list-{number}")
        assert [row.about for row in audit.read(s, most=2)] == ["list-3", "list-4"]
        later = database_now(s) + timedelta(seconds=1)
        assert audit.read(s, since=later, most=2) == []


def test_a_person_is_found_by_their_id_whatever_a_row_is_about(db: Database) -> None:
    with db.write() as s:
        audit.record(s, **ROBIN, about="17", subscriber_id=17)
        audit.record(s, **ROBIN, about="other")
        assert [row.about for row in audit.read(s, about="17", most=9)] == ["17"]
        assert [row.about for row in audit.read(s, about="ann@example.com", subscriber_id=17, most=9)] == ["17"]


def test_erasing_empties_the_rows_of_one_person_and_keeps_that_there_were_some(db: Database) -> None:
    with db.write() as s:
        audit.record(s, **ROBIN, about="17", subscriber_id=17, before={"email": "ann@example.com"})
        audit.record(s, **ROBIN, about="18", subscriber_id=18, before={"email": "bob@example.com"})
        assert audit.forget(s, 17) == 1
        assert audit.forget(s, 17) == 0
        ann, bob = audit.read(s, most=9)
        assert (ann.about, ann.before) == ("17", {})
        assert bob.before == {"email": "bob@example.com"}


def test_differences_are_both_sides_of_what_changed() -> None:
    before, after = {"city": "Milpitas", "zone": "", "age": "3"}, {"city": "Fremont", "zone": "", "plan": "b"}
    assert audit.differences(before, after) == ({"city": "Milpitas", "age": "3"}, {"city": "Fremont", "plan": "b"})
