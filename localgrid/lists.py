"""The endpoints of the suppression lists: pages of addresses, one address, taking one off."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlencode

import orjson

from localgrid.grid import Grid
from localgrid.http import Request, Response, as_json
from localgrid.misbehave import refusal
from localgrid.suppressions import Entry

_MOST = 500
# Each list shows other columns.
_COLUMNS = {
    "bounces": ("reason", "status"),
    "blocks": ("reason", "status"),
    "invalid_emails": ("reason",),
    "spam_reports": ("ip",),
    "unsubscribes": (),
}


def show(grid: Grid, request: Request, name: str) -> Response:
    """One page, with the Link header that leads to the others."""
    if name not in _COLUMNS:
        return refusal(404)
    try:
        asked = {key: int(value) for key, value in request.query.items() if key != "email"}
    except ValueError:
        return refusal(400, "limit, offset, start_time and end_time are whole numbers.")
    limit, offset = asked.get("limit", _MOST), asked.get("offset", 0)
    if not 1 <= limit <= _MOST or offset < 0:
        return refusal(400, f"The limit is a number from 1 to {_MOST}.", "limit")
    found = _within(grid.suppressions.entries(name), asked, request.query.get("email", ""))
    page = [_row(name, entry) for entry in found[offset : offset + limit]]
    return as_json(page, headers={"Link": _links(request, limit, offset, len(found))})


def show_one(grid: Grid, request: Request, name: str, email: str) -> Response:
    if name not in _COLUMNS:
        return refusal(404)
    entry = grid.suppressions.find(name, email)
    return as_json([_row(name, entry)] if entry else [])


def remove_one(grid: Grid, request: Request, name: str, email: str) -> Response:
    if name not in _COLUMNS:
        return refusal(404)
    grid.suppressions.remove(name, [email])
    return Response(204)


def add_global(grid: Grid, request: Request) -> Response:
    try:
        emails = orjson.loads(request.body)["recipient_emails"]
    except (ValueError, TypeError, KeyError):
        emails = None
    if not isinstance(emails, list) or not all(isinstance(one, str) for one in emails):
        return refusal(400, "recipient_emails is a list of addresses.", "recipient_emails")
    grid.suppressions.add(Entry("unsubscribes", email, int(time.time())) for email in emails)
    return as_json({"recipient_emails": emails}, 201)


def show_global(grid: Grid, request: Request, email: str) -> Response:
    entry = grid.suppressions.find("unsubscribes", email)
    return as_json({"recipient_email": entry.email} if entry else {})


def remove_global(grid: Grid, request: Request, email: str) -> Response:
    return remove_one(grid, request, "unsubscribes", email)


def _within(entries: list[Entry], asked: dict[str, int], email: str) -> list[Entry]:
    """Both times count as inside; the address is a beginning, with % for anything."""
    pattern = re.compile("".join(".*" if part == "%" else re.escape(part) for part in re.split("(%)", email.lower())))
    first, last = asked.get("start_time", 0), asked.get("end_time", 1 << 62)
    return [one for one in entries if first <= one.created <= last and pattern.match(one.email.lower())]


def _row(name: str, entry: Entry) -> dict[str, Any]:
    known = {"reason": entry.reason, "status": entry.status, "ip": "198.51.100.9"}
    return {"created": entry.created, "email": entry.email, **{key: known[key] for key in _COLUMNS[name]}}


def _links(request: Request, limit: int, offset: int, total: int) -> str:
    last = max(total - 1, 0) // limit * limit
    pages = {"next": min(offset + limit, last), "prev": max(offset - limit, 0), "last": last, "first": 0}
    host = request.headers.get("host", "localhost")
    return ", ".join(
        f"<http://{host}{request.path}?{urlencode({**request.query, 'limit': limit, 'offset': at})}>; "
        f'rel="{rel}"; title="{at // limit + 1}"'
        for rel, at in pages.items()
    )
