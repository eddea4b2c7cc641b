"""Faults on demand: which rules stand, and which of them a request meets. What they do is in misbehave.py."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from localgrid.http import Request

# Every kind and the arguments it knows.
REQUEST_KINDS = {
    "delay": {"ms", "at"},
    "timeout": {"accept"},
    "status": {"status", "accept", "message", "reset_after"},
    "reset": {"when"},
    "drip": {"seconds"},
    "refuse_address": {"addresses"},
    "refuse_sender": set[str](),
    "credits": {"left"},
}
STANDING_KINDS = {
    "events_off": set[str](),
    "events_delay": {"seconds"},
    "events_duplicate": {"probability", "seed"},
    "events_reorder": {"seed"},
    "events_lose": {"probability", "seed"},
    "log_lag": {"seconds"},
}
_NEEDED = {"delay": "ms", "status": "status", "drip": "seconds", "refuse_address": "addresses", "credits": "left"}
_NEEDED |= {"events_delay": "seconds", "events_lose": "probability", "log_lag": "seconds"}
_MATCH = {"path", "to", "nth", "every", "probability", "seed"}
_CHOICES = {("delay", "at"): ("split", "before", "after"), ("reset", "when"): ("before", "after", "body")}


_NUMBERS = {"ms", "seconds", "probability", "status", "reset_after", "nth", "every", "times", "left"}


class BadRule(ValueError):
    """A rule that cannot be understood, told in a sentence."""


@dataclass
class Rule:
    kind: str
    match: dict[str, Any] = field(default_factory=dict)
    times: int | None = None  # how often it strikes at most
    args: dict[str, Any] = field(default_factory=dict)
    seen: int = 0  # requests that path and address fitted
    struck: int = 0

    def __post_init__(self) -> None:
        _check(self)
        self.random = random.Random(self.args.get("seed", self.match.get("seed")))  # noqa: S311 - no secret

    @property
    def in_body(self) -> bool:
        return self.kind == "reset" and self.args.get("when") == "body"

    def strikes(self, request: Request, addresses: Callable[[], list[str]]) -> bool:
        """Counts the request, and says whether this is one to spoil."""
        if not self._fits(request, addresses) or (self.times is not None and self.struck >= self.times):
            return False
        self.seen += 1
        nth, every = self.match.get("nth"), self.match.get("every")
        if nth is not None and self.seen not in (nth if isinstance(nth, list) else [nth]):
            return False
        if every is not None and self.seen % every:
            return False
        if self.random.random() >= self.match.get("probability", 1):
            return False
        self.struck += 1
        return True

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "random"}

    def _fits(self, request: Request, addresses: Callable[[], list[str]]) -> bool:
        if not fnmatchcase(request.path, self.match.get("path", "/v3/mail/send")):
            return False
        wanted = self.match.get("to")
        if wanted is None:
            return True
        patterns = [one.lower() for one in (wanted if isinstance(wanted, list) else [wanted])]
        return any(fnmatchcase(address, pattern) for address in addresses() for pattern in patterns)


class Faults:
    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def put(self, rules: object) -> None:
        if not isinstance(rules, list):
            raise BadRule('Send a list of rules, such as [{"kind": "timeout"}].')
        self.rules = [rule_from(one) for one in rules]

    def strikes_while_reading(self, head: Request) -> bool:
        """Whether the connection breaks in the middle of this request's body."""
        return any(rule.strikes(head, list) for rule in self._rules_for(head) if rule.in_body)

    def striking(self, request: Request, addresses: Callable[[], list[str]]) -> list[Rule]:
        """The delays a request meets and, after them, the first other fault: one request has one fate."""
        found: list[Rule] = []
        for rule in self._rules_for(request):
            taken = rule.kind != "delay" and any(one.kind != "delay" for one in found)
            if not rule.in_body and not taken and rule.strikes(request, addresses):
                found.append(rule)
        return found

    def standing(self, kind: str) -> Rule | None:
        """A fault that spoils no single request but holds while it stands."""
        return next((rule for rule in self.rules if rule.kind == kind), None)

    def seconds(self, kind: str) -> float:
        rule = self.standing(kind)
        return float(rule.args["seconds"]) if rule else 0.0

    def _rules_for(self, request: Request) -> list[Rule]:
        named = request.headers.get("x-localgrid-fault")
        rules = [_from_header(named)] if named else self.rules
        return [rule for rule in rules if rule.kind in REQUEST_KINDS]


def rule_from(value: object) -> Rule:
    if not isinstance(value, dict):
        raise BadRule(f"A rule is an object with a kind, not {value!r}.")
    unknown = value.keys() - {"kind", "match", "times", "args"}
    if unknown:
        raise BadRule(f"A rule has kind, match, times and args; it has no {sorted(unknown)[0]!r}.")
    return Rule(value.get("kind", ""), value.get("match") or {}, value.get("times"), value.get("args") or {})


def _check(rule: Rule) -> None:
    kinds = {**REQUEST_KINDS, **STANDING_KINDS}
    if rule.kind not in kinds:
        raise BadRule(f"There is no fault {rule.kind!r}; there are {', '.join(kinds)}.")
    for name in rule.args.keys() - kinds[rule.kind]:
        raise BadRule(f"The fault {rule.kind} has no argument {name!r}.")
    for name in rule.match.keys() - _MATCH:
        raise BadRule(f"A rule cannot match by {name!r}; it can by {', '.join(sorted(_MATCH))}.")
    needed = _NEEDED.get(rule.kind)
    if needed and needed not in rule.args:
        raise BadRule(f"The fault {rule.kind} needs the argument {needed!r}.")
    for (kind, name), choices in _CHOICES.items():
        if rule.kind == kind and rule.args.get(name, choices[0]) not in choices:
            raise BadRule(f"The argument {name!r} of {kind} is one of {', '.join(choices)}.")
    for name, value in {**rule.args, **rule.match, "times": rule.times}.items():
        if name in _NUMBERS and not _is_number(value):
            raise BadRule(f"{name!r} of {rule.kind} is a number, not {value!r}.")
    if rule.in_body and "to" in rule.match:
        raise BadRule("A reset in the middle of the body comes before the addresses are known: leave out `to`.")


def _is_number(value: object) -> bool:
    """Or a list of them: [least, most] milliseconds, or several requests by their number."""
    numbers = value if isinstance(value, list) and value else [value]
    return value is None or all(isinstance(one, int | float) for one in numbers)


def _from_header(text: str) -> Rule:
    """A rule as JSON, or only its kind; it means the request that carries it, whatever its path."""
    rule = rule_from(json.loads(text) if text.startswith("{") else {"kind": text})
    rule.match.setdefault("path", "*")
    return rule
