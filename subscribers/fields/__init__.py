"""The names of what is known about a subscriber: for templates, segments and imports. Types and values: custom.py."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.errors import BadInput
from subscribers.models import CustomField

FIELDS = ("email", "first_name", "last_name", "zone", "locale", "joined", "tags")

# Words of the segment language, and names that would be taken for something else.
_KEPT = frozenset({*FIELDS, "id", "tag", "and", "or", "not", "in", "has", "contains"})
# What rules ask for by these names, a custom field would hide. One from before stays, so only new ones are refused.
_HIDDEN_BY = frozenset({"source", "opened", "clicked", "received", "list", "segment"})
_LONGEST = 64


def known_fields(s: Session) -> dict[str, None]:
    """Every name that a template or a segment may ask a subscriber for, with no value of its own."""
    custom = s.scalars(select(CustomField.name).order_by(CustomField.name))
    return dict.fromkeys((*FIELDS, *custom))


def plain_name(text: str) -> str:
    """Any way to write a field's name in its one form: `Größe (cm)` is grosse_cm.

    ASCII only: SQLite does not find other letters in the keys of stored JSON.
    """
    letters = unicodedata.normalize("NFKD", text.casefold()).casefold()  # 𝑨 is a capital only once it is taken apart
    bare = "".join(each for each in letters if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def field_name(text: str) -> str:
    """A custom field's name as an identifier. Raises BadInput."""
    name = plain_name(text)
    if not name.isidentifier() or len(name) > _LONGEST:
        raise BadInput(
            f"{text[:80]!r} cannot be the name of a field; use letters a-z, digits and _, starting with a letter"
        )
    if name in _KEPT:
        raise BadInput(f"{name!r} cannot be the name of a custom field, it has a meaning of its own; choose another")
    return name


def refuse_hiding(new: Iterable[str]) -> None:
    """Raises BadInput for names of new fields that would hide what rules ask for by them."""
    for name in sorted(_HIDDEN_BY.intersection(new)):
        raise BadInput(
            f"{name!r} is what rules call something that is known of everybody; give the field another name "
            f"(in an import: --map '{name}=my_{name}', or --map '{name}=-' to leave it out)"
        )
