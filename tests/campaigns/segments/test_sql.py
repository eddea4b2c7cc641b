from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from base.database import Database
from base.time import from_ms
from campaigns.segments.evaluate import evaluate
from campaigns.segments.explain import facts_of
from campaigns.segments.grammar import parse
from campaigns.segments.sql import members, to_sql
from campaigns.segments.tree import DidIn, Not, Rule, Some
from delivery.models import Batch, Delivery, DeliveryException, Outcome, Run
from delivery.outcomes import Flag
from subscribers.fields.custom import profile_values
from subscribers.keys import Keys
from subscribers.models import List, Profile, Subscriber, SubscriberTag, Subscription
from subscribers.suppression import mailable
from tests.campaigns.segments.rules import DEEDS, FIELDS, RUNS, people, resolved
from tests.support.people import a_list, a_person

FIXED = ("first_name", "zone")
ELSEWHERE = (*FIXED, "email", "source", "joined", "opened", "clicked", "tags", "lists", "deeds")
OUTCOMES = {"received": Flag.DELIVERED, "opened": Flag.OPENED, "clicked": Flag.CLICKED}


@pytest.fixture
def s(db: Database) -> Iterator[Session]:
    with db.write() as session:
        if db.is_sqlite:
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:  # no campaign is made for each made-up run, and no consent for each list
            session.execute(text("SET session_replication_role = replica"))
        yield session
        session.rollback()


