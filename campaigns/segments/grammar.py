"""Reading a rule's text into a tree. What went wrong is put into words in complaints.py."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from base.errors import BadInput
from campaigns.segments.complaints import complaint, pointed
from campaigns.segments.fields import FIELDS
from campaigns.segments.tree import All, Compare, Contains, HasTag, Not, OneOf, Rule, Sign, Some, Value
from subscribers.fields import FIELDS as KEPT
from subscribers.fields import plain_name

LONGEST = 4_000  # characters; SQLite allows a condition a thousand parts
DEEPEST = 30

_GRAMMAR = r"""
?start: some
?some: every (_OR every)*
?every: one (_AND one)*
?one: _NOT one -> opposite
    | "(" some ")"
    | NAME SIGN value -> compare
    | NAME _IN values -> one_of
    | NAME _NOT _IN values -> none_of
    | NAME _CONTAINS STRING -> contains
    | _TAG _HAS (STRING | TAG_NAME) -> has_tag
values: "(" value ("," value)* ")"
value: STRING | NUMBER

_AND.2: /and\b/i
_OR.2: /or\b/i
_NOT.2: /not\b/i
_IN.2: /in\b/i
_CONTAINS.2: /contains\b/i
_TAG.2: /tag\b/i
_HAS.2: /has\b/i
SIGN: /!=|<=|>=|=|<|>/
STRING: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/s
NUMBER: /-?[0-9]+(?:\.[0-9]+)?\b/
NAME: /[^\W\d]\w*/
TAG_NAME: /\w[\w-]*/
%ignore /\s+/
"""
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


def parse(text: str, known: Collection[str] | None = None) -> Rule:
    """The rule's tree. Raises BadInput that points at the place. With `known`, only these fields may be asked for."""
    if not text.strip():
        raise BadInput('The rule is empty; write one such as: city = "Milpitas" and tag has runner')
    if len(text) > LONGEST:
        raise BadInput(f"The rule has {len(text):,} characters and may have {LONGEST:,}; use a tag for so many cases")
    try:
        # A parser for each rule: with the builder inside it no depth of a rule can exhaust the stack.
        parsed = Lark(_GRAMMAR, parser="lalr", transformer=_Builder(text, known)).parse(text)
    except UnexpectedInput as cause:
        raise BadInput(complaint(text, cause)) from cause
    rule = cast(Rule, parsed)
    if _depth(rule) > DEEPEST:
        raise BadInput(f"The rule has more than {DEEPEST} conditions inside each other; make it flatter")
    return rule


@v_args(inline=True)
class _Builder(Transformer[Token, Rule]):
    def __init__(self, text: str, known: Collection[str] | None) -> None:
        super().__init__()
        self._text = text
        self._known = known

    def some(self, *rules: Rule) -> Rule:
        return Some(tuple(part for rule in rules for part in (rule.rules if isinstance(rule, Some) else (rule,))))

    def every(self, *rules: Rule) -> Rule:
        return All(tuple(part for rule in rules for part in (rule.rules if isinstance(rule, All) else (rule,))))

    def opposite(self, rule: Rule) -> Rule:
        return rule.rule if isinstance(rule, Not) else Not(rule)

    def compare(self, name: Token, sign: Token, value: Value) -> Rule:
        field = self._field(name)
        return Not(Compare(field, "=", value)) if sign == "!=" else Compare(field, cast(Sign, str(sign)), value)

    def one_of(self, name: Token, values: tuple[Value, ...]) -> Rule:
        return OneOf(self._field(name), values)

    def none_of(self, name: Token, values: tuple[Value, ...]) -> Rule:
        return Not(OneOf(self._field(name), values))

    def contains(self, name: Token, text: Token) -> Rule:
        if not _unquoted(text):
            raise self._wrong("every text contains nothing at all; write some text to look for", text)
        return Contains(self._field(name), _unquoted(text))

    def has_tag(self, tag: Token) -> Rule:
        return HasTag(_unquoted(tag) if tag.type == "STRING" else str(tag))

    def values(self, *values: Value) -> tuple[Value, ...]:
        return values

    def value(self, token: Token) -> Value:
        if token.type == "STRING":
            return _unquoted(token)
        if not _NUMBER.fullmatch(token):
            raise self._wrong("a number may have 9 digits, and 6 behind the point", token)
        return float(token)

    def _field(self, token: Token) -> str:
        name = plain_name(token)
        if name == "tags":
            raise self._wrong("tags are asked for like this: tag has runner", token)
        custom = set(self._known or ()).difference(KEPT)
        if name in FIELDS or name in custom or (self._known is None and name not in KEPT):
            return name
        raise self._wrong(_unknown(str(token), sorted({*FIELDS, *custom})), token)

    def _wrong(self, words: str, token: Token) -> BadInput:
        return BadInput(pointed(self._text, token.start_pos or 0, words))


def _unquoted(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)


def _unknown(name: str, fields: list[str]) -> str:
    close = difflib.get_close_matches(name.lower(), fields, n=1, cutoff=0.7)
    if close:
        return f"there is no field {name}; did you mean {close[0]}?"
    shown = ", ".join(fields[:12]) + (" …" if len(fields) > 12 else "")
    return f"there is no field {name}; the fields are {shown}"


def _depth(rule: Rule) -> int:
    """How far conditions stand inside each other, found without going down by calls."""
    deepest, level = 0, [rule]
    while level:
        deepest += 1
        level = [part for each in level for part in _parts(each)]
    return deepest


def _parts(rule: Rule) -> tuple[Rule, ...]:
    if isinstance(rule, All | Some):
        return rule.rules
    return (rule.rule,) if isinstance(rule, Not) else ()
