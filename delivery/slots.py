"""The message as plain data, and the values that one recipient puts into its slots.

It knows no templates folder and no campaign: what may stand in a slot was decided when the message was compiled.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from delivery.expressions import Compute, compute, shown

LONGEST_LINE = 998  # of a mail's text part, by RFC 5322


class Place(StrEnum):
    TEXT = "text"
    ATTRIBUTE = "attribute"
    URL = "url"
    PLAIN = "plain"
    SUBJECT = "subject"


@dataclass(frozen=True)
class Slot:
    token: str
    source: str  # a Jinja expression over `subscriber`, `links` and the names in `values`
    place: Place
    values: Mapping[str, Any] = field(default_factory=dict)  # what the campaign gave: numbers, words, lists of them
    branches: tuple[str, ...] = ()  # an `if`: its source tells which of these stands here; they may hold tokens


@dataclass(frozen=True)
class Message:
    subject: str
    html: str
    text: str
    slots: tuple[Slot, ...]

    @cached_property
    def hash(self) -> str:
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "html": self.html,
            "text": self.text,
            "slots": [{**asdict(slot), "branches": list(slot.branches)} for slot in self.slots],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Message:
        slots = tuple(
            Slot(s["token"], s["source"], Place(s["place"]), s["values"], tuple(s["branches"])) for s in data["slots"]
        )
        return cls(data["subject"], data["html"], data["text"], slots)


@dataclass(frozen=True)
class Recipient:
    subscriber: Mapping[str, Any]  # first_name, last_name, email, zone, locale, tags and every custom field
    links: Mapping[str, str]  # unsubscribe, preferences, browser


@dataclass(frozen=True)
class Filled:
    subject: str
    html: str
    text: str


class Filler:
    """Fills one message for many recipients. Values are put in by position, so none can act as a token."""

    def __init__(self, message: Message) -> None:
        self.message = message
        slots = {slot.token: slot for slot in message.slots}
        tokens = re.compile("|".join(slots) or "(?!)")
        self._tokens = tokens
        self._subject = _Segments(message.subject, tokens)
        self._html = _Segments(message.html, tokens)
        self._text = _Segments(message.text, tokens)
        computed = {token: _valued(slot, slots, tokens) for token, slot in slots.items()}
        # Only what stands in the message itself: a token inside a branch is filled with its branch.
        standing = {*self._subject.tokens, *self._html.tokens, *self._text.tokens}
        self._values = [(token, value) for token, value in computed.items() if token in standing]
        # Values in a text line are at most so long together before a line may need another break.
        self._room = LONGEST_LINE - max(map(len, tokens.sub("", message.text).split("\n")))

    def values(self, recipient: Recipient) -> dict[str, str]:
        """What stands for each token: escaped for its place, HTML as ASCII."""
        subscriber, links = recipient.subscriber, recipient.links
        return {token: value(subscriber, links) for token, value in self._values}

    def holds_token(self, values: Mapping[str, str]) -> bool:
        """Whether a value holds a token: then only `fill` is safe, since a provider replaces in an unknown order."""
        return self._tokens.search("\0".join(values.values())) is not None

    def fill(self, recipient: Recipient) -> Filled:
        return self.assemble(self.values(recipient))

    def assemble(self, values: Mapping[str, str]) -> Filled:
        """The mail of whoever these values are of."""
        text = self._text.join(values)
        if self._text.length(values) > self._room:
            text = wrap(text)
        return Filled(self._subject.join(values), self._html.join(values), text)


class _Segments:
    """A text cut once at its tokens."""

    def __init__(self, text: str, tokens: re.Pattern[str]) -> None:
        self.tokens = tokens.findall(text)
        self._parts = [part for literal in tokens.split(text) for part in (literal, "")][:-1]

    def join(self, values: Mapping[str, str]) -> str:
        parts = self._parts.copy()
        parts[1::2] = [values[token] for token in self.tokens]
        return "".join(parts)

    def length(self, values: Mapping[str, str]) -> int:
        return sum([len(values[token]) for token in self.tokens])


def _valued(slot: Slot, slots: Mapping[str, Slot], tokens: re.Pattern[str]) -> Compute:
    value = compute(slot.source, slot.values, escape=slot.place in HTML)
    return _choice(slot, value, slots, tokens) if slot.branches else _escaped(value, _ESCAPES[slot.place])


def _choice(slot: Slot, which: Compute, slots: Mapping[str, Slot], tokens: re.Pattern[str]) -> Compute:
    branches = [_Segments(branch, tokens) for branch in slot.branches]
    inner = [[(t, _valued(slots[t], slots, tokens)) for t in branch.tokens] for branch in branches]
    last = len(branches) - 1

    def choose(subscriber: Mapping[str, Any], links: Mapping[str, str]) -> str:
        chosen = which(subscriber, links)
        # A condition that cannot be told for this person (a word compared with a number) is not met.
        n = chosen if isinstance(chosen, int) else last
        return branches[n].join({token: value(subscriber, links) for token, value in inner[n]})

    return choose


def _escaped(value: Compute, escape: Callable[[Any], str]) -> Compute:
    def valued(subscriber: Mapping[str, Any], links: Mapping[str, str]) -> str:
        found = value(subscriber, links)
        # Most values are one plain word, which is the same wherever it stands.
        if type(found) is str and found.isalnum() and found.isascii():
            return found
        return escape(found)

    return valued


def in_html(value: Any) -> str:
    """Text for an element or a quoted attribute, in ASCII; a value that a filter has escaped already stays."""
    text = str(value) if hasattr(value, "__html__") else html.escape(shown(value))
    return text if text.isascii() else text.encode("ascii", "xmlcharrefreplace").decode()


def in_subject(value: Any) -> str:
    return " ".join(shown(value).split())


def wrap(text: str) -> str:
    """Breaks lines longer than a mail's may be, at a space where there is one."""
    lines = []
    for line in text.split("\n"):
        while len(line) > LONGEST_LINE:
            at = line.rfind(" ", 1, LONGEST_LINE) + 1 or LONGEST_LINE
            lines.append(line[:at].rstrip(" "))
            line = line[at:]
        lines.append(line)
    return "\n".join(lines)


HTML = frozenset({Place.TEXT, Place.ATTRIBUTE, Place.URL})
_ESCAPES: dict[Place, Callable[[Any], str]] = {
    Place.TEXT: in_html,
    Place.ATTRIBUTE: in_html,
    Place.URL: in_html,  # `urlencode` or our own links made it a URL; here only its & must be written &amp;
    Place.PLAIN: shown,
    Place.SUBJECT: in_subject,
}
