"""The people of a chunk as columns, ready to be stored: made while the chunk before is being written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

import orjson

from subscribers.fields.custom import Field, slotted
from subscribers.importing.incoming import Person
from subscribers.importing.packing import Columns, Packed, pack

_NAMES = ("first_name", "last_name", "zone", "locale")
_MOST_TYPED = 100  # are packed: of a file's hundreds of fields few have a slot in the end


@dataclass(frozen=True)
class Prepared:
    people: Sequence[Person]  # in the order of their keys
    columns: Columns  # of subscribers, profiles, consents and tags, without ids and typed values
    typed: Columns  # by the custom field's name
    read_as: Mapping[str, Field]  # how those were read
    packed: Packed | None = None  # for SQLite, where all of them are stored as they are

    def some(self, places: Sequence[int]) -> Prepared:
        """The same of these places alone, not packed."""
        return Prepared(
            [self.people[place] for place in places],
            {name: [values[place] for place in places] for name, values in self.columns.items()},
            {name: [values[place] for place in places] for name, values in self.typed.items()},
            self.read_as,
        )


def prepare(people: Iterable[Person], fields: Mapping[str, Field], *, packing: bool) -> Prepared:
    """In the order of their keys: two imports of the same people then wait for each other instead of locking up."""
    ordered = sorted(people, key=itemgetter(0))
    by_name = _by_name([person.custom for person in ordered])
    read_as = {name: fields.get(name, Field(name)) for name in by_name}
    typed = {name: _typed(read_as[name], texts) for name, texts in by_name.items()}
    columns = _columns(ordered)
    packed = pack(columns, dict(islice(typed.items(), _MOST_TYPED))) if packing and ordered else None
    return Prepared(ordered, columns, typed, read_as, packed)


def _by_name(custom: Sequence[Mapping[str, str]]) -> dict[str, list[str | None]]:
    if len(set(map(len, custom))) == 1:
        with suppress(KeyError):  # mostly all of them have the same
            return {name: list(map(itemgetter(name), custom)) for name in custom[0]}
    return {name: [each.get(name) for each in custom] for name in set[str]().union(*custom)}


def _columns(people: Sequence[Person]) -> Columns:
    if not people:
        return {}
    keys, wide, emails, fixed, _, custom, tags, joined, consented, personal = zip(*people, strict=True)
    columns = {
        "email": emails,
        "address_key": keys,
        "wide_key": wide,
        **dict(zip(_NAMES, zip(*fixed, strict=True), strict=True)),
        "custom": custom,
        "joined": joined,
        "at": consented,
        **dict(zip(("personal", "salt", "digest"), zip(*personal, strict=True), strict=True)),
        "tags": _as_json(tags),
    }
    return {name: values for name, values in columns.items() if any(values)}


def _as_json(tags: Sequence[tuple[str, ...]]) -> list[str | None]:
    return [orjson.dumps(each).decode() if each else None for each in tags]


def _typed(field: Field, texts: Sequence[str | None]) -> Sequence[Any]:
    """Each different value is read once."""
    if field.type in ("text", "choice"):
        return texts
    read = {text: slotted(field.type, text or "") for text in set(texts)}
    return [read[text] for text in texts]
