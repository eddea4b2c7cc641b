"""The people of a chunk as columns, ready to be stored: made while the chunk before is being written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from subscribers.fields.custom import Field, slotted
from subscribers.importing.incoming import Person

Columns = dict[str, Sequence[Any]]

_NAMES = ("first_name", "last_name", "zone", "locale")


@dataclass(frozen=True)
class Prepared:
    people: Sequence[Person]  # in the order of their keys
    columns: Columns  # of subscribers, profiles and consents, without ids and typed values
    typed: Columns  # by the custom field's name
    read_as: Mapping[str, Field]  # how those were read
    tags: Mapping[str, Sequence[int]]  # with the places of those who have them

    def some(self, places: Sequence[int]) -> Prepared:
        """The same of these places alone."""
        if len(places) == len(self.people):
            return self
        chosen, new = [self.people[place] for place in places], {place: at for at, place in enumerate(places)}
        tags = {tag: [new[place] for place in having if place in new] for tag, having in self.tags.items()}
        return Prepared(
            chosen,
            {name: [values[place] for place in places] for name, values in self.columns.items()},
            {name: [values[place] for place in places] for name, values in self.typed.items()},
            self.read_as,
            {tag: having for tag, having in tags.items() if having},
        )


def prepare(people: Sequence[Person], fields: Mapping[str, Field]) -> Prepared:
    """In the order of their keys: two imports of the same people then wait for each other instead of locking up."""
    ordered = sorted(people, key=itemgetter(0))
    names = set[str]().union(*(person.custom for person in ordered))
    read_as = {name: fields.get(name, Field(name)) for name in names}
    typed = {name: _typed(field, [person.custom.get(name) for person in ordered]) for name, field in read_as.items()}
    tags: dict[str, list[int]] = {}
    for place, person in enumerate(ordered):
        for tag in person.tags:
            tags.setdefault(tag, []).append(place)
    return Prepared(ordered, _columns(ordered), typed, read_as, tags)


def _columns(people: Sequence[Person]) -> Columns:
    if not people:
        return {}
    keys, wide, emails, fixed, _, custom, _, joined, consented, personal = zip(*people, strict=True)
    columns: Columns = {
        "email": emails,
        "address_key": keys,
        "wide_key": wide,
        **dict(zip(_NAMES, zip(*fixed, strict=True), strict=True)),
        "custom": custom,
        "joined": joined,
        "at": consented,
        **dict(zip(("personal", "salt", "digest"), zip(*personal, strict=True), strict=True)),
    }
    return {name: values for name, values in columns.items() if any(values)}


def _typed(field: Field, texts: Sequence[str | None]) -> Sequence[Any]:
    """Each different value is read once."""
    if field.type in ("text", "choice"):
        return texts
    read = {text: slotted(field.type, text or "") for text in set(texts)}
    return [read[text] for text in texts]
