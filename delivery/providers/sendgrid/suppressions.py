"""SendGrid's own lists of addresses it no longer mails: what its events told, and what was lost of them.

Source: OpenAPI document tsg_suppressions_v3. Blocks are left out: they say that one mail was turned away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from base.errors import Refused
from base.time import from_ms
from delivery.providers.provider import Stop, StopReason
from delivery.providers.sendgrid.client import reply_json
from delivery.providers.sendgrid.connection import NotBegun, Unanswered

LISTS: dict[str, StopReason] = {
    "unsubscribes": "opt-out",
    "bounces": "hard bounce",
    "invalid_emails": "hard bounce",
    "spam_reports": "complaint",
}
_PAGE = 500
_PATIENCE = 5  # tries where too many requests are refused

Ask = Callable[[str, str, bytes], tuple[int, bytes]]  # method, path below /v3, body → status, body


def stops(ask: Ask, since: datetime | None, until: datetime) -> Iterator[Stop]:
    """Everybody on a list since then, page by page. Raises Refused; what was read until then is worth keeping."""
    for name, reason in LISTS.items():
        offset = 0
        while rows := _page(ask, name, since, until, offset):
            yield from (_stop(name, reason, row) for row in rows)
            offset += len(rows)
            if len(rows) < _PAGE:
                break


def stop(ask: Ask, emails: Sequence[str]) -> None:
    """Put them on the list of those who get nothing from this account. Whoever is on it stays there."""
    body = orjson.dumps({"recipient_emails": list(emails)})
    status = _asked(ask, "POST", "asm/suppressions/global", body)[0]
    if status == 403:
        raise Refused("The API key may not add suppressions; give it the scope suppression.create, or take another")
    if status != 201:
        raise Refused(f"SendGrid answered {status} when it was told of opt-outs; say it again later, which is safe")


def _page(ask: Ask, name: str, since: datetime | None, until: datetime, offset: int) -> list[Any]:
    # The end is fixed, so that what is added meanwhile does not move the pages.
    begin = int(since.timestamp()) if since else 0
    path = f"suppression/{name}?start_time={begin}&end_time={int(until.timestamp())}&limit={_PAGE}&offset={offset}"
    status, body = _asked(ask, "GET", path, b"")
    rows = reply_json(body)
    if status == 200 and isinstance(rows, list):
        return rows
    if status == 403:
        raise Refused("The API key may not read suppressions; give it the scope suppression.read, or take another")
    raise Refused(f"SendGrid answered {status} when it was asked for its {name.replace('_', ' ')}; try again later")


def _asked(ask: Ask, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Again, after a pause that grows, where too many requests are refused."""
    for turn in range(_PATIENCE):
        try:
            status, said = ask(method, path, body)
        except (NotBegun, Unanswered) as cause:
            raise Refused(f"Its suppressions cannot be asked for: {cause}; try again") from cause
        if status != 429:
            break
        time.sleep(2**turn)
    return status, said


def _stop(name: str, reason: StopReason, row: Any) -> Stop:
    try:
        return Stop(str(row["email"]), reason, from_ms(int(row["created"]) * 1000))
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        raise Refused(f"SendGrid's list of {name.replace('_', ' ')} has a row that cannot be read") from cause
