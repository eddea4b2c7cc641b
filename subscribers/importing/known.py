"""People of an import who are known already: what is known of them, and what of it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from subscribers.fields.custom import Field, profile_values
from subscribers.importing.bulk import add_tags
from subscribers.importing.incoming import Person
from subscribers.importing.prepared import Prepared
from subscribers.importing.staging import find_present
from subscribers.models import Profile, Subscriber, Subscription
from subscribers.people import tags_of

# What happens to what is known: nothing; only what is empty is filled; what the file says is taken over. An empty
# value of the file never erases anything.
Conflict = Literal["keep", "fill", "overwrite"]

_PROFILES = cast(Table, Profile.__table__)
_NAMES = ("first_name", "last_name", "zone", "locale")


@dataclass(frozen=True, slots=True)
class Known:
    id: int
    fixed: tuple[str, ...]
    custom: Mapping[str, str]
    tags: frozenset[str]
    state: str | None  # on this list


def find_known(s: Session, list_id: int, prepared: Prepared) -> dict[bytes, Known]:
    """Locked until the end of the transaction: an opt-out comes before or after, not in between."""
    some = find_present(s, "subscribers", prepared, "address_key")
    if not some:
        return {}
    fixed = (getattr(Subscriber, name) for name in _NAMES)
    query = select(Subscriber.address_key, Subscriber.id, *fixed, Subscriber.custom)
    found = s.execute(query.where(Subscriber.address_key.in_(some)).order_by(Subscriber.id).with_for_update()).all()
    ids = [row.id for row in found]
    on_list = select(Subscription.subscriber_id, Subscription.state).where(
        Subscription.list_id == list_id, Subscription.subscriber_id.in_(ids)
    )
    states = {row.subscriber_id: row.state for row in s.execute(on_list)}
    tags = tags_of(s, ids)
    return {
        row.address_key: Known(row.id, tuple(row[2:6]), row.custom, frozenset(tags.get(row.id, ())), states.get(row.id))
        for row in found
    }


def bring_up_to_date(
    s: Session, fields: Mapping[str, Field], conflict: Conflict, people: Sequence[tuple[Known, Person]]
) -> set[int]:
    """The ids of those of whom anything changed."""
    if conflict == "keep":
        return set()
    new_tags = ((known.id, sorted(set(person.tags) - known.tags)) for known, person in people)
    tagged = {id_: tags for id_, tags in new_tags if tags}
    merged = [(known, *_merged(conflict, known, person)) for known, person in people]
    changed = [each for each in merged if each[1:] != (each[0].fixed, each[0].custom)]
    if changed:
        names = (*_NAMES, "custom")
        rows = [{"id": known.id, **dict(zip(names, (*fixed, custom), strict=True))} for known, fixed, custom in changed]
        s.execute(update(Subscriber), rows)
        _keep_profiles(s, fields, changed)
    add_tags(s, tagged)
    return {known.id for known, _, _ in changed} | tagged.keys()


def _merged(conflict: Conflict, known: Known, person: Person) -> tuple[tuple[str, ...], dict[str, str]]:
    pairs = zip(person.fixed, known.fixed, strict=True)
    if conflict == "fill":
        return tuple(old or new for new, old in pairs), {**person.custom, **known.custom}
    return tuple(new or old for new, old in pairs), {**known.custom, **person.custom}


def _keep_profiles(
    s: Session, fields: Mapping[str, Field], changed: Sequence[tuple[Known, tuple[str, ...], dict[str, str]]]
) -> None:
    rows: list[dict[str, Any]] = [{"whose": known.id, **profile_values(fields, custom)} for known, _, custom in changed]
    if len(rows[0]) > 1:
        slots: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "whose"}
        s.execute(update(_PROFILES).where(_PROFILES.c.subscriber_id == bindparam("whose")).values(slots), rows)
