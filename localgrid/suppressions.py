"""The account's lists of addresses: who is on them, since when and why. Their endpoints are in lists.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from localgrid.conduct import Fate
from localgrid.journal import Journal, Row

BOUNCED = ("550 5.1.1 The email account that you tried to reach does not exist.", "5.1.1")
BLOCKED = ("550 5.7.1 message blocked", "5.7.1")
# A drop for one of these says which list it was; blocks stop nothing.
DROP_REASONS = {
    "bounces": "Bounced Address",
    "spam_reports": "Spam Reporting Address",
    "unsubscribes": "Unsubscribed Address",
    "invalid_emails": "Invalid",
}
LISTS = (*DROP_REASONS, "blocks")


@dataclass(frozen=True)
class Entry:
    list: str
    email: str
    created: int
    reason: str = ""
    status: str = ""


class Suppressions:
    def __init__(self, data: Path) -> None:
        self._journal = Journal(data / "suppressions.jsonl")
        self._lists: dict[str, dict[str, Entry]] = {name: {} for name in LISTS}
        for row in self._journal.rows():
            self._apply(row)

    def drop_reason(self, address: str) -> str | None:
        email = address.lower()
        return next((why for name, why in DROP_REASONS.items() if email in self._lists[name]), None)

    def entries(self, name: str) -> list[Entry]:
        return sorted(self._lists[name].values(), key=lambda entry: (entry.created, entry.email))

    def find(self, name: str, email: str) -> Entry | None:
        return self._lists[name].get(email.lower())

    def add(self, entries: Iterable[Entry]) -> None:
        self._record([{"add": True, **vars(entry)} for entry in entries])

    def remove(self, name: str, emails: Iterable[str]) -> None:
        self._record([{"add": False, "list": name, "email": email} for email in emails])

    def _record(self, rows: list[Row]) -> None:
        if rows:
            self._journal.append(rows)
        for row in rows:
            self._apply(row)

    def _apply(self, row: Row) -> None:
        entries = self._lists[row["list"]]
        key = row["email"].lower()
        if row["add"]:
            entry = Entry(**{name: value for name, value in row.items() if name != "add"})
            entries.setdefault(key, entry)
        else:
            entries.pop(key, None)


def entries_of(address: str, fate: Fate, now: int) -> list[Entry]:
    """What one mail's fate puts on the lists, as the real one does: hard bounces, complaints, invalid ones."""
    if fate.kind == "bounced" or "async" in fate.later:
        return [Entry("bounces", address, now, *BOUNCED)]
    if fate.kind == "blocked":
        return [Entry("blocks", address, now, *BLOCKED)]
    if fate.reason == "Invalid":
        return [Entry("invalid_emails", address, now, "Mail domain mentioned in email address is unknown")]
    if "spam" in fate.later:
        return [Entry("spam_reports", address, now)]
    if "unsubscribe" in fate.later:
        return [Entry("unsubscribes", address, now)]
    return []
