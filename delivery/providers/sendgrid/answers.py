"""What SendGrid's answers mean for a batch. One table by status; only 202 is acceptance."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from delivery.providers.provider import Answer, Verdict
from delivery.providers.sendgrid.client import reply_json
from delivery.providers.sendgrid.connection import Reply

_PERSON = re.compile(r"personalizations\.(\d+)(?:\.|$)")


def interpret(reply: Reply, ids: Sequence[int]) -> Answer:
    """`ids`: of the people in the request, in its order."""
    meaning = _MEANINGS.get(reply.status)
    if meaning is None:
        return _uncertain(reply, ids) if reply.status >= 500 or reply.status < 200 else _held(reply, ids)
    return meaning(reply, ids)


def _accepted(reply: Reply, ids: Sequence[int]) -> Answer:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return Answer(Verdict.ACCEPTED, "202", 202, headers.get("x-message-id"))


def _bad_request(reply: Reply, ids: Sequence[int]) -> Answer:
    """A 400 took nothing. If it names people, exactly those are refused; if it names nothing, halve; else hold."""
    errors = _errors(reply)
    fields = [error.get("field") for error in errors]
    named = {int(m[1]): _words(e) for e, f in zip(errors, fields, strict=True) if f and (m := _PERSON.match(str(f)))}
    if errors and len([f for f in fields if f and _PERSON.match(str(f))]) == len(errors):
        refused = {ids[n]: words for n, words in named.items() if n < len(ids)}
        if len(refused) == len(named):
            return Answer(Verdict.REFUSED, _all_words(reply), 400, refused=refused)
    if errors and not any(fields):
        return Answer(Verdict.HALVE, _all_words(reply), 400)
    return _held(reply, ids)


def _too_large(reply: Reply, ids: Sequence[int]) -> Answer:
    return Answer(Verdict.HALVE, _all_words(reply), 413)


def _too_many(reply: Reply, ids: Sequence[int]) -> Answer:
    """429: not processed. X-RateLimit-Reset is in Unix seconds; there is no Retry-After."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    reset = headers.get("x-ratelimit-reset", "")
    retry = datetime.fromtimestamp(int(reset), UTC) if reset.isdigit() and len(reset) < 12 else None
    return Answer(Verdict.RETURNED, _all_words(reply), 429, retry_at=retry)


def _unauthorized(reply: Reply, ids: Sequence[int]) -> Answer:
    """A used-up plan speaks with the status of a wrong key; only its words tell it, and it mends itself."""
    words = _all_words(reply)
    if "credits exceeded" in words.lower():
        return Answer(Verdict.EXHAUSTED, words, 401)
    return _held(reply, ids)


def _held(reply: Reply, ids: Sequence[int]) -> Answer:
    return Answer(Verdict.HELD, f"SendGrid answered {reply.status}: {_all_words(reply)}", reply.status)


def _uncertain(reply: Reply, ids: Sequence[int]) -> Answer:
    return Answer(Verdict.UNCERTAIN, f"SendGrid answered {reply.status}: {_all_words(reply)}", reply.status)


_MEANINGS: dict[int, Callable[[Reply, Sequence[int]], Answer]] = {
    202: _accepted,
    400: _bad_request,
    401: _unauthorized,
    413: _too_large,
    429: _too_many,
}


def _errors(reply: Reply) -> list[dict[str, Any]]:
    body = reply_json(reply.body)
    errors = body.get("errors") if isinstance(body, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _words(error: dict[str, Any]) -> str:
    return str(error.get("message", ""))[:300]


def _all_words(reply: Reply) -> str:
    return "; ".join(filter(None, map(_words, _errors(reply))))[:500] or "(no words)"
