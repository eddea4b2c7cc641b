from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from base.database import Database
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.models import Subscriber, Subscription, Suppression
from subscribers.suppression import mailable, stops, suppress, why_not
from tests.support.people import EVIDENCE, a_list, a_person

REASONS: list[Any] = ["opt-out", "hard bounce", "complaint", "erasure", "manual"]


@pytest.mark.parametrize("reason", REASONS)
def test_a_stop_holds_on_its_list_or_everywhere(db: Database, keys: Keys, reason: Any) -> None:
    with db.write() as s:
        tips, news = a_list(s), a_list(s, "news")
        for email, slug in product(("ann@example.com", "bob@example.com", "cat@example.com"), ("tips", "news")):
            a_person(s, keys, email, list_slug=slug)
        ann, bob, cat = s.scalars(mailable(tips.id)).all()
        holders = {each.id: each for each in s.scalars(select(Subscriber))}
        suppress(s, holders[ann].address_key, reason, list_id=tips.id, source="test")
        suppress(s, holders[bob].address_key, reason, source="test")
        assert s.scalars(mailable(tips.id)).all() == [cat]
        assert s.scalars(mailable(news.id)).all() == [ann, cat]


def test_the_same_stop_is_kept_once(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        assert suppress(s, ann.address_key, "hard bounce", source="event 1")
        assert not suppress(s, ann.address_key, "hard bounce", source="event 1")
        assert suppress(s, ann.address_key, "hard bounce", list_id=tips.id, source="event 1")
        assert suppress(s, ann.address_key, "complaint", source="event 2")
        assert [each.reason for each in stops(s, ann.address_key)] == ["hard bounce", "hard bounce", "complaint"]


def test_a_lifted_stop_stops_nobody(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        suppress(s, ann.address_key, "manual", source="test")
        s.scalars(select(Suppression)).one().lifted_at = ann.created_at
        s.flush()
        assert s.scalars(mailable(tips.id)).all() == [ann.id]
        assert suppress(s, ann.address_key, "manual", source="test"), "a lifted stop can come again"


def test_everybody_on_the_list_is_mailable_or_has_a_reason(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        people = {}
        cases = list(product(("confirmed", "pending", "withdrawn"), (None, *REASONS), (True, False)))
        for number, (state, reason, addressed) in enumerate(cases):
            person = a_person(s, keys, f"p{number}@example.com", state="pending" if state == "pending" else "confirmed")
            people[person.id] = (state, reason, addressed)
            if state == "withdrawn":
                opt_out(s, address_key=person.address_key, list_id=tips.id, **EVIDENCE)
            if reason:
                suppress(s, person.address_key, reason, source="test")
            if not addressed:
                person.email = ""
        s.flush()
        reasons = dict(s.execute(why_not(tips.id)).all())
        may = set(s.scalars(mailable(tips.id)))
        assert may.isdisjoint(reasons)
        assert may | reasons.keys() == people.keys()
        assert {number: _expected(*case) for number, case in people.items()} == {**dict.fromkeys(may), **reasons}


def test_who_is_not_on_the_list_is_in_neither(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        news = a_list(s, "news")
        a_person(s, keys)
        assert s.scalars(mailable(news.id)).all() == []
        assert s.execute(why_not(news.id)).all() == []


def test_a_batch_is_checked_by_index_lookups_only(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        for number in range(20):
            a_person(s, keys, f"p{number}@example.com")
    with db.read() as s:
        batch = mailable(tips.id).where(Subscription.subscriber_id.in_(range(1, 11)))
        plan = _plan(s, batch)
        assert ("SCAN" if db.is_sqlite else "Seq Scan") not in plan
        assert "ix_suppressions_address_key_list_id" in plan
        assert s.scalar(select(func.count()).select_from(batch.subquery())) == 10


def _plan(s: Session, query: Select[int]) -> str:
    compiled = str(query.compile(s.get_bind(), compile_kwargs={"literal_binds": True}))
    if s.get_bind().dialect.name == "sqlite":
        return "\n".join(row.detail for row in s.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    s.execute(text("SET LOCAL enable_seqscan = off"))  # so few rows would be read whole
    return "\n".join(s.scalars(text(f"EXPLAIN {compiled}")))


def _expected(state: str, reason: str | None, addressed: bool) -> str | None:
    if state == "withdrawn" or reason == "opt-out":
        return "opted out"
    if reason:
        return f"suppressed: {reason}"
    if not addressed:
        return "no address"
    return "pending" if state == "pending" else None
