"""Generated people and rules for the tests beside it: few values, so that rules meet people."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from campaigns.segments.tree import (
    All,
    Between,
    Compare,
    Contains,
    Did,
    DidIn,
    DidLately,
    Empty,
    HasTag,
    Holds,
    InSegment,
    Not,
    OneOf,
    OnList,
    Rule,
    Some,
    StartsWith,
    Within,
)
from subscribers.fields.custom import Field

# Each type with a slot and, as with a ninth field, without one.
FIELDS = {
    each.name: each
    for each in (
        Field("city", slot="t1"),
        Field("t_shirt"),
        Field("size", "choice", ("L", "XL"), "t8"),
        Field("fit", "choice", ("slim", "wide")),
        Field("visits", "number", slot="n1"),
        Field("score", "number"),
        Field("born", "date", slot="n8"),
        Field("renewal", "date"),
        Field("member", "boolean", slot="n3"),
        Field("vip", "boolean"),
    )
}
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
DATES = (date(1900, 2, 28), date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29), date(2026, 11, 23))
LISTS, RUNS = (1, 2), (1, 2, 3)
DEEDS = ("received", "opened", "clicked")
STATES = ("confirmed", "pending", "withdrawn")
SIGNS = ("=", "<", "<=", ">", ">=")

texts, numbers, dates = st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.sampled_from(DATES)
slugs = st.sampled_from(("tips", "old-2", "and"))


def _asked(names: tuple[str, ...], values: st.SearchStrategy[Any], signs: tuple[str, ...] = SIGNS) -> Any:
    fields = st.sampled_from(names)
    pair = st.lists(values, min_size=2, max_size=2).filter(lambda two: type(two[0]) is type(two[1])).map(sorted)
    ways = [
        st.builds(Compare, fields, st.sampled_from(signs), values),
        st.builds(OneOf, fields, st.lists(values, min_size=1, max_size=3).map(tuple)),
        st.builds(Empty, fields),
    ]
    if len(signs) > 1 and "size" not in names:
        ways.append(st.builds(lambda field, two: Between(field, *two), fields, pair))
    return st.one_of(ways)


asked: st.SearchStrategy[Rule] = st.one_of(
    _asked(("email", "first_name", "zone", "source", "city", "t_shirt"), st.one_of(texts, numbers)),
    _asked(("size", "fit"), texts),
    _asked(("visits", "score"), numbers),
    _asked(("joined", "opened", "clicked", "born", "renewal"), dates),
    _asked(("member", "vip"), st.booleans(), ("=",)),
    st.builds(Contains, st.sampled_from(("email", "city", "t_shirt")), texts.filter(bool)),
    st.builds(StartsWith, st.sampled_from(("email", "city", "t_shirt")), texts.filter(bool)),
    st.builds(HasTag, st.sampled_from(TAGS)),
    st.just(Empty("tag")),
)
named: st.SearchStrategy[Rule] = st.one_of(
    st.builds(Within, st.sampled_from(("joined", "born")), st.integers(1, 400), st.booleans()),
    st.builds(OnList, st.lists(slugs, min_size=1, max_size=2).map(tuple), st.sampled_from(STATES)),
    st.builds(InSegment, slugs),
    st.builds(Did, st.sampled_from(DEEDS), st.lists(texts, min_size=1, max_size=2).map(tuple)),
    st.builds(DidLately, st.sampled_from(DEEDS), st.integers(1, 9), st.none() | slugs),
)
numbered: st.SearchStrategy[Rule] = st.one_of(
    st.builds(Holds, st.lists(st.sampled_from(LISTS), min_size=1, max_size=2).map(tuple), st.sampled_from(STATES)),
    st.builds(DidIn, st.sampled_from(DEEDS), st.lists(st.sampled_from(RUNS), max_size=2).map(tuple)),
)


def _parts(kind: type[Any], rules: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    # The grammar makes one row of `a and (b and c)`, and nothing of `not not a`.
    parts = st.lists(rules.filter(lambda rule: not isinstance(rule, kind)), min_size=2, max_size=3)
    return parts.map(lambda rules: kind(tuple(rules)))


def _all_of(leaves: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            _parts(All, inner), _parts(Some, inner), inner.filter(lambda rule: not isinstance(rule, Not)).map(Not)
        ),
        max_leaves=6,
    )


rules = _all_of(st.one_of(asked, named))  # as they are written
resolved = _all_of(st.one_of(asked, numbered))  # as they are asked

_number = numbers.map(lambda n: f"{n:.6f}".rstrip("0").rstrip("."))
_date = dates.map(date.isoformat)
people: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "first_name": texts,
        "zone": texts,
        "source": texts,
        "joined": _date,
        "opened": st.just("") | _date,
        "clicked": st.just("") | _date,
        "tags": st.frozensets(st.sampled_from(TAGS), max_size=3),
        "lists": st.dictionaries(st.sampled_from(LISTS), st.sampled_from(STATES)),
        "deeds": st.frozensets(st.tuples(st.sampled_from(DEEDS), st.sampled_from(RUNS)), max_size=4),
    },
    optional={
        **dict.fromkeys(("city", "t_shirt"), texts),
        "size": st.sampled_from(("L", "XL")),
        "fit": st.sampled_from(("slim", "often")),
        "visits": _number,
        "score": _number | texts,  # texts: left over from an earlier type
        "born": _date,
        "renewal": _date | texts,
        "member": st.sampled_from(("yes", "no")),
        "vip": st.sampled_from(("yes", "no", "perhaps")),
    },
)
