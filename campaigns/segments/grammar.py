"""Reading a rule's text into a tree. What a condition means is in meaning.py, what went wrong in complaints.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from lark import Lark, Transformer, UnexpectedInput

from base.errors import BadInput
from campaigns.segments.complaints import complaint, pointed
from campaigns.segments.meaning import Meaning, Wrong
from campaigns.segments.tree import All, Not, Rule, Some, every, leaves, opposite, parts, some
from subscribers.fields.custom import Field

LONGEST = 4_000  # characters
MOST = 600  # conditions; SQLite allows one a thousand parts
DEEPEST = 30

_GRAMMAR = r"""
?start: some
?some: every (_OR every)*
?every: one (_AND one)*
?one: _NOT one -> opposite
    | "(" some ")"
    | name SIGN value -> compare
    | name _IN values -> one_of
    | name _NOT _IN values -> none_of
    | name _CONTAINS STRING -> contains
    | name _STARTS _WITH STRING -> starts_with
    | name _BETWEEN value _AND value -> between
    | name _IS _EMPTY -> empty
    | name _IS _NOT _EMPTY -> filled
    | name _IS YES_NO -> is_so
    | name BEFORE value -> compare
    | name _WITHIN _LAST? NUMBER UNIT -> within
    | name _WITHIN _NEXT NUMBER UNIT -> ahead
    | _TAG _HAS tag -> has_tag
    | _TAG _IN tags -> in_tags
    | _TAG _NOT _IN tags -> in_no_tags
    | _TAG _IS _EMPTY -> no_tag
    | _TAG _IS _NOT _EMPTY -> any_tag
    | LIST SIGN slug [_WITH _STATE STATE] -> on_list
    | LIST _IN slugs [_WITH _STATE STATE] -> on_lists
    | LIST _NOT _IN slugs [_WITH _STATE STATE] -> on_no_list
    | SEGMENT slug -> in_segment
    | SEGMENT SIGN slug -> segment_is
    | SEGMENT _IN slugs -> in_segments
    | SEGMENT _NOT _IN slugs -> in_no_segment
    | DEED STRING -> did
    | DEED _ANY _OF texts -> did
    | DEED _ANY _OF _LAST NUMBER _CAMPAIGNS [_ON slug] -> lately
name: NAME | DEED
values: "(" value ("," value)* ")"
texts: "(" STRING ("," STRING)* ")"
tags: "(" tag ("," tag)* ")"
slugs: "(" slug ("," slug)* ")"
value: STRING | NUMBER | DATE | YES_NO
tag: STRING | TAG_NAME
slug: STRING | SLUG

_AND.2: /and\b/i
_OR.2: /or\b/i
_NOT.2: /not\b/i
_IN.2: /in\b/i
_CONTAINS.2: /contains\b/i
_STARTS.2: /starts\b/i
_WITH.2: /with\b/i
_BETWEEN.2: /between\b/i
_IS.2: /is\b/i
_EMPTY.2: /empty\b/i
_WITHIN.2: /within\b/i
_LAST.2: /last\b/i
_NEXT.2: /next\b/i
_TAG.2: /tag\b/i
_HAS.2: /has\b/i
_STATE.2: /state\b/i
_ANY.2: /any\b/i
_OF.2: /of\b/i
_ON.2: /on\b/i
_CAMPAIGNS.2: /campaigns?\b/i
BEFORE.2: /(?:before|after)\b/i
STATE.2: /(?:confirmed|pending|withdrawn)\b/i
LIST.2: /list\b/i
SEGMENT.2: /segment\b/i
DEED.2: /(?:received|opened|clicked)\b/i
YES_NO.2: /(?:yes|no|true|false)\b/i
UNIT.2: /(?:days?|weeks?)\b/i
SIGN: /!=|<=|>=|=|<|>/
STRING: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/s
DATE.3: /[0-9]{4}-[0-9]{2}-[0-9]{2}\b/
NUMBER: /-?[0-9]+(?:\.[0-9]+)?\b/
NAME: /[^\W\d]\w*/
TAG_NAME: /\w[\w-]*/
SLUG: /[a-z0-9][a-z0-9-]*/i
%ignore /\s+/
"""


@dataclass(frozen=True, slots=True)
class _Condition:
    """One that was read and not yet understood: for that the fields must be known."""

    name: str
    tokens: tuple[Any, ...]


class _Builder(Transformer[Any, Any]):
    """Used while the text is being read, not after it: no depth of a rule can then exhaust the stack."""

    def some(self, rules: list[Any]) -> Any:
        return some(rules)

    def every(self, rules: list[Any]) -> Any:
        return every(rules)

    def opposite(self, rules: list[Any]) -> Any:
        return opposite(rules[0])

    def name(self, tokens: list[Any]) -> Any:
        return tokens[0]

    value = tag = slug = name

    def values(self, tokens: list[Any]) -> Any:
        return tuple(tokens)

    texts = tags = slugs = values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(Meaning, name):
            raise AttributeError(name)
        return lambda tokens: _Condition(name, tuple(tokens))


# Made once: making it takes a hundred times as long as reading a rule. It keeps nothing of what it read.
_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True, transformer=_Builder())


def parse(text: str, fields: Mapping[str, Field] | None = None, *, strict: bool = False) -> Rule:
    """The rule's tree. Raises BadInput that points at the place.

    `fields` are the custom fields; of any other name nobody has a value, and `strict` raises that as a doubt.
    """
    if not text.strip():
        raise BadInput('The rule is empty; write one such as: city = "Milpitas" and tag has runner')
    if len(text) > LONGEST:
        raise BadInput(f"The rule has {len(text):,} characters and may have {LONGEST:,}; use a tag for so many cases")
    try:
        read = cast(Rule, _PARSER.parse(text))
    except UnexpectedInput as cause:
        raise BadInput(complaint(text, cause)) from cause
    check_size(read)
    try:
        rule = _understood(read, Meaning(fields or {}, strict))
    except Wrong as wrong:
        raise BadInput(pointed(text, wrong.at, wrong.words, is_doubt=strict)) from wrong
    check_size(rule)
    return rule


def check_size(rule: Rule) -> None:
    """Raises BadInput for more than the databases take."""
    deepest, level = 0, [rule]
    while level:
        deepest += 1
        level = [part for each in level for part in parts(each)]
    if deepest > DEEPEST:
        raise BadInput(f"The rule has more than {DEEPEST} conditions inside each other; make it flatter")
    if sum(1 for _ in leaves(rule)) > MOST:
        raise BadInput(f"The rule has more than {MOST} conditions; use a tag for so many cases")


def _understood(read: Any, meaning: Meaning) -> Rule:
    match read:
        case All(rules):
            return every([_understood(each, meaning) for each in rules])
        case Some(rules):
            return some([_understood(each, meaning) for each in rules])
        case Not(rule):
            return opposite(_understood(rule, meaning))
        case _:
            return cast(Rule, getattr(meaning, read.name)(*read.tokens))
