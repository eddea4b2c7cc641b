from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import BadInput
from campaigns.segments.grammar import DEEPEST, LONGEST, parse
from campaigns.segments.tree import (
    All,
    Between,
    Compare,
    Contains,
    Did,
    DidLately,
    Empty,
    HasTag,
    InSegment,
    Not,
    OneOf,
    OnList,
    Rule,
    Some,
    StartsWith,
    Within,
)
from campaigns.segments.words import describe
from subscribers.fields.custom import Field
from tests.campaigns.segments.rules import FIELDS, rules

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
    assert parse(describe(rule), FIELDS) == rule


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
        ('city is "x"', 9, "after is comes empty"),
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
        (
            'shoesize = "x"',
            1,
            "(there are city, clicked, email, first_name, joined, last_name, locale, opened, source, visits, zone)",
        ),
        ('joined > "2020"', 10, "'2020' is no date"),
        ("joined within 6 months", 17, "days or weeks"),
        ("joined within", 14, "number of days"),
        ("joined within 0 days", 15, "whole number from 1"),
        ("joined contains 'x'", 1, "only a text contains another, and joined is a date"),
        ("visits within 3 days", 1, "visits is a number"),
        ("visits > 'often'", 10, "no number"),
        ("visits between 3 and 1", 16, "smaller of the two"),
        ("visits starts 'x'", 15, "starts with"),
        ("city = yes", 8, 'text needs quotes: "yes"'),
        ("joined = yes", 10, "no date"),
        ("list tips", 6, "after list comes ="),
        ("list =", 7, "short name"),
        ("list > tips", 6, "write = or !="),
        ("list = tips with state gone", 24, "with state pending"),
        ("segment", 8, "segment lapsed"),
        ("clicked", 8, 'clicked "december-tips"'),
        ("clicked december", 9, 'clicked "december-tips"'),
        ("clicked any of last campaigns", 21, "any of last 3 campaigns"),
        ("clicked any of last 1000 campaigns", 21, "from 1 to 100"),
    ],
)
def test_an_error_points_at_the_place_and_says_how_to_mend_it(text: str, column: int, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(text, {"city": Field("city"), "visits": Field("visits", "number")}, strict=True)
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


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("visits between 3 and 10 and member = yes", All((Between("visits", 3.0, 10.0), Compare("member", "=", True)))),
        ('visits = "3,5"', Compare("visits", "=", 3.5)),
        ('visits != ""', Not(Empty("visits"))),
        ("member is no", Compare("member", "=", False)),
        ("born before 1990-05-01", Compare("born", "<", date(1990, 5, 1))),
        ("born AFTER '1990-05-01'", Compare("born", ">", date(1990, 5, 1))),
        ("city < 2026-01-01", Compare("city", "<", "2026-01-01")),
        ("joined within 90 days", Within("joined", 90)),
        ("joined within last 2 weeks", Within("joined", 14)),
        ("born within next 1 day", Within("born", 1, ahead=True)),
        ("not opened within 180 days", Not(Within("opened", 180))),
        ("opened is empty", Empty("opened")),
        ('city starts with "San" and city is not empty', All((StartsWith("city", "San"), Not(Empty("city"))))),
        ('tag in (a, "b c")', Some((HasTag("a"), HasTag("b c")))),
        ("tag not in (a) or tag is empty", Some((Not(HasTag("a")), Empty("tag")))),
        ("list = tips", OnList(("tips",))),
        ("list != tips", Not(OnList(("tips",)))),
        ("list in (tips, and) with state pending", OnList(("tips", "and"), "pending")),
        ("segment lapsed or segment != old-2", Some((InSegment("lapsed"), Not(InSegment("old-2"))))),
        ("segment not in (a, b)", Not(Some((InSegment("a"), InSegment("b"))))),
        ('received "dec-1"', Did("received", ("dec-1",))),
        ('opened any of ("a", "b")', Did("opened", ("a", "b"))),
        ("clicked any of last 3 campaigns", DidLately("clicked", 3)),
        ("clicked any of last 1 campaign on tips", DidLately("clicked", 1, "tips")),
    ],
)
def test_each_field_is_asked_for_by_its_type(text: str, rule: Rule) -> None:
    assert parse(text, FIELDS, strict=True) == rule
    assert parse(describe(rule), FIELDS, strict=True) == rule


def test_an_older_custom_field_keeps_its_name() -> None:
    """Rules that were kept before a name had a meaning of its own mean what they meant."""
    older = {name: Field(name) for name in ("source", "opened", "list", "segment", "within", "last")}
    for name in older:
        assert parse(f'{name} = "x"', older) == Compare(name, "=", "x")


def test_a_mistyped_choice_is_refused_when_a_rule_is_kept_not_when_it_is_used() -> None:
    with pytest.raises(BadInput, match="none of the choices; they are L, XL"):
        parse('size = "M"', FIELDS, strict=True)
    assert parse('size = "M"', FIELDS) == Compare("size", "=", "M")


def test_rules_are_read_at_the_same_time() -> None:
    texts = [f'city = "{n}" and tag has t{n} or not list = l{n}' for n in range(50)]
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(parse, texts * 4))
    assert read == [parse(text) for text in texts] * 4


WORDS = ["city", "tag", "has", "in", "not", "and", "or", "contains", "=", "!=", "<", "==", "(", ")", ",", "&&", "."]
WORDS += [
    "visits",
    "born",
    "member",
    "size",
    "list",
    "segment",
    "clicked",
    "any",
    "of",
    "last",
    "next",
    "campaigns",
    "on",
]
WORDS += [
    "is",
    "empty",
    "starts",
    "with",
    "state",
    "pending",
    "between",
    "within",
    "before",
    "days",
    "yes",
    "2026-02-30",
]
SCRAPS = ['"x"', "'", '"', "3", "-1", "\\", "“", "\x00", "😀", "%"]


@settings(max_examples=60, deadline=None, database=None)
@given(st.lists(st.sampled_from(WORDS + SCRAPS)))
def test_no_text_breaks_the_reader(words: list[str]) -> None:
    with suppress(BadInput):
        rule = parse(" ".join(words), FIELDS)
        assert parse(describe(rule), FIELDS) == rule


@settings(max_examples=60, deadline=None, database=None)
@given(st.text(max_size=40))
def test_no_letters_break_the_reader(text: str) -> None:
    with suppress(BadInput):
        parse(text, FIELDS, strict=True)