def fill(s: Session, crowd: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    for table in (Outcome, DeliveryException, Delivery, Batch, Run, Subscription, SubscriberTag, Profile, Subscriber):
        s.execute(delete(table))
    for run in RUNS:
        s.execute(insert(Run).values(_run(run)))
    placed = {number: {**person, "email": f"p{number}@example.com"} for number, person in enumerate(crowd, 1)}
    for number, person in placed.items():
        _place(s, number, person)
    return placed


def _run(run: int) -> dict[str, Any]:
    zero = {"not_before": from_ms(0), "not_after": from_ms(0)}
    return {"id": run, "public_id": f"r{run}", "list_id": 1, "message_id": 1, "envelope": "", "batch_size": 9, **zero}


def _place(s: Session, number: int, person: dict[str, Any]) -> None:
    custom = {name: value for name, value in person.items() if name not in ELSEWHERE and value}
    fixed = {name: person[name] for name in (*FIXED, "email")}
    key = number.to_bytes(32, "big")
    s.execute(insert(Subscriber).values(id=number, address_key=key, custom=custom, created_at=from_ms(0), **fixed))
    days = {"joined": "joined", "opened": "last_opened", "clicked": "last_clicked"}
    instants = {column: _instant(person[name]) for name, column in days.items() if person[name]}
    slots = profile_values(FIELDS, custom)
    s.execute(insert(Profile).values(subscriber_id=number, source=person["source"], **instants, **slots))
    for tag in person["tags"]:
        s.execute(insert(SubscriberTag).values(tag=tag, subscriber_id=number))
    for held, state in person["lists"].items():
        will = {"list_id": held, "state": state, "since": from_ms(0), "consent_id": 0, "frequency": "all"}
        s.execute(insert(Subscription).values(subscriber_id=number, **will))
    for run in {run for _, run in person["deeds"]}:
        _mail(s, run, number, {deed for deed, of in person["deeds"] if of == run})


def _instant(day: str) -> Any:
    return from_ms((date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000)


def _mail(s: Session, run: int, number: int, deeds: set[str]) -> None:
    """Received stands in the batch; opened or clicked without it is what a bounce afterwards leaves."""
    zero = {name: from_ms(0) for name in ("not_before", "not_after")}
    batch = {"run_id": run, "number": number, "state": "accepted", "size": 1, "tries": 1, **zero}
    s.execute(insert(Batch).values(**batch, first_subscriber=number, last_subscriber=number))
    s.execute(insert(Delivery).values(run_id=run, subscriber_id=number, batch=number))
    flags = sum(OUTCOMES[deed] for deed in deeds) | (0 if "received" in deeds else Flag.BOUNCED)
    if flags != Flag.DELIVERED:
        times = {"first_at": from_ms(0), "last_at": from_ms(0)}
        s.execute(insert(Outcome).values(run_id=run, subscriber_id=number, flags=int(flags), **times))


def found(s: Session, rule: Rule) -> set[int]:
    """Asked in each way: of each person, all at once, page by page, and from the middle on."""
    each = set(s.scalars(select(Subscriber.id).where(to_sql(rule, FIELDS))))
    assert all(set(s.scalars(members(rule, FIELDS, sets=sets))) == each for sets in (True, False))
    later = set(s.scalars(members(rule, FIELDS, sets=False, after=3)))
    assert later == {who for who in each if who > 3}
    return each


# One session for all examples: each begins by emptying the tables.
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
    database=None,
)
@given(crowd=st.lists(people, min_size=1, max_size=8), asked=st.lists(resolved, min_size=1, max_size=8))
def test_sql_answers_what_plain_python_answers(s: Session, crowd: list[dict[str, Any]], asked: list[Rule]) -> None:
    placed = fill(s, crowd)
    for rule in asked:
        inside = {number for number, person in placed.items() if evaluate(rule, person, FIELDS)}
        assert found(s, rule) == inside, rule
        assert found(s, Not(rule)) == placed.keys() - inside, rule
    s.expire_all()
    everything = Some((*asked, *(DidIn(deed, RUNS) for deed in DEEDS)))  # type: ignore[arg-type]  # hypothesis' strings
    for number, person in placed.items():
        facts = facts_of(s, number, everything)
        assert [evaluate(rule, facts, FIELDS) for rule in asked] == [evaluate(rule, person, FIELDS) for rule in asked]


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
        ('city starts with "San"', {4}),
        ('city < "N"', {1, 2}),
        ("visits > 9", {2, 4}),
        ("visits >= 9", {1, 2, 4}),
        ("visits = 10", {2}),
        ("visits != 10", {1, 3, 4}),
        ("visits in (9, 10)", {1, 2}),
        ("visits between 9 and 10", {1, 2}),
        ('visits < "9"', {2, 4}),
        ("not (tag has runner or visits > 100)", {3}),
        ('tag has newcomer or first_name = "Dee"', {2, 4}),
        ("tag is empty", {3}),
        ('email contains "@example.com" and zone = "" and locale = ""', {1, 2, 3, 4}),
        ('source = "form" and opened is empty and joined after 2020-01-01', {1, 2, 3, 4}),
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
    # By address, since the database counts its own way. Texts, as before fields had types.
    letters = {number: f"{'abcd'[number - 1]}@example.com" for number in expected}
    emails = s.scalars(select(Subscriber.email).where(to_sql(parse(rule), {})))
    assert set(emails) == set(letters.values())


def test_a_rule_narrows_who_may_be_mailed(s: Session, keys: Keys) -> None:
    tips = a_list(s)
    ann = a_person(s, keys, "ann@example.com", tags=["runner"])
    a_person(s, keys, "bob@example.com")
    a_person(s, keys, "cat@example.com", tags=["runner"], state="pending")
    runners = parse("tag has runner")
    assert s.scalars(mailable(tips.id).where(to_sql(runners, {}))).all() == [ann.id]
    assert s.scalars(
        mailable(tips.id).where(Subscription.subscriber_id.in_(members(runners, {}, sets=True)))
    ).all() == [ann.id]
    assert s.scalars(select(List.id)).all() == [tips.id]


@pytest.mark.parametrize("text", ["'; DROP TABLE subscribers; --", '") or ("1" = "1', "%' or 1=1", "\\", "$.x"])
def test_the_text_of_a_rule_never_becomes_sql(s: Session, text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for rule in (
        f"city = {quoted}",
        f"t_shirt contains {quoted}",
        f"city starts with {quoted}",
        f"t_shirt in ({quoted})",
        f"tag has {quoted}",
        f"city > {quoted}",
    ):
        condition = to_sql(parse(rule, FIELDS), FIELDS)
        assert text not in str(condition.compile(s.get_bind()))
        assert found(s, parse(rule, FIELDS)) == set()


def test_the_longest_rule_is_still_answered(s: Session) -> None:
    assert found(s, parse(" or ".join(["a=1"] * 570))) == set()
    assert found(s, parse("(" * 1_900 + "a=1" + ")" * 1_900)) == set()
    assert found(s, parse("not (opened=2026-01-01 and " * 14 + "a=1" + ")" * 14)) == set()
