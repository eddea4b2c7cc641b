"""Numbers, dates, yes and no, and choices as people write them, each brought to its one spelling.

Nothing is stored here. Every reader takes its own spelling again: what was exported, or converted twice, stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal

from base.errors import BadInput

Dates = Literal["iso", "us", "eu"]  # 2026-11-23 is always understood; us: 11/23/2026 too; eu: 23.11.2026 and 23/11/2026

_YES = frozenset({"yes", "y", "true", "t", "1", "on", "ja", "j", "oui", "si", "sí", "sim", "wahr"})
_NO = frozenset({"no", "n", "false", "f", "0", "off", "nein", "non", "não", "falsch"})
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# Thousands in groups of three, always parted by the same sign; a point or comma once more is the decimal one.
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:(?P<sign>[.,' _])[0-9]{3})(?:(?P=sign)[0-9]{3})*)(?:[.,](?P<rest>[0-9]+))?")
_COMMA = re.compile(r"([0-9]+),([0-9]+)")
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}.*)?")
_US = re.compile(r"(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})/(?P<y>[0-9]{4})")
_EU = re.compile(r"(?P<d>[0-9]{1,2})[./](?P<m>[0-9]{1,2})[./](?P<y>[0-9]{4})")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2019": "'"})


def number(text: str) -> str:
    """`3.5` of `3.5`, `3,5` or `+3.50`; `1234.5` of `1.234,50`. `1,234` may mean two things and is refused."""
    plain = text.translate(_SPACES)
    minus = plain.startswith("-")
    digits = _plain(plain[1:] if plain[:1] in ("+", "-") else plain)
    if digits is None:
        raise BadInput(f"{text[:40]!r} is no number, or could be two; write it like 1234.5")
    whole, _, rest = digits.partition(".")
    whole, rest = whole.lstrip("0") or "0", rest.rstrip("0")
    if len(whole) > 9 or len(rest) > 6:
        raise BadInput(f"{text[:40]!r} is too long for a number (9 digits, and 6 behind the point); keep such as text")
    written = f"{whole}.{rest}" if rest else whole
    return f"-{written}" if minus and written != "0" else written


def day(text: str, dates: Dates = "iso") -> str:
    """`2026-11-23`; of an instant its date as written."""
    if iso := _ISO.fullmatch(text):
        return _real(text, iso[1])
    found = {"us": _US, "eu": _EU}[dates].fullmatch(text) if dates != "iso" else None
    if not found:
        raise BadInput(f"{text[:40]!r} is no date; write it like {_LIKE[dates]}")
    return _real(text, f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}")


def yes_or_no(text: str) -> str:
    word = text.casefold()
    if word in _YES:
        return "yes"
    if word in _NO:
        return "no"
    raise BadInput(f"{text[:40]!r} is neither yes nor no; write one of the two")


def choice(text: str, choices: Sequence[str]) -> str:
    """Upper and lower case do not matter where only one choice is meant."""
    if text in choices:
        return text
    alike = [each for each in choices if each.casefold() == text.casefold()]
    if len(alike) == 1:
        return alike[0]
    raise BadInput(f"{text[:40]!r} is none of the choices; they are {', '.join(choices)[:200]}")


_LIKE = {"iso": "2026-11-23", "us": "11/23/2026 or 2026-11-23", "eu": "23.11.2026 or 2026-11-23"}


def _plain(text: str) -> str | None:
    if _PLAIN.fullmatch(text):
        return text
    if comma := _COMMA.fullmatch(text):
        # 1,234 is a thousand to some and one and a bit to others; 0,234 and 12,5 can only be the latter.
        return None if _GROUPED.fullmatch(text) else f"{comma[1]}.{comma[2]}"
    grouped = _GROUPED.fullmatch(text)
    if not grouped or (grouped["rest"] and text[-len(grouped["rest"]) - 1] == grouped["sign"]):
        return None
    whole = grouped[1].replace(grouped["sign"], "")
    return f"{whole}.{grouped['rest']}" if grouped["rest"] else whole


def _real(text: str, iso: str) -> str:
    try:
        return date.fromisoformat(iso).isoformat()
    except ValueError as cause:
        raise BadInput(f"There is no day {text[:40]!r}; check it") from cause
