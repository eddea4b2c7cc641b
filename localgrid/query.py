"""The query language of /v3/logs, as its specification lists it: field, operator, value, joined by AND."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

CREATED = "sg_message_id_created_at"
_OPERATORS = {
    **dict.fromkeys(("sg_message_id", "subject", "to_email", "reason"), ("=",)),
    **dict.fromkeys(("status", "categories"), ("IN",)),
    CREATED: (">=", "<=", ">", "<"),
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_TEXT = r"""(?:'[^']*'|"[^"]*")"""
_CONDITION = re.compile(
    rf"\s*(?P<field>\w+)\s*(?P<op>>=|<=|=|>|<|\bIN\b)\s*"
    rf"(?:TIMESTAMP\s*(?P<time>{_TEXT})|\(\s*(?P<list>{_TEXT}(?:\s*,\s*{_TEXT})*)\s*\)|(?P<text>{_TEXT}))\s*"
)
_AND = re.compile(r"AND\b")


class BadQuery(ValueError):
    """A query that SendGrid's language does not have, told in a sentence."""


@dataclass(frozen=True)
class Condition:
    field: str
    op: str
    value: Any  # text, a list of texts, or an instant

    def holds(self, row: dict[str, Any]) -> bool:
        """Text is compared case by case, as the real one does."""
        found = row.get(self.field)
        if self.op == "=":
            return bool(found == self.value)
        if self.op == "IN":
            return bool(set(found if isinstance(found, list) else [found]) & set(self.value))
        return _COMPARE[self.op](found, self.value)


def conditions_of(query: str) -> list[Condition]:
    conditions: list[Condition] = []
    at = 0
    while query[at:].strip():
        if conditions:
            at = _match(_AND, query, at, "AND").end()
        found = _match(_CONDITION, query, at, "a condition such as status IN ('delivered')")
        conditions.append(_condition(found))
        at = found.end()
    return conditions


def _match(pattern: re.Pattern[str], query: str, at: int, expected: str) -> re.Match[str]:
    found = pattern.match(query, at)
    if not found:
        raise BadQuery(f"Expected {expected} at {query[at : at + 40]!r}.")
    return found


def _condition(found: re.Match[str]) -> Condition:
    field, op = found["field"], found["op"]
    if field not in _OPERATORS:
        raise BadQuery(f"The field {field!r} cannot be asked for.")
    if op not in _OPERATORS[field]:
        raise BadQuery(f"The field {field!r} cannot be asked with {op}.")
    if field == CREATED:
        return Condition(field, op, _instant(found["time"]))
    if op == "IN":
        return Condition(field, op, [text[1:-1] for text in re.findall(_TEXT, found["list"] or "")])
    if found["text"] is None:
        raise BadQuery(f"The field {field!r} is compared with a quoted text.")
    return Condition(field, op, found["text"][1:-1])


def _instant(text: str | None) -> datetime:
    try:
        value = datetime.fromisoformat(text[1:-1] if text else "")
    except ValueError:
        raise BadQuery(f'{CREATED} is compared with TIMESTAMP "2026-01-31T00:00:00Z".') from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
