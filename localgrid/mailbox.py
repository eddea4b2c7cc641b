"""What was accepted, on disk before it is answered: a line a recipient, each request's shared part once.

mailbox.jsonl holds what was delivered, unkept.jsonl what was dropped, bounced or sunk, and requests.jsonl
the requests, written last: lines beyond its last row belong to a request that was never answered.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from localgrid.conduct import Fate
from localgrid.journal import Journal, Row
from localgrid.letter import substitute

Message = dict[str, Any]  # a judged request, so its shape can be relied on


class Mailbox:
    def __init__(self, data: Path, fsync: bool = False) -> None:
        self._bodies = data / "bodies"
        self._bodies.mkdir(parents=True, exist_ok=True)
        self.kept = Journal(data / "mailbox.jsonl", fsync)
        self._unkept = Journal(data / "unkept.jsonl", fsync)
        self.requests = Journal(data / "requests.jsonl", fsync)
        self._numbers: dict[str, list[int]] = {}  # by address; below zero: a line of unkept
        self._by_message_id: dict[str, int] = {}
        self.recipients = 0
        self._load()
        self.shared = lru_cache(maxsize=32)(self._shared)

    def accept(
        self, message: Message, fate_of: Callable[[str], Fate], client: Row
    ) -> tuple[str, list[tuple[str, Fate]]]:
        """Keep the request for good and say its id, and what became of each address."""
        now = time.time()
        head = {
            "request": len(self.requests) + 1,
            "message_id": secrets.token_urlsafe(16),
            "at": now,
            "body": self._keep_body(message),
            **client,
        }
        rows = list(_rows(message, head, fate_of))
        self._append([row for row in rows if row["kept"]], [row for row in rows if not row["kept"]])
        counts = {"mailbox": len(self.kept), "unkept": len(self._unkept), "recipients": len(rows)}
        self.requests.append([{**head, **counts}])
        self._by_message_id[head["message_id"]] = head["request"]
        return head["message_id"], [(row["to"], _fate(row)) for row in rows]

    def rows_of(self, request: int) -> Iterator[Row]:
        """Every recipient of one request, delivered to or not."""
        before: Row = self.requests.read(request - 1) if request > 1 else {"mailbox": 0, "unkept": 0}
        after = self.requests.read(request)
        yield from map(self.kept.read, range(before["mailbox"] + 1, after["mailbox"] + 1))
        yield from map(self._unkept.read, range(before["unkept"] + 1, after["unkept"] + 1))

    def rows_to(self, address: str) -> list[Row]:
        """Every mail to one address, delivered or not, oldest first."""
        numbers = self._numbers.get(address.lower(), [])
        return [self.kept.read(n) if n > 0 else self._unkept.read(-n) for n in numbers]

    def search(self, part: str, limit: int, offset: int) -> tuple[list[Row], int]:
        """Delivered mails, newest first, to addresses that contain `part`; and how many there are."""
        if not part:
            last = len(self.kept) - offset
            return [self.kept.read(n) for n in range(last, max(last - limit, 0), -1)], len(self.kept)
        found = [n for who, ns in self._numbers.items() if part.lower() in who for n in ns if n > 0]
        found.sort(reverse=True)
        return [self.kept.read(n) for n in found[offset : offset + limit]], len(found)

    def request_of(self, message_id: str) -> int | None:
        return self._by_message_id.get(message_id)

    @property
    def distinct(self) -> int:
        return len(self._numbers)

    def _load(self) -> None:
        last: Row = {"mailbox": 0, "unkept": 0}
        for row in self.requests.rows():
            last = row
            self._by_message_id[row["message_id"]] = row["request"]
        self.kept.keep(last["mailbox"])
        self._unkept.keep(last["unkept"])
        self._index(self.kept.rows(), 1, +1)
        self._index(self._unkept.rows(), 1, -1)

    def _append(self, kept: list[Row], unkept: list[Row]) -> None:
        first, first_unkept = len(self.kept) + 1, len(self._unkept) + 1
        for n, row in enumerate(kept, first):
            row["id"] = n
        if unkept:
            self._unkept.append(unkept)
        if kept:
            self.kept.append(kept)
        self._index(iter(kept), first, +1)
        self._index(iter(unkept), first_unkept, -1)

    def _index(self, rows: Iterator[Row], first: int, sign: int) -> None:
        for n, row in enumerate(rows, first):
            self._numbers.setdefault(row["to"].lower(), []).append(sign * n)
            self.recipients += 1

    def _keep_body(self, message: Message) -> str:
        """The part that all recipients share; equal parts of many requests are one file."""
        shared = {key: value for key, value in message.items() if key != "personalizations"}
        raw = orjson.dumps(shared, option=orjson.OPT_SORT_KEYS)
        name = hashlib.sha256(raw).hexdigest()[:32]
        path = self._bodies / f"{name}.json"
        if not path.exists():
            part = path.with_suffix(".part")
            part.write_bytes(raw)
            part.replace(path)
        return name

    def _shared(self, body: str) -> Message:
        message: Message = orjson.loads((self._bodies / f"{body}.json").read_bytes())
        return message


def _rows(message: Message, head: Row, fate_of: Callable[[str], Fate]) -> Iterator[Row]:
    at = datetime.fromtimestamp(head["at"], UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # The shape of a real id: receiver, time in hex, and the recipient's place in the request.
    receiver = f"{head['message_id']}.recvd-localgrid-1-{int(head['at']):X}-{head['request']:X}"
    index = 0
    for one in message["personalizations"]:
        own = _own_values(message, one)
        for kind in ("to", "cc", "bcc"):
            for recipient in one.get(kind) or ():
                yield {
                    "at": at,
                    "to": recipient["email"],
                    "name": recipient.get("name") or "",
                    "as": kind,
                    **own,
                    "body": head["body"],
                    "message_id": head["message_id"],
                    "sg_message_id": f"{receiver}.{index}",
                    "request": head["request"],
                    **vars(fate_of(recipient["email"])),
                }
                index += 1


def _own_values(message: Message, one: Row) -> Row:
    """What a personalization says for itself or leaves to the message."""
    substitutions = one.get("substitutions") or {}
    sender = one.get("from") or message["from"]
    return {
        "shown_to": [who["email"] for kind in ("to", "cc") for who in one.get(kind) or ()],
        "from": sender["email"],
        "from_name": sender.get("name") or "",
        "subject": substitute(one.get("subject") or message.get("subject") or "", substitutions),
        "headers": one.get("headers", message.get("headers")) or {},
        "custom_args": {**(message.get("custom_args") or {}), **(one.get("custom_args") or {})},
        "substitutions": substitutions,
        "send_at": one.get("send_at", message.get("send_at")),
    }


def _fate(row: Row) -> Fate:
    return Fate(row["kind"], row["kept"], row["reason"], row["deferred"], row["later"])
