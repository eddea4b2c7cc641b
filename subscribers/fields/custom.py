"""Custom fields: their types, their values in one spelling, and where rules find them. How people write: typed.py.

A value is kept as text in subscribers.custom. A field with a slot is in profiles too, typed: whoever writes the one
writes the other, by profile_values().
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast, get_args

import orjson
from sqlalchemy import Table, insert, select, text, update
from sqlalchemy.orm import Session

from base.errors import BadInput, Refused
from subscribers.fields import field_name, refuse_hiding
from subscribers.fields.typed import Dates, choice, day, number, yes_or_no
from subscribers.fields.values import clean
from subscribers.models import CustomField, Profile

Type = Literal["text", "number", "date", "boolean", "choice"]
Slotted = str | float | None

TYPES: tuple[Type, ...] = get_args(Type)
SLOTS = {"t": tuple(f"t{n}" for n in range(1, 9)), "n": tuple(f"n{n}" for n in range(1, 9))}
# As SQL has them too: fifteen digits are the same number by the same text everywhere.
NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOOLEANS = {"yes": 1.0, "no": 0.0}
_EPOCH = date(1970, 1, 1).toordinal()
_PROFILES = cast(Table, Profile.__table__)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Type = "text"
    choices: tuple[str, ...] = ()
    slot: str | None = None  # the column of profiles with everybody's value; None: rules read the wide row
    filling: str | None = None  # a column that every new value goes to, while it is filled with the old ones
    emptying: str | None = None  # meanwhile: the column that it had before
    changing: bool = False  # values of its type before may still be there (retyping.py)


def all_fields(s: Session) -> dict[str, Field]:
    """Every custom field by its name."""
    return {row.name: as_field(row) for row in s.execute(select(_FIELDS).order_by(_FIELDS.c.name))}


def read_value(field: Field, text: str, dates: Dates = "iso") -> str:
    """What somebody wrote, in the one spelling that is kept; empty stays empty. Raises BadInput."""
    cleaned = clean(text)
    if not cleaned or field.type == "text":
        return cleaned
    try:
        return _read(field, cleaned, dates)
    except BadInput as cause:
        raise BadInput(f"{field.name}: {cause.sentence}") from cause


def profile_values(fields: Mapping[str, Field], custom: Mapping[str, str]) -> dict[str, Slotted]:
    """The columns of profiles that belong to these fields, empty ones as None. `custom` has values as they are kept."""
    return {
        slot: slotted(field.type, custom.get(name, ""))
        for name, field in fields.items()
        if (slot := field.slot or field.filling)
    }


def slotted(type_: Type, kept: str) -> Slotted:
    """One kept value as it stands in a slot; None for what is not of its type, left over from the type before."""
    if not kept or type_ in ("text", "choice"):
        return kept or None
    if type_ == "boolean":
        return _BOOLEANS.get(kept)
    if type_ == "number":
        return float(kept) if NUMBER.fullmatch(kept) else None
    try:
        return float(date.fromisoformat(kept).toordinal() - _EPOCH) if DATE.fullmatch(kept) else None
    except ValueError:
        return None


def remember(s: Session, names: Collection[str]) -> dict[str, Field]:
    """All custom fields, the new ones among these names added as text. To be called before anybody's values are
    written: the fields then stay as they are until the end of the transaction. Raises BadInput."""
    lock_fields(s, shared=set(names) <= all_fields(s).keys())
    fields = all_fields(s)
    refuse_hiding(set(names) - fields.keys())
    for name in sorted(set(names) - fields.keys()):
        fields[name] = Field(name, slot=free_slot(s, "text"))
        s.execute(insert(_FIELDS).values(name=name, slot=fields[name].slot))
    return fields


def keep_profile(s: Session, fields: Mapping[str, Field], subscriber_id: int, custom: Mapping[str, str]) -> None:
    """Bring one person's slots to what their custom values are now. Many people: executemany of profile_values()."""
    if values := profile_values(fields, custom):
        s.flush()  # a person who is new may not have the row yet
        s.execute(update(_PROFILES).where(_PROFILES.c.subscriber_id == subscriber_id).values(**values))


def add_field(s: Session, name: str, type_: str = "text", choices: Iterable[str] = ()) -> Field:
    """A new field that nobody has a value of yet. Raises BadInput, Refused for a name that is taken."""
    plain, kind = field_name(name), known_type(type_)
    options = read_choices(kind, choices)
    lock_fields(s)
    if plain in all_fields(s):
        raise Refused(f"The field {plain} is there already; change its type with: tipsheet field change {plain}")
    refuse_hiding([plain])
    field = Field(plain, kind, options, free_slot(s, kind))
    kept = {"type": kind, "choices": orjson.dumps(options).decode(), "slot": field.slot}
    s.execute(insert(_FIELDS).values(name=plain, **kept))
    return field


def known_type(type_: str) -> Type:
    """Raises BadInput."""
    if type_ not in TYPES:
        raise BadInput(f"{type_[:40]!r} is no type of field; use one of {', '.join(TYPES)}")
    return type_


def read_choices(type_: Type, choices: Iterable[str]) -> tuple[str, ...]:
    """Raises BadInput."""
    options = tuple(dict.fromkeys(filter(None, map(clean, choices))))
    if type_ == "choice" and not options:
        raise BadInput("A choice needs what can be chosen; name each: --choice small --choice large")
    if type_ != "choice" and options:
        raise BadInput(f"A {type_} has no choices; leave them away or make it a choice")
    return options


def lock_fields(s: Session, *, shared: bool = False) -> None:
    """Writers of values share it, changers of fields do not; SQLite has one writer at a time anyway."""
    if s.get_bind().dialect.name == "postgresql":
        how = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        s.execute(text(f"SELECT {how}(hashtext('tipsheet fields'))"))


def free_slot(s: Session, type_: Type) -> str | None:
    """The first column that no field of this kind has, also none that is being emptied."""
    taken = {slot for held in s.scalars(select(_FIELDS.c.slot)) if held for slot in held.split(">")}
    kind = "t" if type_ in ("text", "choice") else "n"
    return next((slot for slot in SLOTS[kind] if slot not in taken), None)


def as_field(row: Any) -> Field:
    """A row of custom_fields. The slot `t3>n1` says that t3 is being emptied and n1 filled, where there is one."""
    before, changing, after = (row.slot or "").rpartition(">")
    kind, choices = cast(Type, row.type), tuple(orjson.loads(row.choices))
    if changing:
        return Field(row.name, kind, choices, None, after or None, before or None, True)
    return Field(row.name, kind, choices, row.slot)


_FIELDS = cast(Table, CustomField.__table__)


def _read(field: Field, text: str, dates: Dates) -> str:
    match field.type:
        case "number":
            return number(text)
        case "date":
            return day(text, dates)
        case "boolean":
            return yes_or_no(text)
        case _:
            return choice(text, field.choices)
