"""The message as plain data, and the values that one recipient puts into its slots.

It knows no templates folder and no campaign: what may stand in a slot was decided when the message was compiled.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from delivery.expressions import Compute, clean, compute, link_of, shown

Valued = Callable[[Mapping[str, Any], Mapping[str, str]], str]
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


class Filled(NamedTuple):  # made once for each recipient, in half the time of a frozen dataclass
    subject: str
    html: str
    text: str


class Filler:
    """Fills one message for many recipients. Values are put in by position, so none can act as a token."""

    def __init__(self, message: Message) -> None:
        self.message = message
        slots = {slot.token: slot for slot in message.slots}
        self._tokens = tokens = re.compile("|".join(slots) or "(?!)")
        self._subject = _Segments(message.subject, tokens)
        self._html = _Segments(message.html, tokens)
        self._text = _Segments(message.text, tokens)
        # Only what stands in the message itself: a token inside a branch is filled with its branch.
        standing = dict.fromkeys(self._subject.tokens + self._html.tokens + self._text.tokens)
        self._values = [(token, _valued(slots[token], slots, tokens)) for token in standing]
        named = {token: _LINK.fullmatch(slots[token].source) for token in standing}
        self._swift = [(t, _plain_link(link[1]) if (link := named[t]) else value) for t, value in self._values]
        # A text no longer than this has no line that values made too long.
        bare = tokens.sub("", message.text)
        self._roomy = len(bare) + LONGEST_LINE - max(map(len, bare.split("\n")))

    def values(self, recipient: Recipient) -> dict[str, str]:
        """What stands for each token: escaped for its place, HTML as ASCII."""
        subscriber, links = recipient.subscriber, recipient.links
        # Links are most of the characters, and one look at all of them is cheaper than one at each.
        how = self._swift if _HARMLESS.fullmatch("".join(links.values())) else self._values
        return {token: value(subscriber, links) for token, value in how}

    def holds_token(self, values: Mapping[str, str]) -> bool:
        """Whether a value holds a token: then only `fill` is safe, since a provider replaces in an unknown order."""
        return self._tokens.search("\0".join(values.values())) is not None

    def fill(self, recipient: Recipient) -> Filled:
        return self.assemble(self.values(recipient))

    def assemble(self, values: Mapping[str, str]) -> Filled:
        """The mail of whoever these values are of (the outbox computes them once, for size and sending)."""
        at = values.__getitem__
        text = self._text.join(map(at, self._text.tokens))
        if len(text) > self._roomy:
            text = wrap(text)
        subject = self._subject.join(map(at, self._subject.tokens)).strip()
        if "  " in subject:  # around a value that is empty
            subject = in_subject(subject)
        return Filled(subject, self._html.join(map(at, self._html.tokens)), text)


class _Segments:
    """A text cut once at its tokens."""

    def __init__(self, text: str, tokens: re.Pattern[str]) -> None:
        self.tokens = tuple(tokens.findall(text))
        self._parts = [part for literal in tokens.split(text) for part in (literal, "")][:-1]

    def join(self, values: Iterable[str]) -> str:
        """The text with these values at its tokens, in their order."""
        parts = self._parts.copy()
        parts[1::2] = values
        return "".join(parts)


def _valued(slot: Slot, slots: Mapping[str, Slot], tokens: re.Pattern[str]) -> Valued:
    if slot.branches:
        return _choice(slot, slots, tokens)
    escape = _ESCAPES[slot.place]
    if link := _LINK.fullmatch(slot.source):
        return _link(link[1], escape)
    computed = compute(slot.source, slot.values, escape=slot.place in HTML)
    plain = re.fullmatch(r"subscriber\.(\w+)(?:\|(?:d|default)\('([^'\\]*)'(?:, true)?\))?", slot.source)
    if plain:
        return _field(plain[1], escape(plain[2] or ""), escape, computed)
    return lambda subscriber, links: escape(computed(subscriber, links))


def _field(name: str, default: str, escape: Callable[[Any], str], computed: Compute) -> Valued:
    """`subscriber.x`, which is most of what mails show, by the shortest way: names and towns repeat."""

    @lru_cache(maxsize=4096)
    def known(text: str) -> str:
        return escape(clean(text)) or default

    def value(subscriber: Mapping[str, Any], links: Mapping[str, str]) -> str:
        found = subscriber.get(name)
        return known(found) if type(found) is str else escape(computed(subscriber, links))

    return value


def _link(name: str, escape: Callable[[Any], str]) -> Valued:
    return lambda _subscriber, links: escape(link_of(links, name))


def _plain_link(name: str) -> Valued:
    return lambda _subscriber, links: links.get(name) or ""


def _choice(slot: Slot, slots: Mapping[str, Slot], tokens: re.Pattern[str]) -> Valued:
    which = compute(slot.source, slot.values, escape=slot.place in HTML)
    branches = [_branch(branch, slots, tokens) for branch in slot.branches]
    last = len(branches) - 1

    def chosen(subscriber: Mapping[str, Any], links: Mapping[str, str]) -> str:
        number = which(subscriber, links)
        # A condition that cannot be told for this person (a word compared with a number) is not met.
        return branches[last if number is None else number](subscriber, links)

    return chosen


def _branch(text: str, slots: Mapping[str, Slot], tokens: re.Pattern[str]) -> Valued:
    segments = _Segments(text, tokens)
    inner = [_valued(slots[token], slots, tokens) for token in segments.tokens]
    if not inner:
        return lambda _subscriber, _links: text
    if len(inner) == 1:
        value, (before, after) = inner[0], tokens.split(text)
        return lambda subscriber, links: f"{before}{value(subscriber, links)}{after}"
    return lambda subscriber, links: segments.join([value(subscriber, links) for value in inner])


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


_LINK = re.compile(r"links\.(\w+)")
_HARMLESS = re.compile(r"[!#-%(-;=?-~]*")  # ASCII without what HTML would read: & < > and quotes
HTML = frozenset({Place.TEXT, Place.ATTRIBUTE, Place.URL})
_ESCAPES: dict[Place, Callable[[Any], str]] = {
    Place.TEXT: in_html,
    Place.ATTRIBUTE: in_html,
    Place.URL: in_html,  # `urlencode` or our own links made it a URL; here only its & must be written &amp;
    Place.PLAIN: shown,
    Place.SUBJECT: in_subject,
}
