"""Generated people and rules for the tests beside it: few values, so that rules meet people."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from campaigns.segments.tree import All, Compare, Contains, HasTag, Not, OneOf, Rule, Some

FIELDS = ("email", "first_name", "zone", "city", "visits", "t_shirt")
TAGS = ("runner", "new-comer", "größe", 'a "b"', "and")
TEXTS = (
    "",
    "Milpitas",
    "milpitas",
    "San José",
    "zürich",
    "Z",
    "a",
    "%",
    "_",
    "10",
    "9",
    "9.5",
    "-3",
    "1e3",
    " 10",
    "'; --",
    '"',
    "\\",
    "😀",
)
NUMBERS = (0.0, 9.0, 9.5, 10.0, -3.0, 999999999.999999)

texts = st.sampled_from(TEXTS)
numbers = st.sampled_from(NUMBERS)
values = st.one_of(texts, numbers)
fields = st.sampled_from(FIELDS)
leaves: st.SearchStrategy[Rule] = st.one_of(
    st.builds(Compare, fields, st.sampled_from(("=", "<", "<=", ">", ">=")), values),
    st.builds(OneOf, fields, st.lists(values, min_size=1, max_size=3).map(tuple)),
    st.builds(Contains, fields, texts.filter(bool)),
    st.builds(HasTag, st.sampled_from(TAGS)),
)


def _parts(kind: type[Any], rules: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    # The grammar makes one row of `a and (b and c)`, and nothing of `not not a`.
    parts = st.lists(rules.filter(lambda rule: not isinstance(rule, kind)), min_size=2, max_size=3)
    return parts.map(lambda rules: kind(tuple(rules)))


rules: st.SearchStrategy[Rule] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        _parts(All, inner), _parts(Some, inner), inner.filter(lambda rule: not isinstance(rule, Not)).map(Not)
    ),
    max_leaves=6,
)
people: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"first_name": texts, "zone": texts, "tags": st.frozensets(st.sampled_from(TAGS), max_size=3)},
    optional={"city": texts, "visits": texts, "t_shirt": texts},
)
