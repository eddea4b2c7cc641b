"""Rows of a file as people, or as stops on addresses. Which column is what: files/columns.py.

Column by column, and each different value once: a million rows take a third of the time that row by row takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, TypeVar

import orjson

from base.errors import BadInput
from base.time import now, to_ms
from base.words import counted
from subscribers.addresses import Address, address_keys, common_among, parse_address, wide_keys
from subscribers.fields import field_name, refuse_hiding
from subscribers.fields.custom import Field, read_value
from subscribers.fields.typed import Dates
from subscribers.fields.values import clean, clean_all, clean_locale, clean_zone
from subscribers.files.columns import Columns
from subscribers.files.exports import Stop
from subscribers.files.json_lines import NO_OBJECT, as_text, read_object
from subscribers.files.table import Row
from subscribers.importing.instants import read_instant
from subscribers.keys import Keys
from subscribers.proof.evidence import Personal, sealed_many
from subscribers.sheets import restore

_TAG_ENDS = re.compile(r"[;|,]")  # a tag holds none of them, and people write all of them
_NOBODY = Address("", "", "")
_DAY = 86_400_000

_SAID: dict[Dates, str] = {"eu": "--dates dmy", "us": "--dates mdy"}

T = TypeVar("T")
Column = Sequence[str]
Wrong = dict[int, str]  # by place: why a row cannot be taken


class Person(NamedTuple):
    key: bytes
    wide: bytes | None
    email: str
    fixed: tuple[str, ...]  # first_name, last_name, zone, locale; empty where nothing is said
    custom: dict[str, str]  # without empty ones
    custom_json: str
    tags: tuple[str, ...]
    joined: int | None  # milliseconds
    consented: int | None
    personal: Personal  # of their consent, should one be recorded


class Stopped(NamedTuple):
    key: bytes
    wide: bytes | None
    email: str
    stop: Stop


class Wrongly(NamedTuple):
    typed: str  # what stands where the address should, for people to find the row by
    reason: str


class _Addresses(NamedTuple):
    """As parse_address gives them, by column."""

    typed: Column
    ascii: Column
    canonical: Column


class Reader:
    """Reads the rows of one file."""

    def __init__(self, keys: Keys, columns: Columns, fields: Mapping[str, Field], dates: Dates) -> None:
        self._keys, self._columns, self.fields, self._dates = keys, columns, fields, dates
        self._email = columns.fixed["email"]
        self._latest = to_ms(now()) + _DAY  # whose clocks differ from ours are not of the future

    def read(self, rows: Sequence[Row]) -> list[Person | Stopped | Wrongly]:
        wrong: Wrong = {}
        columns = list(zip(*self._whole(rows, wrong), strict=True))
        addresses = _addresses(columns[self._email], wrong)
        keys, wide = address_keys(self._keys, addresses.canonical), wide_keys(self._keys, addresses.canonical)
        stops = self._stops(columns)
        unreadable: Wrong = {}
        people = self._people(columns, keys, wide, addresses, unreadable)
        unreadable = {place: why for place, why in unreadable.items() if place not in stops}
        for place, stop in stops.items():
            people[place] = Stopped(keys[place], wide[place], addresses.ascii[place], stop)
        for place, why in {**unreadable, **wrong}.items():
            people[place] = Wrongly(clean(columns[self._email][place])[:80], why)
        return people

    def _whole(self, rows: Sequence[Row], wrong: Wrong) -> list[list[str]]:
        """Every row with exactly a cell a column."""
        count = self._columns.count
        table = [cells for _, cells in rows]
        if any(map(count.__ne__, map(len, table))):
            for place, cells in enumerate(table):
                if why := (_is_broken if self._columns.is_json else _is_ragged)(cells, count):
                    wrong[place] = why
                table[place] = [*cells[:count], *[""] * (count - len(cells))]
        return [list(map(restore, cells)) for cells in table] if self._columns.is_defused else table

    def _stops(self, columns: Sequence[Column]) -> dict[int, Stop]:
        if everybody := self._columns.export.all_stopped:
            return dict.fromkeys(range(len(columns[0])), everybody)
        stops: dict[int, Stop] = {}
        for index, rule in self._columns.rules:
            hit = {text for text in set(columns[index]) if rule.pattern.search(text)}
            if hit:
                for place, text in enumerate(columns[index]):
                    if text in hit:
                        stops.setdefault(place, rule.stop)
        return stops

    def _people(
        self,
        columns: Sequence[Column],
        keys: Sequence[bytes],
        wide: Sequence[bytes | None],
        addresses: _Addresses,
        wrong: Wrong,
    ) -> list[Person | Stopped | Wrongly]:
        nothing = [""] * len(keys)

        def said(what: str) -> Column:
            index = self._columns.fixed.get(what)
            return nothing if index is None else columns[index]

        firsts, lasts = clean_all(said("first_name")), clean_all(said("last_name"))
        if "name" in self._columns.fixed:
            parted = [text.partition(" ") for text in clean_all(said("name"))]
            firsts, lasts = [first for first, _, _ in parted], [last for _, _, last in parted]
        zones, locales = _each(said("zone"), clean_zone, wrong, ""), _each(said("locale"), clean_locale, wrong, "")
        custom = self._custom(columns, said("attributes"), wrong)
        no_tags: tuple[str, ...] = ()
        tags = _each(said("tags"), _tags, wrong, no_tags)
        moments = [_each(said(x), self._dated(partial(self._moment, x)), wrong, None) for x in ("joined", "consented")]
        fixed = zip(firsts, lasts, zones, locales, strict=True)
        texts = [orjson.dumps(each).decode() for each in custom]
        personal = _personal(addresses.typed, clean_all(said("ip")))
        whole = zip(keys, wide, addresses.ascii, fixed, custom, texts, tags, *moments, personal, strict=True)
        return list(map(Person._make, whole))

    def _custom(self, columns: Sequence[Column], attributes: Column, wrong: Wrong) -> list[dict[str, str]]:
        names = tuple(self._columns.custom)
        read = [self._values(name, columns[index], wrong) for name, index in self._columns.custom.items()]
        if not names:
            found: list[dict[str, str]] = [{} for _ in attributes]
        else:
            found = [
                {name: value for name, value in zip(names, values, strict=True) if value}
                if "" in values
                else dict(zip(names, values, strict=True))
                for values in zip(*read, strict=True)
            ]
        if any(attributes):
            more = _each(attributes, self._dated(self._attributes), wrong, dict[str, str]())
            found = [{**one, **other} for one, other in zip(found, more, strict=True)]
        return found

    def _values(self, name: str, column: Column, wrong: Wrong) -> list[str]:
        field = self.fields.get(name)
        if field is None or field.type == "text":
            return clean_all(column)
        return _each(column, self._dated(partial(read_value, field)), wrong, "")

    def _dated(self, read: Callable[[str, Dates], T]) -> Callable[[str], T]:
        """Reads with the dates of this file. What other dates would make right is refused with the option for them."""

        def told(text: str) -> T:
            try:
                return read(text, self._dates)
            except BadInput as cause:
                if others := " or ".join(said for dates, said in _SAID.items() if _reads(read, text, dates)):
                    raise BadInput(f"{cause.sentence}, or say how dates are written here: {others}") from cause
                raise

        return told

    def _moment(self, what: str, text: str, dates: Dates) -> int | None:
        plain = clean(text)
        at = read_instant(plain, dates) if plain else None
        if at is not None and at > self._latest:
            raise BadInput(f"{what}: {plain[:40]!r} lies in the future; check it")
        return at

    def _attributes(self, text: str, dates: Dates) -> dict[str, str]:
        """JSON, as listmonk writes it: each name a custom field. What is no single value stays JSON."""
        found = read_object(text or "{}")
        try:
            texts = None if found is None else {field_name(key): as_text(each) for key, each in found.items()}
        except orjson.JSONEncodeError:
            texts = None
        if texts is None:
            raise BadInput("its attributes are no JSON object, or nested too deeply; mend them or leave them out")
        read = {}
        for name, value in texts.items():
            field = self.fields.get(name)
            if field is None:
                refuse_hiding([name])
            read[name] = clean(value) if field is None else read_value(field, value, dates)
        return {name: value for name, value in read.items() if value}


def _each(column: Column, read: Callable[[str], T], wrong: Wrong, instead: T) -> list[T]:
    """Every value read, each different one once; where it cannot be, `instead` and the reason."""
    found: dict[str, T] = {}
    bad: dict[str, str] = {}
    for text in set(column):
        try:
            found[text] = read(text)
        except BadInput as cause:
            found[text], bad[text] = instead, cause.sentence
    if bad:
        for place, text in enumerate(column):
            if text in bad:
                wrong.setdefault(place, bad[text])
    return list(map(found.__getitem__, column))


def _reads(read: Callable[[str, Dates], T], text: str, dates: Dates) -> bool:
    try:
        read(text, dates)
    except BadInput:
        return False
    return True


def _addresses(column: Column, wrong: Wrong) -> _Addresses:
    common = common_among(column)
    if all(map(common.__contains__, column)):
        return _Addresses(column, column, column)

    def read(text: str) -> Address:
        return Address(text, text, text) if text in common else parse_address(text)

    return _Addresses(*zip(*_each(column, read, wrong, _NOBODY), strict=True))


def _personal(typed: Column, ips: Column) -> list[Personal]:
    facts = [
        {"address": address, "ip": ip[:45]} if ip else {"address": address}
        for address, ip in zip(typed, ips, strict=True)
    ]
    return sealed_many([orjson.dumps(each).decode() for each in facts])


def _is_ragged(cells: Sequence[str], count: int) -> str:
    spans = any("\n" in cell for cell in cells)
    if not any(cell.strip() for cell in cells[count:]) and not (len(cells) < count and spans):
        return ""
    hint = "does a quote end too late" if spans else "is one with a comma not in quotes"
    return f"has {counted(len(cells), 'value', 'values')} for {counted(count, 'column', 'columns')}; {hint}?"


def _is_broken(cells: Sequence[str], count: int) -> str:
    return NO_OBJECT if len(cells) > count else ""


@lru_cache(1 << 14)
def _tags(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    return tuple(dict.fromkeys(tag for each in _TAG_ENDS.split(text) if (tag := clean(each).strip('" '))))
