from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from base.database import Database
from subscribers import search as searching
from subscribers.keys import Keys
from subscribers.models import FormerAddress, Subscriber
from subscribers.search import Wanted, search
from tests.support.people import a_list, a_person


def test_pages_follow_one_another_and_end(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        for number in range(5):
            a_person(s, keys, f"p{number}@example.com")
        first = search(s, keys, Wanted("p"), most=3)
        assert first.after is not None
        second = search(s, keys, Wanted("p"), after=first.after, most=3)
        assert [x.email[:2] for x in first.people + second.people] == ["p0", "p1", "p2", "p3", "p4"]
        assert second.after is None


def test_a_part_of_a_name_is_looked_for_among_so_many_at_a_time(
    db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "WINDOW", 2)
    with db.write() as s:
        a_list(s)
        people = [a_person(s, keys, f"{name}@example.com") for name in ("ann", "bob", "cat", "dan")]
        page = search(s, keys, Wanted("dan"))
        assert (page.people, page.after) == ([], people[1].id)
        assert [x.email for x in search(s, keys, Wanted("dan"), after=people[1].id).people] == ["dan@example.com"]
        assert [x.email for x in search(s, keys, Wanted("DAN@example.com")).people] == ["dan@example.com"]


@pytest.mark.parametrize("wanted", [Wanted(tag="runner"), Wanted(list_id=1), Wanted(list_id=1, tag="runner")])
def test_who_has_a_tag_or_is_on_a_list_is_found_by_their_index(db: Database, keys: Keys, wanted: Wanted) -> None:
    with db.write() as s:
        a_list(s)
        a_person(s, keys, tags=["runner"])
    with db.read() as s:
        assert not _reads_everybody(s, searching._query(wanted, None, 0, None))


def test_who_had_an_address_or_was_merged_is_found_by_an_index(db: Database) -> None:
    with db.read() as s:
        assert not _reads_everybody(s, select(Subscriber.id).where(Subscriber.merged_into == 5))
        assert not _reads_everybody(s, select(FormerAddress.subscriber_id).where(FormerAddress.address_key == b"k"))


def _reads_everybody(s: Session, query: Select[*tuple[Any, ...]]) -> bool:
    compiled = str(query.compile(s.get_bind(), compile_kwargs={"literal_binds": True}))
    if s.get_bind().dialect.name == "sqlite":
        plan = "\n".join(row.detail for row in s.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
        return "SCAN" in plan or "TEMP B-TREE" in plan
    s.execute(text("SET LOCAL enable_seqscan = off"))  # so few rows would be read whole
    return "Seq Scan" in "\n".join(s.scalars(text(f"EXPLAIN {compiled}")))
