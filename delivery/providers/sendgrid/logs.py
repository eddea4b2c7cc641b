"""SendGrid's Email Logs: does it know of an attempt? Source: OpenAPI document tsg_logs_v3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson

from delivery.providers.provider import Question
from delivery.providers.sendgrid.client import reply_json
from delivery.providers.sendgrid.webhook import ATTEMPT

# Our clock and theirs need not agree: ours may have been wrong by an hour, or by a whole zone. What it finds beside is
# told apart by the attempt's id; what it did not find would be mailed again.
_SLACK = timedelta(hours=25)

Ask = Callable[[str, str, bytes], tuple[int, bytes]]  # method, path below /v3, body → status, body


def knows(ask: Ask, question: Question) -> bool | None:
    """True: it shows the attempt's id for one of them. False: it shows it for none. None: it could not be asked."""
    for email in question.emails:
        messages = _find(ask, email, question)
        if messages is None:
            return None
        for message in messages:
            mine = _attempt_of(ask, str(message.get("sg_message_id", "")))
            if mine is None:
                return None
            if mine == question.attempt:
                return True
    return False


def _find(ask: Ask, email: str, question: Question) -> list[dict[str, Any]] | None:
    since = (question.started_at - _SLACK).strftime("%Y-%m-%dT%H:%M:%SZ")
    quoted = email.replace("\\", "\\\\").replace("'", "\\'")
    query = f"to_email = '{quoted}' AND sg_message_id_created_at >= TIMESTAMP \"{since}\""
    status, body = ask("POST", "logs", orjson.dumps({"query": query, "limit": 1000}))
    found = reply_json(body) if status == 200 else None
    messages = found.get("messages") if isinstance(found, dict) else None
    return [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else None


def _attempt_of(ask: Ask, message_id: str) -> str | None:
    """The attempt id of one message; '' where it carries none; None where the log cannot be read."""
    status, body = ask("GET", f"logs/{message_id}", b"")
    message = reply_json(body) if status == 200 else None
    if not isinstance(message, dict):
        return None
    arguments = message.get("custom_args")
    if isinstance(arguments, str):  # some answers carry them as JSON text
        arguments = reply_json(arguments.encode())
    return str(arguments.get(ATTEMPT, "")) if isinstance(arguments, dict) else ""
