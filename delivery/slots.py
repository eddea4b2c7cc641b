"""The message as plain data, and the values that one recipient puts into its slots.

It knows no templates folder and no campaign: what may stand in a slot was decided when the message was compiled.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from delivery.columns import FIELD, LINK, Subscribers, Valued, column, is_harmless
from delivery.expressions import Compute, clean, compute, link_of, shown

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
        self._pattern = tokens = re.compile("|".join(slots) or "(?!)")
        texts = message.subject, message.html, message.text
        # Only what stands in the message itself: a token inside a branch is filled with its branch.
        standing = dict.fromkeys(token for text in texts for token in tokens.findall(text))
        links = {token: link[1] for token in standing if (link := LINK.fullmatch(slots[token].source))}
        self._tokens = [*links, *(token for token in standing if token not in links)]  # links first
        self._values = [_valued(slots[token], slots, tokens) for token in self._tokens]
        self._links, self._others = _picker(list(links.values())), self._values[len(links) :]
        self._columns = [
            column("" if slots[token].branches else slots[token].source, value)
            for token, value in zip(self._tokens, self._values, strict=True)
        ]
        self._subject, self._html, self._text = (_Segments(text, self._tokens, tokens) for text in texts)
        # A text no longer than this has no line that values made too long.
        bare = tokens.sub("", message.text)
        self._roomy = len(bare) + LONGEST_LINE - max(map(len, bare.split("\n")))

    def values(self, recipient: Recipient) -> dict[str, str]:
        """What stands for each token: escaped for its place, HTML as ASCII."""
        return dict(zip(self._tokens, self._computed(recipient), strict=True))

    def values_of(self, subscribers: Subscribers, links: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
        """The same for many, in a fraction of the time: slot by slot, and each different value of a field once.

        `links` has a link each, in the order of the subscribers, as the values for each token are.
        """
        return {token: column(subscribers, links) for token, column in zip(self._tokens, self._columns, strict=True)}

    def holds_token(self, values: Iterable[str]) -> bool:
        """Whether a value holds a token: then only `fill` is safe, since a provider replaces in an unknown order."""
        return self._pattern.search("\0".join(values)) is not None

    def fill(self, recipient: Recipient) -> Filled:
        return self._assembled(self._computed(recipient))

    def assemble(self, values: Mapping[str, str]) -> Filled:
        """The mail of whoever these values are of (the outbox computes them once, for size and sending)."""
        return self._assembled([values[token] for token in self._tokens])

    def _computed(self, recipient: Recipient) -> list[str]:
        subscriber, links = recipient.subscriber, recipient.links
        # Links are most of the characters; those that stand as they are everywhere are taken over all together.
        if is_harmless("".join(links.values())):
            try:
                return [*self._links(links), *[value(subscriber, links) for value in self._others]]
            except KeyError:
                pass  # a preview, say, has not all links
        return [value(subscriber, links) for value in self._values]

    def _assembled(self, values: Sequence[str]) -> Filled:
        text = self._text.join(values)
        if len(text) > self._roomy:
            text = wrap(text)
        subject = self._subject.join(values).strip()
        if "  " in subject:  # around a value that is empty
            subject = " ".join(subject.split())
        return Filled(subject, self._html.join(values), text)


class _Segments:
    """A text cut once at its tokens."""

    def __init__(self, text: str, tokens: list[str], pattern: re.Pattern[str]) -> None:
        numbers = {token: number for number, token in enumerate(tokens)}
        self._pick = _picker([numbers[token] for token in pattern.findall(text)])
        self._parts = [part for literal in pattern.split(text) for part in (literal, "")][:-1]

    def join(self, values: Sequence[str]) -> str:
        """The text with these values, given in the order of all tokens, where its tokens stood."""
        parts = self._parts.copy()
        parts[1::2] = self._pick(values)
        return "".join(parts)


def _valued(slot: Slot, slots: Mapping[str, Slot], tokens: re.Pattern[str]) -> Valued:
    if slot.branches:
        return _choice(slot, slots, tokens)
    escape = _ESCAPES[slot.place]
    if link := LINK.fullmatch(slot.source):
        return _link(link[1], escape)
    computed = compute(slot.source, slot.values, escape=slot.place in HTML)
    if plain := FIELD.fullmatch(slot.source):
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


def _picker(keys: list[Any]) -> Callable[[Any], Sequence[str]]:
    """What a mapping or list holds at these keys. itemgetter does it fastest, but for one key gives no tuple."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return (lambda values: (values[keys[0]],)) if keys else lambda _values: ()


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
    inside = tokens.findall(text)
    inner = [_valued(slots[token], slots, tokens) for token in inside]
    if not inner:
        return lambda _subscriber, _links: text
    if len(inner) == 1:
        value, (before, after) = inner[0], tokens.split(text)
        return lambda subscriber, links: before + value(subscriber, links) + after
    segments = _Segments(text, inside, tokens)
    return lambda subscriber, links: segments.join([value(subscriber, links) for value in inner])


def in_html(value: Any) -> str:
    """Text for an element or a quoted attribute, in ASCII; a value that a filter has escaped already stays."""
    text = str(value) if hasattr(value, "__html__") else html.escape(shown(value))
    return text if text.isascii() else text.encode("ascii", "xmlcharrefreplace").decode()


def in_subject(value: Any) -> str:
    return re.sub(r"\s+", " ", shown(value))


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
