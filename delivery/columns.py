"""One slot for many people at once: a whole column where that means the same, person by person where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Protocol

from delivery.expressions import LONGEST_VALUE

Fields = Mapping[str, Any]
Valued = Callable[[Fields, Mapping[str, str]], str]  # of one person

LINK = re.compile(r"links\.(\w+)")
FIELD = re.compile(r"subscriber\.(\w+)(?:\|(?:d|default)\('([^'\\]*)'(?:, true)?\))?")
_HARMLESS = bytes(byte for byte in range(33, 127) if chr(byte) not in "&<>\"'")


class Subscribers(Protocol):
    def __iter__(self) -> Iterator[Fields]: ...

    def column(self, name: str) -> Sequence[Any]:
        """A field of each; None for whoever has it not."""


Column = Callable[[Subscribers, Mapping[str, Sequence[str]]], Sequence[str]]  # of many, with a link each


def column(source: str, value: Valued) -> Column:
    """What `value` says of each, by the shortest way that its source allows."""
    if link := LINK.fullmatch(source):
        return partial(_links, link[1], value)
    if field := FIELD.fullmatch(source):
        return partial(_fields, field[1], value)
    return partial(_one_by_one, value)


def is_harmless(text: str) -> bool:
    """Whether this means the same everywhere: nothing that HTML would read, that needs a reference or breaks a line."""
    return not text.encode("utf-8", "surrogatepass").translate(None, _HARMLESS)


def _links(name: str, value: Valued, _subscribers: object, links: Mapping[str, Sequence[str]]) -> Sequence[str]:
    found = links[name]
    return found if is_harmless("".join(found)) else [value({}, {name: link}) for link in found]


def _fields(name: str, value: Valued, subscribers: Subscribers, _links: object) -> Sequence[str]:
    texts = subscribers.column(name)
    if set(map(type, texts)) != {str}:
        return [value(subscriber, {}) for subscriber in subscribers]
    if _stay(texts):
        empty = value({name: ""}, {})
        return texts if all(texts) else [text or empty for text in texts]
    known = {text: value({name: text}, {}) for text in set(texts)}
    return list(map(known.__getitem__, texts))


def _stay(texts: Sequence[str]) -> bool:
    """Whether these stay as they are in every place: without double spaces, which no subject keeps, and short."""
    if "  " in "\0".join(texts) or max(map(len, texts)) > LONGEST_VALUE:
        return False
    return is_harmless("".join(texts).replace(" ", ""))


def _one_by_one(value: Valued, subscribers: Subscribers, links: Mapping[str, Sequence[str]]) -> Sequence[str]:
    theirs = zip(*links.values(), strict=True) if links else repeat(())
    return [value(who, dict(zip(links, own, strict=True))) for who, own in zip(subscribers, theirs, strict=False)]
