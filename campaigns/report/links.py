"""The links of a mail and who clicked on them. What differs from person to person in an address is left out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import html as lxml_html

from campaigns.report.reasons import shortened
from delivery.slots import Message, Slot

ELSEWHERE = "an address that is not in the mail as it was approved"
_OURS = {"u": "Unsubscribe", "p": "Your preferences", "m": "View in browser"}  # by their path
_FIXED = re.compile(r"https?://[^/?#…]+[/?#]", re.IGNORECASE)  # whose site it is must not differ from person to person
_LONGEST = 60


@dataclass(frozen=True)
class Link:
    words: str  # as they stand in the mail
    url: str  # with … where it differs from person to person; empty for our own pages
    people: int
    clicks: int


def clicked(message: Message, public_url: str, clicks: Mapping[str, Sequence[int]]) -> tuple[Link, ...]:
    """Every link of the mail, the most clicked first; our own pages and what is unknown only where somebody clicked."""
    known = {url: (words, pattern) for words, url, pattern in reversed(list(_links(message)))}
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for url, (words, _) in reversed(known.items()):
        found[words, url] = []
    for url, people in clicks.items():
        found[_place(url, public_url, known)].extend(people)
    rows = [Link(words, url, len(set(people)), len(people)) for (words, url), people in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.people, -row.clicks)))


def _place(url: str, public_url: str, known: Mapping[str, tuple[str, re.Pattern[str]]]) -> tuple[str, str]:
    """The words and the address as they may be shown: what was clicked on can hold a person's own token."""
    for shown, (words, pattern) in known.items():
        if pattern.fullmatch(url):
            return words, shown
    for path, words in _OURS.items():
        if url.startswith(f"{public_url}/{path}/"):
            return words, ""
    return ELSEWHERE, ""


def _links(message: Message) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """Words, address as it is shown, and the pattern that a click's address has to fit."""
    slots = {slot.token: slot for slot in message.slots}
    tokens = re.compile("|".join(slots) or "(?!)")
    for anchor in lxml_html.document_fromstring(_with_branches(message.html, slots, tokens)).iter("a"):
        url = str(anchor.get("href") or "").strip()
        shown = tokens.sub("…", url)
        if _FIXED.match(shown + "/"):
            pattern = "(?s:.*)".join(map(re.escape, tokens.split(url)))
            yield _words(anchor, tokens) or shown, shown, re.compile(pattern)


def _with_branches(text: str, slots: Mapping[str, Slot], tokens: re.Pattern[str]) -> str:
    """What only some people get stands there for all of it, one after the other."""

    def branches(found: re.Match[str]) -> str:
        slot = slots[found[0]]
        return "".join(_with_branches(each, slots, tokens) for each in slot.branches) if slot.branches else found[0]

    return tokens.sub(branches, text)


def _words(anchor: lxml_html.HtmlElement, tokens: re.Pattern[str]) -> str:
    said = anchor.text_content() or " ".join(str(image.get("alt") or "") for image in anchor.iter("img"))
    return shortened(" ".join(tokens.sub("…", said).split()), _LONGEST)
