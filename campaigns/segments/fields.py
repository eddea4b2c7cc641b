"""The fields that a rule may ask for: one row each, with its column. Custom fields need no row."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, func

from subscribers.models import Subscriber

FIELDS: Mapping[str, ColumnElement[str]] = MappingProxyType(
    {
        "email": Subscriber.email.expression,
        "first_name": Subscriber.first_name.expression,
        "last_name": Subscriber.last_name.expression,
        "zone": Subscriber.zone.expression,
        "locale": Subscriber.locale.expression,
    }
)


def column(name: str) -> ColumnElement[str]:
    """The field's text; a custom field that a person does not have is empty text, as in a mail."""
    if name in FIELDS:
        return FIELDS[name]
    return func.coalesce(Subscriber.custom[name].as_string(), "")


def value(person: Mapping[str, Any], name: str) -> str:
    """The same for a person at hand, with fixed and custom fields side by side."""
    return str(person.get(name, ""))
