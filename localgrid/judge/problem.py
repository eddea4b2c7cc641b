"""One thing wrong with a request, in the shape that SendGrid answers; no rules live here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message."


@dataclass(frozen=True)
class Problem:
    message: str
    field: str | None = None  # dotted, counted from zero: personalizations.1.to

    def as_json(self) -> dict[str, str | None]:
        return {"message": self.message, "field": self.field, "help": _help(self.field)}


# What SendGrid says when the request cannot even be read into its own types.
BAD_REQUEST = Problem("Bad Request")


def wrong_type(field: str, expected: str, value: object) -> Problem:
    return Problem(f"Invalid type. Expected: {expected}, given: {json_type(value)}.", field)


def unknown_keys(value: dict[str, object], known: Iterable[str], field: str = "") -> Iterator[Problem]:
    for key in value:
        if key not in known:
            yield Problem(f"Additional property {key} is not allowed", f"{field}.{key}" if field else key)


def is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def json_type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number"}
    return next(name for kind, name in names.items() if isinstance(value, kind))


def _help(field: str | None) -> str | None:
    if field is None:
        return None
    words = [word for word in field.split(".") if not word.isdigit()]
    return HELP + ".".join(words[:-1] if words[-1] in ("email", "name") and len(words) > 1 else words)
