from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import BadInput
from campaigns.segments.explain import describe
from campaigns.segments.grammar import DEEPEST, LONGEST, parse
from campaigns.segments.tree import All, Compare, Contains, HasTag, Not, OneOf, Rule, Some
from tests.campaigns.segments.rules import rules

CITY = Compare("city", "=", "Milpitas")
RUNNER = HasTag("runner")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('city = "Milpitas"', CITY),
        ("city='Milpitas'", CITY),
        ('CITY = "Milpitas"', CITY),
        ('Größe = "L"', Compare("grosse", "=", "L")),
        ('city != "Milpitas"', Not(CITY)),
        ('not not city = "Milpitas"', CITY),
        ("tag has runner", RUNNER),
        ('TAG Has "runner"', RUNNER),
        ("tag has new-comer", HasTag("new-comer")),
        ('city contains "pit"', Contains("city", "pit")),
        ("visits >= 3.5", Compare("visits", ">=", 3.5)),
        ("visits < -2", Compare("visits", "<", -2.0)),
        ('city in ("a", 2)', OneOf("city", ("a", 2.0))),
        ('city in ("a")', OneOf("city", ("a",))),
        ('city not in ("a")', Not(OneOf("city", ("a",)))),
        ('city = "Milpitas" and tag has runner or tag has x', Some((All((CITY, RUNNER)), HasTag("x")))),
        ('city = "Milpitas" AND (tag has runner OR tag has x)', All((CITY, Some((RUNNER, HasTag("x")))))),
        ('not (city = "Milpitas" and tag has runner)', Not(All((CITY, RUNNER)))),
        ('not city = "Milpitas" and tag has runner', All((Not(CITY), RUNNER))),
        ('android = "x"', Compare("android", "=", "x")),
        ("tag has runner and (tag has runner and tag has runner)", All((RUNNER, RUNNER, RUNNER))),
        ('note = "say \\"hi\\" \\\\ \'ok\'"', Compare("note", "=", "say \"hi\" \\ 'ok'")),
        ('  city\n=\t"Milpitas" ', CITY),
    ],
)
def test_a_rule_is_read_as_it_is_meant(text: str, rule: Rule) -> None:
    assert parse(text) == rule


@settings(max_examples=60, deadline=None, database=None)
@given(rules)
def test_a_rule_written_out_is_read_as_the_same_rule(rule: Rule) -> None:
    assert parse(describe(rule)) == rule


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("city = Milpitas", 8, 'text needs quotes: "Milpitas"'),
        ("city = San Jose and tag has x", 8, '"San Jose"'),
        ("city in (Milpitas)", 10, 'text needs quotes: "Milpitas"'),
        ("city contains pit", 15, 'text needs quotes: "pit"'),
        ("visits = 3px", 10, 'text needs quotes: "3px"'),
        ('city == "x"', 7, "one = is enough"),
        ('city <> "x"', 7, "!="),
        ("city = “x”", 8, "straight quotes"),
        ('city = "x', 8, "never closed"),
        ('city is "x"', 6, "after city comes ="),
        ('city like "x"', 6, "contains"),
        ("city", 5, "after city comes ="),
        ("city =", 7, "a value is missing"),
        ('tag = "runner"', 5, "tag has runner"),
        ("tag", 4, "tag has runner"),
        ("tag has", 8, "tag is missing"),
        ("tags has runner", 6, "tag has runner"),
        ('tags = "runner"', 1, "tag has runner"),
        ("city has runner", 6, "only tags"),
        ('(city = "x"', 12, "closing parenthesis"),
        ('city = "x")', 11, "closes none"),
        ('city = "x" zone = "y"', 12, "and or or"),
        ('city = "x" && zone = "y"', 12, "write and"),
        ('city = "x" || zone = "y"', 12, "write or"),
        ('city = "x" and', 15, "condition is missing"),
        ('and city = "x"', 5, "missing before and"),
        ('city in "x"', 9, "parentheses"),
        ('city in ("x" "y")', 14, "commas"),
        ("city in ()", 10, "value is missing"),
        ('city contains ""', 15, "contains nothing"),
        ("visits = 1234567890123", 10, "9 digits"),
        ('first_nam = "x"', 1, "did you mean first_name?"),
        ('zone = "x" and citty = "x"', 16, "did you mean city?"),
        ('shoesize = "x"', 1, "the fields are city, email"),
        ('joined > "2020"', 1, "no field joined"),
    ],
)
def test_an_error_points_at_the_place_and_says_how_to_mend_it(text: str, column: int, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(text, known=("email", "joined", "tags", "city", "visits"))
    first, rule, mark = refused.value.sentence.split("\n")
    assert words in first
    assert f"column {column}:" in first
    assert rule == f"  {text}"
    assert mark == " " * (column + 1) + "^"


def test_without_the_known_fields_any_custom_field_may_be_asked_for() -> None:
    assert parse('citty = "x"') == Compare("citty", "=", "x")


def test_an_empty_rule_is_refused_with_an_example() -> None:
    with pytest.raises(BadInput, match="such as"):
        parse(" \n ")


def test_a_rule_too_long_or_too_deep_is_refused() -> None:
    with pytest.raises(BadInput, match="characters"):
        parse('city = "' + "x" * LONGEST + '"')
    with pytest.raises(BadInput, match="flatter"):
        parse("not (tag has b and " * DEEPEST + "tag has a" + ")" * DEEPEST)


WORDS = ["city", "tag", "has", "in", "not", "and", "or", "contains", "=", "!=", "<", "==", "(", ")", ",", "&&", "."]
SCRAPS = ['"x"', "'", '"', "3", "-1", "\\", "“", "\x00", "😀", "%"]


@settings(max_examples=60, deadline=None, database=None)
@given(st.lists(st.sampled_from(WORDS + SCRAPS)))
def test_no_text_breaks_the_reader(words: list[str]) -> None:
    with suppress(BadInput):
        rule = parse(" ".join(words))
        assert parse(describe(rule)) == rule
