"""What a rule may ask for: one row each, with its type, its column and a word of help. Custom fields need no row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, type_coerce

from campaigns.segments.tree import Value
from subscribers.fields.custom import Field, Type
from subscribers.models import Profile, Subscriber

# How it may be asked for; the first five are those of custom fields.
Kind = Type | Literal["tag", "list", "segment", "campaign"]
_DAY = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Known:
    """A field that everybody has. One in the wide row costs more: `wide` says so."""

    kind: Kind
    help: str
    column: ColumnElement[Any] | None = None  # numbers as they are, dates as days since 1970
    wide: bool = False


def _day(column: Any) -> ColumnElement[Any]:
    return type_coerce(column, BigInteger) // _DAY


FIELDS: Mapping[str, Known] = MappingProxyType(
    {
        "email": Known("text", "the address", Subscriber.email.expression, wide=True),
        "first_name": Known("text", "the first name", Subscriber.first_name.expression, wide=True),
        "last_name": Known("text", "the last name", Subscriber.last_name.expression, wide=True),
        "zone": Known("text", "the time zone, such as Europe/Berlin", Subscriber.zone.expression, wide=True),
        "locale": Known("text", "language and country, such as de-AT", Subscriber.locale.expression, wide=True),
        "source": Known("text", "how they first came: form, import, command", Profile.source.expression),
        "joined": Known("date", "the day they became known", _day(Profile.joined)),
        "opened": Known("date", "the last day they opened a mail, where opens may be seen", _day(Profile.last_opened)),
        "clicked": Known("date", "the last day they clicked in a mail", _day(Profile.last_clicked)),
        "tag": Known("tag", "what staff and imports marked them with"),
        "list": Known("list", "a list they are on, by its short name"),
        "segment": Known("segment", "another segment, by its short name"),
        "received": Known("campaign", "a campaign that reached them; opened and clicked are asked for in the same way"),
    }
)
# Each way to ask: what stands after the name, and an example of the whole.
WAYS: Mapping[Kind, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "text": (
            ('= "…"  != "…"', 'city = "Milpitas"'),
            ("in (…)  not in (…)", 'city in ("Milpitas", "Fremont")'),
            ('contains "…"', 'email contains "@example.com"'),
            ('starts with "…"', 'zone starts with "Europe/"'),
            ("<  <=  >  >=  between … and …", 'last_name between "A" and "M"'),
            ("is empty  is not empty", "first_name is not empty"),
        ),
        "number": (
            ("=  !=  <  <=  >  >=", "visits >= 3.5"),
            ("between … and …", "visits between 3 and 10"),
            ("in (…)  not in (…)", "visits in (1, 2)"),
            ("is empty  is not empty", "visits is empty"),
        ),
        "date": (
            ("before …  after …", "joined before 2026-01-01"),
            ("=  !=  <  <=  >  >=", "joined >= 2026-01-01"),
            ("between … and …", "joined between 2026-01-01 and 2026-03-31"),
            ("within … days  within … weeks", "joined within 90 days"),
            ("within next … days", "renewal within next 7 days"),
            ("is empty  is not empty", "clicked is empty"),
        ),
        "boolean": (("= yes  = no", "member = yes"), ("is empty  is not empty", "member is empty")),
        "choice": (
            ('= "…"  != "…"', 'size = "L"'),
            ("in (…)  not in (…)", 'size in ("L", "XL")'),
            ("is empty  is not empty", "size is empty"),
        ),
        "tag": (
            ("has …", "tag has runner"),
            ("in (…)  not in (…)", "tag in (runner, walker)"),
            ("is empty  is not empty", "tag is empty"),
        ),
        "list": (
            ("= …  != …", "list = monthly-tips"),
            ("in (…)  not in (…)", "list in (monthly-tips, events)"),
            ("… with state pending, withdrawn or confirmed", "list = events with state withdrawn"),
        ),
        "segment": (("…", "segment lapsed"),),
        "campaign": (
            ('"…"', 'received "december-tips"'),
            ("any of (…)", 'opened any of ("december-tips", "january-tips")'),
            ("any of last … campaigns", "clicked any of last 3 campaigns"),
            ("any of last … campaigns on …", "received any of last 3 campaigns on monthly-tips"),
        ),
    }
)


def kind(name: str, fields: Mapping[str, Field]) -> Kind:
    """Custom fields come first: one may be older than a fixed one of its name. An unknown one is text."""
    if name in fields:
        return fields[name].type
    return FIELDS[name].kind if name in FIELDS else "text"


def value(person: Mapping[str, Any], name: str) -> str:
    """A person's value in its one spelling, with fixed and custom fields side by side."""
    return str(person.get(name, ""))


def number_of(value: Value) -> float:
    """As a slot has it: a date as days since 1970, yes as 1."""
    return float(value.toordinal() - _EPOCH) if isinstance(value, date) else float(value)
