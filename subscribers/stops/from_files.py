"""Stops from a file of addresses, or from our own export. Every row ends in one count; running it again is harmless."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import get_args

from sqlalchemy import select

from base.database import Database
from base.errors import BadInput, Broken
from subscribers.addresses import address_key, parse_address, wide_key
from subscribers.audit import record
from subscribers.fields import plain_name
from subscribers.fields.values import clean
from subscribers.files.json_lines import NO_OBJECT
from subscribers.files.table import Given, Row, open_sheet, rows
from subscribers.keys import Keys, address_fingerprint
from subscribers.models import List
from subscribers.sheets import restore
from subscribers.stops.many import ToStop, known_among, stop_known, stop_unknown
from subscribers.suppression import Reason, active_among

CHUNK = 1_000  # rows a transaction
_SHOWN = 100
_KEY = re.compile("[0-9a-f]{64}")
_FOREIGN = "there is only an address key, of another installation, which stops nobody here; bring the address itself"
_EMAIL = ("email", "email_address", "e_mail", "e_mail_address", "mail")
REASONS: tuple[Reason, ...] = get_args(Reason)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class StopsRead:
    read: int
    new: int
    known: int  # this very stop was there, or stands twice in the file
    invalid: int
    rows: tuple[tuple[int, str, str], ...]  # the first hundred that are invalid: line, what stood there, why


@dataclass(frozen=True)
class _Columns:
    email: int
    key: int | None
    key_of: int | None
    reason: int | None
    list: int | None
    first_is_data: bool
    is_json: bool
    count: int  # of all of them


def import_stops(
    db: Database,
    keys: Keys,
    path: Path,
    *,
    reason: Reason | None,
    list_slug: str | None,
    actor: str,
    progress: Progress,
) -> StopsRead:
    """Without a reason each row has to bring its own. Opens its own transactions, one a chunk. Raises BadInput."""
    sheet = open_sheet(path, Given(), lambda titles: any(plain_name(title) in _EMAIL for title in titles))
    columns = _columns(sheet.titles, is_json=sheet.is_json)
    with db.read() as s:
        lists = dict(s.execute(select(List.slug, List.id)).all())
    if list_slug is not None and list_slug not in lists:
        raise BadInput(f"There is no list {list_slug[:80]!r}; see them with: tipsheet list list")
    if reason is None and columns.reason is None:
        raise BadInput("Say why these addresses are stopped with --reason, or bring a column named reason")
    reader = _Reader(keys, columns, reason, list_slug, lists)
    whole = chain([(1, list(sheet.titles))] if columns.first_is_data else [], rows(sheet))
    source = f"{path.name} sha256:{sheet.digest}"
    while chunk := list(islice(whole, CHUNK)):
        reader.counts["new"] += _take_in(db, reader.read(chunk), source, actor)
        progress(reader.counts["read"], sheet.lines)
    return _report(db, reader, path, actor)


class _Reader:
    """Rows as stops; what cannot be read is counted, and the first of it kept."""

    def __init__(
        self, keys: Keys, columns: _Columns, reason: Reason | None, list_slug: str | None, lists: dict[str, int]
    ) -> None:
        self._keys, self._columns, self._reason, self._list, self._lists = keys, columns, reason, list_slug, lists
        self._key_of = address_fingerprint(keys)
        self.counts: Counter[str] = Counter()
        self.bad: list[tuple[int, str, str]] = []

    def read(self, chunk: Sequence[Row]) -> list[ToStop]:
        found = []
        for line, cells in chunk:
            self.counts["read"] += 1
            try:
                found.append(self._stop(cells))
            except BadInput as cause:
                self.counts["invalid"] += 1
                if len(self.bad) < _SHOWN:
                    self.bad.append((line, clean(_cell(cells, self._columns.email))[:80], cause.sentence))
        self.counts["stops"] += len(found)
        return found

    def _stop(self, cells: Sequence[str]) -> ToStop:
        if self._columns.is_json and len(cells) > self._columns.count:
            raise BadInput(NO_OBJECT)
        key, wide = self._address(cells)
        reason = self._reason or _cell(cells, self._columns.reason)
        if reason not in REASONS:
            raise BadInput(f"{reason[:40]!r} is no reason; use one of {', '.join(REASONS)}")
        slug = self._list or ("" if self._columns.list is None else _cell(cells, self._columns.list))
        if slug and slug not in self._lists:
            raise BadInput(f"there is no list {slug[:80]!r}")
        return ToStop(key, wide, reason, self._lists[slug] if slug else None)

    def _address(self, cells: Sequence[str]) -> tuple[bytes, bytes | None]:
        """Our own export has the key alone where nobody holds the address, and as CSV its cells are defused."""
        typed, key = _cell(cells, self._columns.email), _cell(cells, self._columns.key)
        typed = restore(typed) if self._columns.key is not None and not self._columns.is_json else typed
        if not typed and _KEY.fullmatch(key):
            if _cell(cells, self._columns.key_of) != self._key_of:
                raise BadInput(_FOREIGN)
            return bytes.fromhex(key), None
        address = parse_address(typed)
        return address_key(self._keys, address), wide_key(self._keys, address)


def _columns(titles: Sequence[str], *, is_json: bool) -> _Columns:
    names = [plain_name(title) for title in titles]
    email = next((number for number, name in enumerate(names) if name in _EMAIL), None)
    titled = ("address_key", "key_of", "reason", "list")
    key, key_of, reason, on = (names.index(name) if name in names else None for name in titled)
    if email is None and not is_json and "@" in titles[0]:
        return _Columns(0, None, None, None, None, True, is_json, len(titles))
    return _Columns(email or 0, key, key_of, reason, on, False, is_json, len(titles))


def _cell(cells: Sequence[str], column: int | None) -> str:
    return cells[column].strip() if column is not None and column < len(cells) else ""


def _take_in(db: Database, stops: list[ToStop], source: str, actor: str) -> int:
    """How many of them are new."""
    with db.write() as s:
        wanted = {(each.key, each.reason, each.list_id): each for each in stops}
        there = active_among(s, [each.key for each in stops])
        fresh = [each for what, each in wanted.items() if what not in there]
        known = known_among(s, fresh)
        stop_known(s, known, how="suppression import", source=source, actor=actor)
        stop_unknown(s, [each for each in fresh if each not in known], source=source)
    return len(fresh)


def _report(db: Database, reader: _Reader, path: Path, actor: str) -> StopsRead:
    counts = reader.counts
    known = counts["stops"] - counts["new"]
    if counts["read"] != counts["new"] + known + counts["invalid"]:
        raise Broken(f"The import read {counts['read']} rows and cannot account for all; do not rely on it")
    with db.write() as s:
        told = {"file": path.name, "read": counts["read"], "new": counts["new"], "invalid": counts["invalid"]}
        record(s, actor=actor, action="suppression import", about="suppressions", after=told)
    return StopsRead(counts["read"], counts["new"], known, counts["invalid"], tuple(reader.bad))
