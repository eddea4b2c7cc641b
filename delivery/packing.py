"""From a claim to what the provider is handed: links signed, values filled in, for a thousand people at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any

import orjson

from delivery.columns import Fields
from delivery.ledger import Claim, Member
from delivery.providers.provider import Addressed, Envelope, Parcel, People
from delivery.slots import Filler
from subscribers import links
from subscribers.keys import Keys

MOST_VALUES = 9_000  # bytes of tokens and values a person; SendGrid takes 10,000, whoever has more goes alone and whole
_WIDEST = 4  # bytes of a character
_PLAIN = ("email", "first_name", "last_name", "zone", "locale")  # every subscriber has them


def pack(keys: Keys, taken: Claim, filler: Filler) -> tuple[Parcel, list[int]]:
    """The parcel, and who of it cannot travel with others: too much text, or a value that holds a token."""
    envelope = Envelope(**orjson.loads(taken.envelope))
    tokens = links.sign_all(keys, [member.address_key for member in taken.members], taken.list_id, taken.public_id)
    urls = _link_columns(envelope.public_url, tokens, taken.public_id)
    values = filler.values_of(_Subscribers(taken.members), urls)
    ids, emails = [member.subscriber_id for member in taken.members], [member.email for member in taken.members]
    people = People(ids, emails, values, urls["unsubscribe"])
    apart = people if _some_go_alone(filler, values, urls) else ()
    alone = [person.subscriber_id for person in apart if _goes_alone(filler, person)]
    return Parcel(taken.attempt, taken.public_id, envelope, filler, people, taken.tracks_opens), alone


class _Subscribers:
    """The fields of those who are mailed; custom ones are only read where the message asks for one."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members

    def __iter__(self) -> Iterator[Fields]:
        return iter(self._whole)

    def column(self, name: str) -> Sequence[Any]:
        if name in _PLAIN:
            return list(map(attrgetter(name), self._members))
        return [fields.get(name) for fields in self._whole]

    @cached_property
    def _whole(self) -> list[Fields]:
        own = zip(*map(self.column, _PLAIN), strict=True)
        read = (orjson.loads(member.custom) for member in self._members)
        return [{**custom, **dict(zip(_PLAIN, plain, strict=True))} for custom, plain in zip(read, own, strict=True)]


def link_urls(public_url: str, token: str, run: str) -> dict[str, str]:
    """The links of one person's mail. The token identifies person and list by itself (RFC 8058 §3.1)."""
    return {name: column[0] for name, column in _link_columns(public_url, [token], run).items()}


def _link_columns(public_url: str, tokens: list[str], run: str) -> dict[str, list[str]]:
    return {
        "unsubscribe": [f"{public_url}/u/{token}" for token in tokens],
        "preferences": [f"{public_url}/p/{token}" for token in tokens],
        "browser": [f"{public_url}/m/{run}"] * len(tokens),
    }


def _some_go_alone(filler: Filler, values: Mapping[str, Sequence[str]], urls: Mapping[str, Sequence[str]]) -> bool:
    """One look at all of them, where nearly always nobody does: as if the longest of all values were one person's."""
    ours = set(map(id, urls.values()))  # written by nobody else: no slot's token stands in them
    if filler.holds_token(chain.from_iterable(column for column in values.values() if id(column) not in ours)):
        return True
    columns = {id(column): column for column in values.values()}  # a link mostly stands in both parts
    longest = {which: max(map(len, column)) for which, column in columns.items()}
    return sum(len(token) + longest[id(column)] * _WIDEST for token, column in values.items()) > MOST_VALUES


def _goes_alone(filler: Filler, person: Addressed) -> bool:
    values = person.values
    # Bytes of tokens and values, as SendGrid counts them.
    size = len("".join([*values, *values.values()]).encode())
    return size > MOST_VALUES or filler.holds_token(values.values())
