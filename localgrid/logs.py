"""/v3/logs, the e-mail log: a row a recipient, which shows itself only after a lag."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from localgrid.events import event_id, log_events, unix_time
from localgrid.grid import Grid
from localgrid.http import Request, Response, as_json
from localgrid.query import CREATED, BadQuery, Condition, conditions_of

Row = dict[str, Any]


def search(grid: Grid, request: Request) -> Response:
    try:
        asked = orjson.loads(request.body)
        limit = asked.get("limit", 10)
        conditions = conditions_of(asked.get("query", ""))
    except BadQuery as error:
        return _refused(str(error), "query")
    except (ValueError, TypeError, AttributeError):
        return _refused("The body is an object with a query and a limit.")
    if not isinstance(limit, int) or not 1 <= limit <= 1000:
        return _refused("The limit is a number from 1 to 1000.", "limit")
    found = (summary for summary in map(_summary, _candidates(grid, conditions)) if _holds(conditions, summary))
    messages = [_shown(summary) for summary, _ in zip(found, range(limit), strict=False)]
    return as_json({"messages": messages})


def show(grid: Grid, request: Request, sg_message_id: str) -> Response:
    for row, shared in _of_message(grid, sg_message_id):
        if row["sg_message_id"] == sg_message_id:
            return as_json(_details(grid, row, shared))
    return as_json({"errors": [{"message": "Message not found."}]}, 404)


def _candidates(grid: Grid, conditions: list[Condition]) -> Iterator[tuple[Row, Row]]:
    """What an index can find at once, newest first; everything where there is none to use."""
    exact = {one.field: one.value for one in conditions if one.op == "="}
    if "sg_message_id" in exact:
        return _of_message(grid, exact["sg_message_id"])
    if "to_email" in exact:
        return _visible(grid, reversed(grid.mailbox.rows_to(exact["to_email"])))
    numbers = range(len(grid.mailbox.requests), 0, -1)
    times = [one for one in conditions if one.field == CREATED]
    return _visible(grid, (row for n in numbers if _in_time(grid, n, times) for row in grid.mailbox.rows_of(n)))


def _of_message(grid: Grid, sg_message_id: str) -> Iterator[tuple[Row, Row]]:
    number = grid.mailbox.request_of(sg_message_id.partition(".")[0])
    return _visible(grid, grid.mailbox.rows_of(number) if number else ())


def _visible(grid: Grid, rows: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    standing = grid.faults.standing("log_lag")
    lag = grid.faults.seconds("log_lag") if standing else grid.settings.log_lag
    latest = time.time() - lag
    for row in rows:
        if datetime.fromisoformat(row["at"]).timestamp() <= latest:
            yield row, grid.mailbox.shared(row["body"])


def _in_time(grid: Grid, number: int, times: list[Condition]) -> bool:
    """By the second at least: a request's own time is finer than what its rows show."""
    at = {CREATED: _created(grid.mailbox.requests.read(number)["at"])}
    return all(one.holds(at) for one in times)


def _summary(found: tuple[Row, Row]) -> Row:
    row, shared = found
    last = _last_event(row, shared)
    return {
        "from_email": row["from"],
        "sg_message_id": row["sg_message_id"],
        "subject": row["subject"],
        "to_email": row["to"],
        "reason": last.get("reason") or last.get("response") or "",
        "status": row["kind"],
        "categories": shared.get("categories") or [],
        CREATED: _created(datetime.fromisoformat(row["at"]).timestamp()),
    }


def _shown(summary: Row) -> Row:
    shown = {name: value for name, value in summary.items() if name != "categories" and value != ""}
    return {**shown, CREATED: summary[CREATED].isoformat().replace("+00:00", "Z")}


def _details(grid: Grid, row: Row, shared: Row) -> Row:
    request = grid.mailbox.requests.read(row["request"])
    details = {
        "from_email": row["from"],
        "sg_message_id": row["sg_message_id"],
        "subject": row["subject"],
        "to_email": row["to"],
        "status": row["kind"],
        "template_id": shared.get("template_id"),
        "asm_group_id": (shared.get("asm") or {}).get("group_id"),
        "api_key_id": "local",
        "client_ip": request["client_ip"],
        "category": shared.get("categories"),
        "custom_args": row["custom_args"],
        "outbound_ip": "198.51.100.9",
        "outbound_ip_type": "dedicated",
        "events": [_received(row, request), *_events(row, shared)],
    }
    return {name: value for name, value in details.items() if value is not None}


def _events(row: Row, shared: Row) -> Iterator[Row]:
    for event in log_events(row, shared):
        yield {**event, "custom_args": row["custom_args"]}


def _received(row: Row, request: Row) -> Row:
    return {
        "event": "received",
        "email": row["to"],
        "recv_msgid": row["message_id"],
        "sg_event_id": event_id(row, "received", 0),
        "timestamp": unix_time(row),
        "api_key_id": "local",
        "api_version": "3",
        "client_ip": request["client_ip"],
        "protocol": "HTTP",
        "recipient_count": request["recipients"],
        "size": request["size"],
        "useragent": request["useragent"],
    }


def _last_event(row: Row, shared: Row) -> Row:
    """The one that decided: what a reader did afterwards gives no reason."""
    told = [event for event in log_events(row, shared) if {"reason", "response"} & event.keys()]
    return told[-1] if told else {}


def _created(at: float) -> datetime:
    return datetime.fromtimestamp(int(at), UTC)


def _holds(conditions: list[Condition], summary: Row) -> bool:
    return all(one.holds(summary) for one in conditions)


def _refused(message: str, field: str = "") -> Response:
    error = {"message": message, "field": field} if field else {"message": message}
    return as_json({"errors": [error]}, 400)
