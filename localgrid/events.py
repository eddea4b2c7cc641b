"""The events of one recipient, derived from a mailbox line: the same line gives the same events every time."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from localgrid.judge.options import is_on
from localgrid.suppressions import BLOCKED, BOUNCED

Row = dict[str, Any]

_IP = "198.51.100.9"
_READER = {"ip": "203.0.113.7", "useragent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}
_APPLE = {"ip": "104.28.0.1", "useragent": "Mozilla/5.0"}
# Only a literal link is rewritten and so reported; clicktracking=off before the href exempts one.
_LINK = re.compile(r"""<a\b(?P<before>[^>]*?)\bhref=["'](?P<url>https?://[^"']+)["']""", re.IGNORECASE)


def webhook_events(row: Row, shared: Row) -> Iterator[Row]:
    """As the web hook tells them: custom arguments flat, a reserved name of ours winning over one of theirs."""
    for event in log_events(row, shared):
        if event["event"] == "open":
            event.setdefault("sg_machine_open", False)
        if event.get("reason") == "Invalid":  # seen in the wild: an id that does not begin as X-Message-Id
            event["sg_message_id"] = f"filter0001p1las1.{row['request']}.{unix_time(row):X}.0"
        yield {**row["custom_args"], **event}
    if "async" in row["later"]:
        yield _late_bounce(row)


def log_events(row: Row, shared: Row) -> Iterator[Row]:
    """As the e-mail log keeps them: custom arguments apart (by the caller), a false flag left out."""
    common = _common(row, shared)
    smtp = {"smtp-id": f"<{row['message_id']}@geopod-ismtpd-1>"}
    for n, (name, fields) in enumerate(_story(row, shared)):
        delivery = smtp if name in ("processed", "dropped", "delivered", "deferred", "bounce") else {}
        yield {**common, "event": name, "sg_event_id": event_id(row, name, n), **delivery, **fields}


def event_id(row: Row, name: str, n: int) -> str:
    if name in ("bounce", "dropped"):  # the real ones are a readable text in base64
        text = f"{name.removesuffix('ped')}-1-{row['sg_message_id']}-{n}".encode()
        return base64.urlsafe_b64encode(text).decode().rstrip("=")[:100]
    digest = hashlib.sha256(f"{row['sg_message_id']} {name} {n}".encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def unix_time(row: Row) -> int:
    return int(datetime.fromisoformat(row["at"]).timestamp())


def _common(row: Row, shared: Row) -> Row:
    common = {"email": row["to"], "timestamp": unix_time(row), "sg_message_id": row["sg_message_id"]}
    if shared.get("categories"):
        common["category"] = shared["categories"]
    if shared.get("asm"):
        common["asm_group_id"] = shared["asm"]["group_id"]
    return common


def _story(row: Row, shared: Row) -> Iterator[tuple[str, Row]]:
    if row["kind"] == "dropped":
        yield "dropped", {"reason": row["reason"]}
        return
    yield "processed", {"send_at": row["send_at"]} if row["send_at"] is not None else {}
    if row["kind"] == "bounced":
        reason, status = BOUNCED
        yield "bounce", _bounce("bounce", reason, status, "Invalid Address")
    elif row["kind"] == "blocked":
        reason, status = BLOCKED
        yield "bounce", _bounce("blocked", reason, status, "Reputation")
    else:
        yield from _delivery(row)
        yield from _afterwards(row, shared)


def _delivery(row: Row) -> Iterator[tuple[str, Row]]:
    if row["deferred"]:
        answer = {"response": "451 4.7.1 try again later", "attempt": "1", "tls": 1, "ip": _IP}
        yield "deferred", {**answer, "domain": row["to"].rpartition("@")[2], "from": row["from"]}
    yield "delivered", {"response": "250 2.0.0 OK localgrid", "tls": 1, "ip": _IP}


def _afterwards(row: Row, shared: Row) -> Iterator[tuple[str, Row]]:
    """What a reader did. Without tracking SendGrid learns of no open, click or unsubscribe."""
    tracked = {name: is_on(shared, "tracking_settings", f"{name}_tracking", default=True) for name in _TRACKED}
    if "open" in row["later"] and tracked["open"]:
        yield "open", {**_READER, "sg_content_type": "html"}
    if "mpp" in row["later"] and tracked["open"]:
        yield "open", {**_APPLE, "sg_machine_open": True, "sg_content_type": "html"}
    if "click" in row["later"] and tracked["click"] and (url := _first_link(shared)):
        yield "click", {**_READER, "url": url, "url_offset": {"index": 0, "type": "html"}}
    if "spam" in row["later"]:
        yield "spamreport", {}
    if "unsubscribe" in row["later"] and tracked["subscription"]:
        yield "unsubscribe", {**_READER, "date": row["at"][:10]}


_TRACKED = ("open", "click", "subscription")


def _bounce(kind: str, reason: str, status: str, classification: str) -> Row:
    answer = {"type": kind, "reason": reason, "status": status, "ip": _IP}
    return {**answer, "bounce_classification": classification}


def _late_bounce(row: Row) -> Row:
    """A bounce that came back as a mail days later: it knows the address and nothing else."""
    event = {"email": row["to"], "timestamp": unix_time(row), "event": "bounce", "type": "bounce"}
    return {**event, "sg_event_id": event_id(row, "bounce", 99), "reason": "550 user unknown", "status": "5.0.0"}


def _first_link(shared: Row) -> str | None:
    for block in shared.get("content") or ():
        if block["type"].lower() == "text/html":
            for found in _LINK.finditer(block["value"]):
                if "clicktracking=off" not in found["before"].replace('"', "").lower():
                    return found["url"]
    return None
