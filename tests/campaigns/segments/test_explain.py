from __future__ import annotations

from typing import Any

import pytest

from campaigns.segments.explain import describe, evaluate
from campaigns.segments.grammar import parse

ANN: dict[str, Any] = {"first_name": "Ann", "city": "Milpitas", "visits": "10", "tags": ["runner"]}


@pytest.mark.parametrize(
    ("rule", "true"),
    [
        ('city = "Milpitas" and tag has runner', True),
        ('city = "milpitas"', False),
        ("visits > 9", True),
        ('visits > "9"', False),
        ('nothing = ""', True),
        ('nothing < "z"', False),
        ("nothing < 5", False),
        ("nothing != 5", True),
        ("tag has newcomer or not tag has walker", True),
    ],
)
def test_a_rule_is_true_of_a_person_or_not(rule: str, true: bool) -> None:
    assert evaluate(parse(rule), ANN) is true


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CITY='a' OR (tag has b AND x in (1,'c'))", 'city = "a" or tag has b and x in (1, "c")'),
        ("(a=1 or b=2) and c!=0.50", "(a = 1 or b = 2) and c != 0.5"),
        ("not (a=1 or b=2)", "not (a = 1 or b = 2)"),
        ("not a in (1)", "a not in (1)"),
        ('tag has "two words"', 'tag has "two words"'),
    ],
)
def test_a_rule_is_written_in_one_way(text: str, words: str) -> None:
    assert describe(parse(text)) == words
