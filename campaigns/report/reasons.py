"""Why mails came back, in few words and without anybody's address: what other mail servers say is put into groups."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.report.rates import BOUNCED

KINDS = {  # of events, as staff read them
    "bounced": BOUNCED,
    "blocked": "turned away",
    "dropped": "held back by the provider",
}
_LONGEST = 80
# The code that a mail server gives beside its words (RFC 3463): subject.detail, else the subject alone.
_CODE = re.compile(r"\b[45]\.(\d{1,3})\.(\d{1,3})\b")
_MEANS = {
    "1.1": "no such mailbox",
    "1.2": "no such domain",
    "1.10": "the domain takes no mail",
    "1": "the address is wrong",
    "2.1": "the mailbox is closed",
    "2.2": "the mailbox is full",
    "2.3": "the mail is too large for the mailbox",
    "2": "the mailbox takes no mail",
    "3": "the mailbox's server cannot take it",
    "4.7": "it waited too long",
    "4": "the mailbox's server was not reached",
    "5": "the servers did not understand each other",
    "6": "the server did not like how the mail is made",
    "7.26": "the sender was not authenticated",
    "7": "refused by a rule or as spam",
}
_ADDRESS = re.compile(r"\S*@\S*")
_NUMBERS = re.compile(r"\S*\d{4,}\S*")  # ids and times: they would make a group of each mail


@dataclass(frozen=True)
class Back:
    kind: str
    reason: str
    people: int


def grouped(came_back: Mapping[tuple[str, str], set[int]]) -> tuple[Back, ...]:
    """The largest group of each kind first."""
    groups: dict[tuple[str, str], set[int]] = defaultdict(set)
    for (kind, words), people in came_back.items():
        groups[KINDS[kind], in_short(words)] |= people
    rows = [Back(kind, reason, len(people)) for (kind, reason), people in groups.items()]
    order = list(KINDS.values())
    return tuple(sorted(rows, key=lambda row: (order.index(row.kind), -row.people, row.reason)))


def in_short(words: str) -> str:
    for code in _CODE.finditer(words):
        subject, detail = code.groups()
        if means := _MEANS.get(f"{subject}.{detail}") or _MEANS.get(subject):
            return means
    return without_people(words.partition(" · ")[0]) or "no reason was given"


def without_people(words: str) -> str:
    """No address, no long number: a report is passed on."""
    return shortened(_NUMBERS.sub("…", _ADDRESS.sub("…", words)).strip(), _LONGEST)


def shortened(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"
