"""The names of what is known about a subscriber: for templates, segments and imports. Values are in models.py."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.errors import BadInput
from subscribers.models import CustomField

FIELDS = ("email", "first_name", "last_name", "zone", "locale", "joined", "tags")

# Words of the segment language, and names that would be taken for something else.
_KEPT = frozenset({*FIELDS, "id", "tag", "and", "or", "not", "in", "has", "contains"})
_LONGEST = 64


def known_fields(s: Session) -> dict[str, None]:
    """Every name that a template or a segment may ask a subscriber for, with no value of its own."""
    custom = s.scalars(select(CustomField.name).order_by(CustomField.name))
    return dict.fromkeys((*FIELDS, *custom))


def field_name(text: str) -> str:
    """A custom field's name as an identifier: `Favourite sport` is favourite_sport. Raises BadInput."""
    name = re.sub(r"\W+", "_", text.strip().lower()).strip("_")
    if not name or not name.isidentifier() or len(name) > _LONGEST:
        raise BadInput(
            f"{text[:80]!r} cannot be the name of a field; use letters, digits and _, starting with a letter"
        )
    if name in _KEPT:
        raise BadInput(f"{name!r} cannot be the name of a custom field, it has a meaning of its own; choose another")
    return name


def remember_fields(s: Session, names: Iterable[str]) -> None:
    """Make custom fields known. Two imports may bring the same new name at the same time."""
    new = sorted(set(names) - set(s.scalars(select(CustomField.name))))
    if new:
        insert = sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
        s.execute(insert(CustomField).on_conflict_do_nothing(), [{"name": name} for name in new])
