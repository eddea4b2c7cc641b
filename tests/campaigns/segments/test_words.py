from __future__ import annotations

import pytest

from campaigns.segments.grammar import parse
from campaigns.segments.words import describe
from tests.campaigns.segments.rules import FIELDS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CITY='a' OR (tag has b AND x in (1,'c'))", 'city = "a" or tag has b and x in (1, "c")'),
        ("(a=1 or b=2) and c!=0.50", "(a = 1 or b = 2) and c != 0.5"),
        ("not (a=1 or b=2)", "not (a = 1 or b = 2)"),
        ("not a in (1)", "a not in (1)"),
        ('tag has "two words"', 'tag has "two words"'),
        ("member IS true and not visits is empty", "member = yes and visits is not empty"),
        ("born after '2001-02-03'", "born > 2001-02-03"),
        ("not joined within 2 weeks", "not joined within 14 days"),
        ("not list in (a)", "list != a"),
        ('not list = "a" with state pending', "list not in (a) with state pending"),
        ("opened any of ('x') or clicked any of last 1 campaign", 'opened "x" or clicked any of last 1 campaigns'),
        ("segment in (a, 'b')", "segment a or segment b"),
    ],
)
def test_a_rule_is_written_in_one_way(text: str, words: str) -> None:
    assert describe(parse(text, FIELDS)) == words
    assert describe(parse(words, FIELDS)) == words
