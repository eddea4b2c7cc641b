"""What a fault does to the one exchange it strikes. Which fault strikes is decided in faults.py."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from localgrid.faults import Rule
from localgrid.http import Exchange, Response, as_json
from localgrid.judge.problem import Problem
from localgrid.mailbox import Message

_WORDS = {
    401: "The provided authorization grant is invalid, expired, or revoked",
    403: "access forbidden",
    404: "not found",
    405: "method not allowed",
    413: "content too large",
    429: "too many requests",
}


async def answer(
    exchange: Exchange, rules: list[Rule], accept: Callable[[], Response], message: Callable[[], Message | None]
) -> int | None:
    """Answer with or without accepting, late or never; the status that left, if one did.

    `message` is the request as judged, None where it would be refused anyway.
    A client that hangs up during the delay before accepting is never heard, as behind a real load balancer.
    """
    before, after = _delays([rule for rule in rules if rule.kind == "delay"])
    fault = next((rule for rule in rules if rule.kind != "delay"), None)
    if before:
        await exchange.wait(before)
    response = _response(fault, accept, message)
    if after:
        await exchange.wait(after)
    if fault and fault.kind == "timeout":
        await exchange.wait(None)
    elif fault and fault.kind == "reset":
        exchange.reset()
    elif fault and fault.kind == "drip" and response:
        await exchange.drip(response, fault.args["seconds"])
    elif response:
        await exchange.answer(response)
    return response.status if response else None


def refusal(status: int, message: str | None = None, field: str | None = None) -> Response:
    """An error as SendGrid words it, for what is refused before anything is judged."""
    text = message or _WORDS.get(status) or "internal server error"
    return as_json({"errors": [Problem(text, field).as_json()]}, status)


def rate_limited(limit: int, reset: float) -> Response:
    headers = {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": 0, "X-RateLimit-Reset": math.ceil(reset)}
    body = {"errors": [{"field": None, "message": _WORDS[429]}]}
    return as_json(body, 429, {name: str(value) for name, value in headers.items()})


def _delays(rules: list[Rule]) -> tuple[float, float]:
    before = after = 0.0
    for rule in rules:
        ms = rule.args["ms"]
        seconds = (rule.random.uniform(*ms) if isinstance(ms, list) else ms) / 1000
        share = {"before": 1.0, "after": 0.0, "split": 0.5}[rule.args.get("at", "split")]
        before, after = before + seconds * share, after + seconds * (1 - share)
    return before, after


def _response(
    fault: Rule | None, accept: Callable[[], Response], message: Callable[[], Message | None]
) -> Response | None:
    if fault is None or fault.kind == "drip":
        return accept()
    if fault.kind == "refuse_address":
        return _refuse_addresses(message(), fault.args["addresses"]) or accept()
    if fault.kind == "credits":
        return _spend(fault, message()) or accept()
    if fault.kind == "refuse_sender":
        return refusal(400, "Does not contain a valid address.", "from.email")
    if fault.args.get("accept") or fault.args.get("when") == "after":
        accept()
    return _canned(fault) if fault.kind == "status" else None


def _spend(fault: Rule, message: Message | None) -> Response | None:
    """A request for more people than the plan has left is refused whole; what is accepted is paid for."""
    people = sum(len(one["to"]) for one in message["personalizations"]) if message else 0
    if people > fault.args["left"]:
        return refusal(401, "Maximum credits exceeded")
    fault.args["left"] -= people
    return None


def _canned(fault: Rule) -> Response:
    status = int(fault.args["status"])
    if status == 429:
        return rate_limited(600, time.time() + fault.args.get("reset_after", 1))
    return refusal(status, fault.args.get("message"))


def _refuse_addresses(message: Message | None, addresses: list[str]) -> Response | None:
    """A 400 that names exactly the personalizations of these people, or nothing where none is among them."""
    if message is None:
        return None
    refused = {one.lower() for one in addresses}
    problems = [
        Problem("Does not contain a valid address.", f"personalizations.{n}.to.{k}.email").as_json()
        for n, one in enumerate(message["personalizations"])
        for k, recipient in enumerate(one["to"])
        if recipient["email"].lower() in refused
    ]
    return as_json({"errors": problems}, 400) if problems else None
