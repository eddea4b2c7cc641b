"""What one condition says: its field looked up, its values brought to the field's type. The words are grammar.py's."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date
from typing import cast

from lark import Token

from base.errors import BadInput
from campaigns.segments.fields import FIELDS, WAYS, Kind, kind
from campaigns.segments.tree import (
    Between,
    Compare,
    Contains,
    Deed,
    Did,
    DidLately,
    Empty,
    HasTag,
    InSegment,
    Not,
    OneOf,
    OnList,
    Rule,
    Sign,
    StartsWith,
    State,
    Value,
    Within,
    opposite,
    some,
)
from subscribers.fields import plain_name
from subscribers.fields.custom import Field, read_value

LONGEST_AGO = 36_500  # days
MOST_CAMPAIGNS = 100
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
_SIGNS = {"before": "<", "after": ">"}


class Wrong(Exception):
    """What is wrong, and where in the text it begins."""

    def __init__(self, words: str, token: Token) -> None:
        super().__init__(words)
        self.words = words
        self.at = token.start_pos or 0


class Meaning:
    """One method for each form of condition in the grammar; they raise Wrong."""

    def __init__(self, fields: Mapping[str, Field], strict: bool) -> None:
        self._fields = fields
        self._strict = strict

    def compare(self, name: Token, sign: Token, typed: Token) -> Rule:
        word = _SIGNS.get(sign.lower(), str(sign))
        field, of = self._field(name)
        if sign.lower() in _SIGNS and of != "date":
            raise self._not_so(f"only a date is {sign.lower()} another", of, name)
        if of not in ("text", "choice") and typed in ('""', "''") and word in ("=", "!="):
            return Empty(field) if word == "=" else Not(Empty(field))
        if of == "boolean" and word not in ("=", "!="):
            raise Wrong(f"{field} is yes or no; ask with = or !=", sign)
        value = self._value(field, of, typed)
        return Not(Compare(field, "=", value)) if word == "!=" else Compare(field, cast(Sign, word), value)

    def one_of(self, name: Token, typed: tuple[Token, ...]) -> Rule:
        field, of = self._field(name)
        return OneOf(field, tuple(self._value(field, of, each) for each in typed))

    def none_of(self, name: Token, typed: tuple[Token, ...]) -> Rule:
        return Not(self.one_of(name, typed))

    def contains(self, name: Token, typed: Token) -> Rule:
        return Contains(self._text_field(name, "contains"), _some_text(typed))

    def starts_with(self, name: Token, typed: Token) -> Rule:
        return StartsWith(self._text_field(name, "starts with"), _some_text(typed))

    def between(self, name: Token, low: Token, high: Token) -> Rule:
        field, of = self._field(name)
        if of in ("boolean", "choice"):
            raise self._not_so("between asks for numbers, dates and texts", of, name)
        first, last = self._value(field, of, low), self._value(field, of, high)
        if isinstance(first, str) is not isinstance(last, str):
            raise Wrong("between needs two numbers or two texts", high)
        if first > last:  # type: ignore[operator]  # they are of one type
            raise Wrong("between begins with the smaller of the two", low)
        return Between(field, first, last)

    def empty(self, name: Token) -> Rule:
        return Empty(self._field(name)[0])

    def filled(self, name: Token) -> Rule:
        return Not(self.empty(name))

    def is_so(self, name: Token, typed: Token) -> Rule:
        field, of = self._field(name)
        if of != "boolean":
            raise self._not_so("only yes or no is asked for with is", of, name)
        return Compare(field, "=", self._value(field, of, typed))

    def within(self, name: Token, number: Token, unit: Token, *, ahead: bool = False) -> Rule:
        field, of = self._field(name)
        if of != "date":
            raise self._not_so("only a date is within days from today", of, name)
        days = _whole(number, LONGEST_AGO) * (7 if unit.lower().startswith("week") else 1)
        return Within(field, days, ahead)

    def ahead(self, name: Token, number: Token, unit: Token) -> Rule:
        return self.within(name, number, unit, ahead=True)

    def has_tag(self, tag: Token) -> Rule:
        return HasTag(_bare(tag))

    def in_tags(self, tags: tuple[Token, ...]) -> Rule:
        return some([HasTag(_bare(tag)) for tag in tags])

    def in_no_tags(self, tags: tuple[Token, ...]) -> Rule:
        return opposite(self.in_tags(tags))

    def no_tag(self) -> Rule:
        return Empty("tag")

    def any_tag(self) -> Rule:
        return Not(Empty("tag"))

    def on_list(self, name: Token, sign: Token, slug: Token, state: Token | None) -> Rule:
        if "list" in self._fields and slug.type == "STRING" and state is None:
            return self.compare(name, sign, slug)
        return _equal(OnList((_bare(slug),), _state(state)), sign)

    def on_lists(self, name: Token, slugs: tuple[Token, ...], state: Token | None) -> Rule:
        return OnList(tuple(map(_bare, slugs)), _state(state))

    def on_no_list(self, name: Token, slugs: tuple[Token, ...], state: Token | None) -> Rule:
        return Not(self.on_lists(name, slugs, state))

    def in_segment(self, name: Token, slug: Token) -> Rule:
        return InSegment(_bare(slug))

    def segment_is(self, name: Token, sign: Token, slug: Token) -> Rule:
        if "segment" in self._fields and slug.type == "STRING":
            return self.compare(name, sign, slug)
        return _equal(InSegment(_bare(slug)), sign)

    def in_segments(self, name: Token, slugs: tuple[Token, ...]) -> Rule:
        return some([InSegment(_bare(slug)) for slug in slugs])

    def in_no_segment(self, name: Token, slugs: tuple[Token, ...]) -> Rule:
        return opposite(self.in_segments(name, slugs))

    def did(self, deed: Token, campaigns: Token | tuple[Token, ...]) -> Rule:
        several = (campaigns,) if isinstance(campaigns, Token) else campaigns
        return Did(cast(Deed, deed.lower()), tuple(map(_bare, several)))

    def lately(self, deed: Token, number: Token, slug: Token | None) -> Rule:
        count = _whole(number, MOST_CAMPAIGNS)
        return DidLately(cast(Deed, deed.lower()), count, _bare(slug) if slug else None)

    def _field(self, token: Token) -> tuple[str, Kind]:
        name = plain_name(token)
        if name == "tags":
            raise Wrong("tags are asked for like this: tag has runner", token)
        of = kind(name, self._fields)
        if name in FIELDS and of not in WAYS_OF_VALUES:
            raise Wrong(f"{name} is asked for like this: {WAYS[of][0][1]}", token)
        if self._strict and name not in FIELDS and name not in self._fields:
            raise Wrong(self._unknown(str(token)), token)
        return name, of

    def _text_field(self, token: Token, how: str) -> str:
        name, of = self._field(token)
        if of not in ("text", "choice"):
            raise self._not_so(f"only a text {how} another", of, token)
        return name

    def _value(self, name: str, of: Kind, token: Token) -> Value:
        typed = _bare(token)
        if token.type == "NUMBER":
            if not _NUMBER.fullmatch(token):
                raise Wrong("a number may have 9 digits, and 6 behind the point", token)
            if of in ("text", "number"):
                return float(token)
        if of in ("text", "choice"):
            if token.type in ("YES_NO", "NUMBER"):
                raise Wrong(f'text needs quotes: "{token}"', token)
            return self._checked_choice(name, typed, token) if of == "choice" else typed
        return _of_type(Field(name, of), typed, token)  # type: ignore[arg-type]  # tag, list … have no values

    def _checked_choice(self, name: str, typed: str, token: Token) -> str:
        if not self._strict or not typed:
            return typed
        try:
            return read_value(self._fields[name], typed)
        except BadInput as cause:
            raise Wrong(cause.sentence, token) from cause

    def _not_so(self, words: str, of: Kind, name: Token) -> Wrong:
        return Wrong(f"{words}, and {name} is a {of}; it is asked for like this: {WAYS[of][0][1]}", name)

    def _unknown(self, name: str) -> str:
        fields = sorted({*(each for each in FIELDS if kind(each, self._fields) in WAYS_OF_VALUES), *self._fields})
        if close := difflib.get_close_matches(plain_name(name), fields, n=1, cutoff=0.7):
            return f"there is no custom field {name}; did you mean {close[0]}?"
        shown = ", ".join(fields[:12]) + (" …" if len(fields) > 12 else "")
        return (
            f"there is no custom field {name} (there are {shown}); add it with: tipsheet field add {plain_name(name)}"
        )


WAYS_OF_VALUES = ("text", "number", "date", "boolean", "choice")


def _of_type(field: Field, typed: str, token: Token) -> Value:
    try:
        kept = read_value(field, typed)
    except BadInput as cause:
        raise Wrong(cause.sentence, token) from cause
    if not kept:
        raise Wrong(f"a value is missing here; ask for nothing with: {field.name} is empty", token)
    if field.type == "date":
        return date.fromisoformat(kept)
    return float(kept) if field.type == "number" else kept == "yes"


def _equal(rule: Rule, sign: Token) -> Rule:
    if sign not in ("=", "!="):
        raise Wrong("a name is the same or not; write = or !=", sign)
    return rule if sign == "=" else Not(rule)


def _state(token: Token | None) -> State:
    return cast(State, token.lower()) if token else "confirmed"


def _whole(token: Token, most: int) -> int:
    if not token.isdecimal() or not 1 <= int(token) <= most:
        raise Wrong(f"write a whole number from 1 to {most:,}", token)
    return int(token)


def _some_text(token: Token) -> str:
    if not _bare(token):
        raise Wrong("every text contains nothing at all; write some text to look for", token)
    return _bare(token)


def _bare(token: Token) -> str:
    if token.type != "STRING":
        return str(token)
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)
