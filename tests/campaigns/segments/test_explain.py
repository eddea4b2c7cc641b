from __future__ import annotations

from typing import Any

import pytest

from base.database import Database
from campaigns.segments.evaluate import evaluate
from campaigns.segments.explain import Part, explain
from campaigns.segments.grammar import parse
from campaigns.segments.resolve import read_rule
from campaigns.segments.saved import add_segment
from subscribers.fields.custom import Field, add_field
from subscribers.keys import Keys
from tests.campaigns.mailing import Mailing
from tests.campaigns.segments.rules import FIELDS
from tests.support.people import a_list, a_person

ANN: dict[str, Any] = {"first_name": "Ann", "city": "Milpitas", "tags": ["runner"], "lists": {1: "confirmed"}}
ANN |= {"note": "10", "visits": "10", "born": "1990-05-01", "member": "yes", "deeds": {("opened", 3)}}


@pytest.mark.parametrize(
    ("rule", "true"),
    [
        ('city = "Milpitas" and tag has runner', True),
        ('city = "milpitas"', False),
        ("note > 9", True),
        ('note > "9"', False),
        ("visits > 9 and visits between 10 and 11", True),
        ("visits in (1, 10) and not visits < 10", True),
        ("born before 1990-05-02 and born between 1990-05-01 and 1990-05-01", True),
        ("member = yes and not vip = no and vip is empty", True),
        ('nothing = "" and nothing is empty', True),
        ('nothing < "z"', False),
        ("nothing < 5", False),
        ("nothing != 5", True),
        ("score < 5 or renewal after 1900-01-01", False),
        ('city starts with "Mil" and city contains "pit"', True),
        ("tag has newcomer or not tag has walker", True),
        ("tag is not empty", True),
    ],
)
def test_a_rule_is_true_of_a_person_or_not(rule: str, true: bool) -> None:
    assert evaluate(parse(rule, FIELDS), ANN, FIELDS) is true


def test_every_part_is_explained_with_what_the_person_has(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_list(s)
        add_field(s, "visits", "number")
        ann = a_person(s, keys, custom={"city": "Milpitas", "visits": "3,5"}, tags=["runner", "early"])
        add_segment(s, "locals", 'city = "Milpitas" or city = "Fremont"')
        asked = read_rule(s, "segment locals and not (visits > 9 or tag is empty) and list = tips and zone != ''")
        parts = explain(s, asked, ann.id)
    assert parts == [
        Part(0, 'segment locals and not (visits > 9 or tag is empty) and list = tips and zone != ""', False),
        Part(1, "segment locals", True),
        Part(2, 'city = "Milpitas" or city = "Fremont"', True),
        Part(3, 'city = "Milpitas"', True, "Milpitas"),
        Part(3, 'city = "Fremont"', False, "Milpitas"),
        Part(1, "not (visits > 9 or tag is empty)", True),
        Part(2, "visits > 9 or tag is empty", False),
        Part(3, "visits > 9", False, "3.5"),
        Part(3, "tag is empty", False, "early, runner"),
        Part(1, "list = tips", True, "tips confirmed"),
        Part(1, 'zone != ""', False, "empty"),
    ]


def test_what_somebody_did_is_counted(mailing: Mailing) -> None:
    mailing.people("ann")
    for slug in ("first", "second"):
        mailing.draft(slug)
        mailing.sent(slug)
    with mailing.db.read() as s:
        rule = 'received any of last 2 campaigns and not clicked "first"'
        parts = explain(s, read_rule(s, rule), 1)
    assert [(part.true, part.has) for part in parts] == [
        (True, ""),
        (True, "received 2 of 2"),
        (True, "clicked 0 of 1"),
    ]


def test_a_field_of_another_type_than_it_was_is_no_value() -> None:
    fields = {"visits": Field("visits", "number")}
    assert not evaluate(parse("visits < 9", fields), {"visits": "often"}, fields)
    assert evaluate(parse("visits is empty", fields), {"visits": "often"}, fields)
