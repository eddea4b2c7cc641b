"""POST /v3/mail/send and /v3/mail/batch: judge, keep, and only then answer."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

import orjson

from localgrid.conduct import Fate, fate_of
from localgrid.grid import Grid
from localgrid.http import Request, Response, as_json
from localgrid.judge.addresses import is_verified
from localgrid.judge.message import judge, read
from localgrid.judge.options import is_on
from localgrid.judge.problem import BAD_REQUEST
from localgrid.mailbox import Message
from localgrid.misbehave import refusal
from localgrid.suppressions import entries_of

_TO = re.compile(rb'"to":\[\{"email":"([^"\\\\]+)"\}\]')  # as most write it; faster than reading all the rest
_UNVERIFIED = (
    "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved."
)


def send(grid: Grid, request: Request) -> Response:
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        return refusal(415, "Content-Type should be application/json.")
    if grid.settings.fast:
        return _count(grid, request.body)
    message = _judged(grid, request.body)
    if isinstance(message, Response):
        return message
    if not is_verified(message, grid.settings.account):
        return refusal(403, _UNVERIFIED, "from")
    if is_on(message, "mail_settings", "sandbox_mode"):
        return Response(200)
    return _accept(grid, request, message)


def judged(grid: Grid, request: Request) -> Message | None:
    """The message if it would be accepted."""
    message = _judged(grid, request.body)
    return None if isinstance(message, Response) else message


def addresses_in(body: bytes) -> list[str]:
    """Every recipient of a request that may not have been judged yet, in lower case."""
    try:
        return [who["email"].lower() for one in orjson.loads(body)["personalizations"] for who in one["to"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def create_batch_id(grid: Grid, request: Request) -> Response:
    batch_id = secrets.token_urlsafe(24)
    grid.batch_ids.append([{"batch_id": batch_id}])
    return as_json({"batch_id": batch_id}, 201)


def show_batch_id(grid: Grid, request: Request, batch_id: str) -> Response:
    if batch_id not in _batch_ids(grid):
        return refusal(404, "batch id not found")
    return as_json({"batch_id": batch_id})


def _judged(grid: Grid, body: bytes) -> Message | Response:
    try:
        message: Any = read(body)
    except UnicodeDecodeError:
        return refusal(415, "Invalid UTF8 in request", "Encoding")
    except (ValueError, RecursionError):
        return as_json({"errors": [BAD_REQUEST.as_json()]}, 400)
    problems = judge(message, grid.settings.account, _batch_ids(grid), time.time())
    if problems:
        return as_json({"errors": [problem.as_json() for problem in problems]}, 400)
    kept: Message = message
    return kept


def _accept(grid: Grid, request: Request, message: Message) -> Response:
    client = {
        "client_ip": request.client,
        "useragent": request.headers.get("user-agent", ""),
        "size": len(request.body),
    }
    message_id, fates = grid.mailbox.accept(message, _fate_by(grid), client)
    now = int(time.time())
    grid.suppressions.add(entry for address, fate in fates for entry in entries_of(address, fate, now))
    grid.poster.add(len(grid.mailbox.requests))
    return Response(202, headers={"X-Message-Id": message_id})


def _fate_by(grid: Grid) -> Any:
    def decide(address: str) -> Fate:
        return fate_of(address, grid.suppressions.drop_reason(address))

    return decide


def _count(grid: Grid, body: bytes) -> Response:
    addresses = _TO.findall(body)
    if len(addresses) != body.count(b'"to":'):  # written in another way: look closer
        addresses = addresses_in(body)
    grid.tally.fast_accepted += 1
    grid.tally.fast_recipients += len(addresses)
    grid.tally.fast_addresses.update(addresses)
    return Response(202, headers={"X-Message-Id": secrets.token_urlsafe(16)})


def _batch_ids(grid: Grid) -> set[object]:
    return {row["batch_id"] for row in grid.batch_ids.rows()}
