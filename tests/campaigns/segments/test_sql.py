from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from base.database import Database
from base.time import from_ms
from campaigns.segments.explain import evaluate
from campaigns.segments.grammar import parse
from campaigns.segments.sql import to_sql
from campaigns.segments.tree import Rule
from subscribers.keys import Keys
from subscribers.models import Subscriber, SubscriberTag
from subscribers.suppression import mailable
from tests.campaigns.segments.rules import people, rules
from tests.support.people import a_list, a_person

FIXED = ("first_name", "zone")


@pytest.fixture
def s(db: Database) -> Iterator[Session]:
    with db.write() as session:
        yield session


def fill(s: Session, crowd: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    s.execute(delete(SubscriberTag))
    s.execute(delete(Subscriber))
    placed = {number: {**person, "email": f"p{number}@example.com"} for number, person in enumerate(crowd, 1)}
    for number, person in placed.items():
        custom = {name: value for name, value in person.items() if name not in (*FIXED, "email", "tags")}
        fixed = {name: person[name] for name in (*FIXED, "email")}
        key = number.to_bytes(32, "big")
        s.execute(insert(Subscriber).values(id=number, address_key=key, custom=custom, created_at=from_ms(0), **fixed))
        for tag in person["tags"]:
            s.execute(insert(SubscriberTag).values(tag=tag, subscriber_id=number))
    return placed


def found(s: Session, rule: Rule) -> set[int]:
    return set(s.scalars(select(Subscriber.id).where(to_sql(rule))))


# One session for all examples: each begins by emptying the tables.
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
    database=None,
)
@given(crowd=st.lists(people, min_size=1, max_size=8), asked=st.lists(rules, min_size=1, max_size=8))
def test_sql_answers_what_plain_python_answers(s: Session, crowd: list[dict[str, Any]], asked: list[Rule]) -> None:
    placed = fill(s, crowd)
    for rule in asked:
        assert found(s, rule) == {number for number, person in placed.items() if evaluate(rule, person)}, rule


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('city = "Milpitas" and tag has runner and not tag has newcomer', {1}),
        ('city = "Milpitas"', {1, 2}),
        ('city != "Milpitas"', {3, 4}),
        ('not city = "Milpitas"', {3, 4}),
        ('city = ""', {3}),
        ('city in ("Milpitas", "San José")', {1, 2, 4}),
        ('city not in ("Milpitas", "San José")', {3}),
        ('city contains "José"', {4}),
        ('city contains "MIL"', set()),
        ('city contains "%"', set()),
        ('city < "N"', {1, 2}),
        ("visits > 9", {2, 4}),
        ("visits >= 9", {1, 2, 4}),
        ("visits = 10", {2}),
        ("visits != 10", {1, 3, 4}),
        ("visits in (9, 10)", {1, 2}),
        ('visits < "9"', {2, 4}),
        ("not (tag has runner or visits > 100)", {3}),
        ('tag has newcomer or first_name = "Dee"', {2, 4}),
        ('email contains "@example.com" and zone = "" and locale = ""', {1, 2, 3, 4}),
    ],
)
def test_a_rule_finds_whom_it_names(s: Session, keys: Keys, rule: str, expected: set[int]) -> None:
    a_list(s)
    a_person(s, keys, "a@example.com", custom={"city": "Milpitas", "visits": "9"}, tags=["runner"])
    a_person(s, keys, "b@example.com", custom={"city": "Milpitas", "visits": "10"}, tags=["runner", "newcomer"])
    a_person(s, keys, "c@example.com", custom={"visits": "often"})
    a_person(
        s, keys, "d@example.com", first_name="Dee", custom={"city": "San José", "visits": "100.5"}, tags=["runner"]
    )
    # By address, since the database counts its own way.
    letters = {number: f"{'abcd'[number - 1]}@example.com" for number in expected}
    emails = s.scalars(select(Subscriber.email).where(to_sql(parse(rule))))
    assert set(emails) == set(letters.values())


def test_a_rule_narrows_who_may_be_mailed(s: Session, keys: Keys) -> None:
    tips = a_list(s)
    ann = a_person(s, keys, "ann@example.com", tags=["runner"])
    a_person(s, keys, "bob@example.com")
    a_person(s, keys, "cat@example.com", tags=["runner"], state="pending")
    assert s.scalars(mailable(tips.id).where(to_sql(parse("tag has runner")))).all() == [ann.id]


@pytest.mark.parametrize("text", ["'; DROP TABLE subscribers; --", '") or ("1" = "1', "%' or 1=1", "\\", "$.x"])
def test_the_text_of_a_rule_never_becomes_sql(s: Session, text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for rule in (
        f"city = {quoted}",
        f"city contains {quoted}",
        f"city in ({quoted})",
        f"tag has {quoted}",
        f"city > {quoted}",
    ):
        condition = to_sql(parse(rule))
        assert text not in str(condition.compile(s.get_bind()))
        assert found(s, parse(rule)) == set()


def test_the_longest_rule_is_still_answered(s: Session) -> None:
    assert found(s, parse(" or ".join(["a=1"] * 570))) == set()
    assert found(s, parse("(" * 1_900 + "a=1" + ")" * 1_900)) == set()
