"""Bringing the values that are there to a field's new type, or into a slot: in chunks, so that nobody waits long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import orjson
from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import BadInput, NotFound, Refused
from base.words import counted
from subscribers.fields import plain_name
from subscribers.fields.custom import (
    Field,
    all_fields,
    free_slot,
    known_type,
    lock_fields,
    profile_values,
    read_choices,
    read_value,
)
from subscribers.models import CustomField, Profile, Subscriber

CHUNK = 2_000  # people a transaction: well under the time that one may hold the write lock
_EXAMPLES = 5
_PEOPLE, _PROFILES, _FIELDS = (cast(Table, each.__table__) for each in (Subscriber, Profile, CustomField))


@dataclass(frozen=True)
class Retyping:
    """What a change of type does to the values that are there."""

    field: Field  # as it will be
    before: Field
    fit: int
    lost: int  # people whose value has no meaning in the new type
    examples: tuple[str, ...]  # of these values, the most frequent first


def look(s: Session, name: str, type_: str, choices: Iterable[str] = ()) -> Retyping:
    """The dry run. Raises NotFound, BadInput, Refused where there is nothing to change."""
    before = get_field(s, name)
    kind = known_type(type_)
    field = replace(before, type=kind, choices=read_choices(kind, choices))
    if (field.type, field.choices) == (before.type, before.choices) and not before.changing:
        raise Refused(f"The field {field.name} is a {kind} already; there is nothing to change")
    fit, lost = 0, 0
    examples: list[str] = []
    for value, count in _values(s, field.name):
        if _fits(field, value):
            fit += count
        else:
            lost += count
            examples += [value] if len(examples) < _EXAMPLES else []
    return Retyping(field, before, fit, lost, tuple(examples))


def change_type(
    db: Database,
    name: str,
    type_: str,
    choices: Iterable[str] = (),
    *,
    lossy: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Retyping:
    """Give a field another type and bring everybody's value to it. Cut off, it is ended by running it again.

    Opens its own transactions. Raises Refused where values would be lost and that was not asked for (`lossy`).
    """
    with db.read() as s:
        found = look(s, name, type_, choices)
        last = s.scalar(select(func.max(_PEOPLE.c.id))) or 0
    if found.lost and not lossy:
        raise Refused(
            f"{counted(found.lost, 'person has', 'people have')} a value that is no {found.field.type}, such as "
            f"{', '.join(map(repr, found.examples))[:300]}; mend them first, or say --lossy to empty them"
        )
    with db.write() as s:
        _begin(s, found.field)
    after: int | None = 0
    while after is not None:
        if progress:
            progress(after, last)
        with db.write() as s:
            after = fill_some(s, after, lossy=lossy)
    with db.write() as s:
        end(s)
    return found


def promote_all(s: Session) -> None:
    """Give a slot to every field that has none, as far as there are free ones, and end what was cut off."""
    lock_fields(s)
    for field in all_fields(s).values():
        if field.slot is None and not field.changing and (slot := free_slot(s, field.type)):
            _mark(s, field.name, slot=f">{slot}")
    after: int | None = 0
    while after is not None:
        after = fill_some(s, after)
    end(s)


def get_field(s: Session, name: str) -> Field:
    """Raises NotFound."""
    found = all_fields(s).get(plain_name(name))
    if found is None:
        raise NotFound(f"There is no custom field {name[:80]!r}; see them with: tipsheet field list")
    return found


def fill_some(s: Session, after: int, *, lossy: bool = False, size: int = CHUNK) -> int | None:
    """Bring the next people's values to the fields that are changing; the last of them, None after the last of all.

    What does not fit stays as it was written, and empty to rules; `lossy` empties it.
    """
    lock_fields(s, shared=True)
    changing = {name: field for name, field in all_fields(s).items() if field.changing}
    query = select(_PEOPLE.c.id, _PEOPLE.c.custom).where(_PEOPLE.c.id > after).order_by(_PEOPLE.c.id).limit(size)
    people = s.execute(query.with_for_update()).all() if changing else []
    if not people:
        return None
    brought = {person.id: _bring(changing, person.custom, lossy) for person in people}
    changed = [{"b_id": p.id, "b_custom": brought[p.id]} for p in people if brought[p.id] != p.custom]
    if changed:
        people_update = update(_PEOPLE).where(_PEOPLE.c.id == bindparam("b_id")).values(custom=bindparam("b_custom"))
        s.execute(people_update, changed)
    _fill(s, changing, brought)
    return int(people[-1].id)


def end(s: Session) -> None:
    """Everybody is done: rules ask the new columns from now on."""
    lock_fields(s)
    for field in all_fields(s).values():
        if field.changing:
            _mark(s, field.name, slot=field.filling)


def _begin(s: Session, field: Field) -> None:
    lock_fields(s)
    now = get_field(s, field.name)
    kind = "t" if field.type in ("text", "choice") else "n"
    held = [slot for slot in (now.slot, now.filling, now.emptying) if slot]
    slot = next((each for each in held if each[0] == kind), None) or free_slot(s, field.type) or ""
    before = next((each for each in held if each != slot), "")
    _mark(s, field.name, slot=f"{before}>{slot}", type=field.type, choices=orjson.dumps(field.choices).decode())


def _values(s: Session, name: str) -> Iterable[tuple[str, int]]:
    value = Subscriber.custom[name].as_string()
    grouped = select(value, func.count()).where(value.is_not(None), value != "").group_by(value)
    rows = s.execute(grouped.order_by(func.count().desc(), value).execution_options(yield_per=1_000))
    return ((row[0], row[1]) for row in rows)


def _bring(changing: Mapping[str, Field], custom: Mapping[str, str], lossy: bool) -> dict[str, str]:
    brought = dict(custom)
    for name, field in changing.items():
        if not (value := custom.get(name, "")):
            continue
        if _fits(field, value):
            brought[name] = read_value(field, value)
        elif lossy:
            del brought[name]
    return brought


def _fits(field: Field, value: str) -> bool:
    try:
        return bool(read_value(field, value))
    except BadInput:
        return False


def _fill(s: Session, changing: Mapping[str, Field], brought: Mapping[int, Mapping[str, str]]) -> None:
    emptied = {field.emptying: None for field in changing.values() if field.emptying}
    rows = [
        {"b_id": number, **{f"b_{slot}": value for slot, value in (emptied | profile_values(changing, custom)).items()}}
        for number, custom in brought.items()
    ]
    slots = [name.removeprefix("b_") for name in rows[0] if name != "b_id"]
    if slots:
        values: dict[str, Any] = {slot: bindparam(f"b_{slot}") for slot in slots}
        s.execute(update(_PROFILES).where(_PROFILES.c.subscriber_id == bindparam("b_id")).values(**values), rows)


def _mark(s: Session, name: str, **columns: Any) -> None:
    s.execute(update(_FIELDS).where(_FIELDS.c.name == name).values(**columns))
