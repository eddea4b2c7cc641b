"""Cleaning of text from outside before it is kept: every door that stores a person's values goes through here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from base.errors import BadInput
from base.time import zone

LONGEST = 500
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_JOINERS = "\u200c\u200d"  # emoji and several scripts are wrong without them; they hide and turn nothing
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


def clean(text: str) -> str:
    """One line without characters that cannot be seen or that turn the direction of what follows, capped."""
    if text.isascii() and text.isprintable():
        return text.strip()[:LONGEST]
    line = unicodedata.normalize("NFC", _BREAKS.sub(" ", text))
    return "".join(c for c in line if _is_kept(c)).strip()[:LONGEST]


def clean_all(texts: Sequence[str]) -> list[str]:
    """The same for many at once: most columns of most files need nothing but their blanks taken off."""
    together = "".join(texts)
    if together.isascii() and together.isprintable() and max(map(len, texts), default=0) <= LONGEST:
        return list(map(str.strip, texts))
    return list(map(clean, texts))


def clean_zone(text: str) -> str:
    """The name of an IANA zone, or nothing. Raises BadInput."""
    name = clean(text)
    if name:
        zone(name)
    return name


def clean_locale(text: str) -> str:
    """A language tag such as de-AT, or nothing. Raises BadInput."""
    name = clean(text).replace("_", "-")
    if name and not _LOCALE.fullmatch(name):
        raise BadInput(f"{name[:40]!r} is no locale; use one such as en or de-AT")
    return name


def _is_kept(character: str) -> bool:
    # Cc: control, Cf: direction and zero-width, Cs: halves of characters that no database takes.
    return character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
