"""GET /metrics for Prometheus: counts and ages, no person, no campaign by name. For this machine, or with a token."""

from __future__ import annotations

import hmac
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from base.database import Database
from delivery.gauges import Gauges, gauges

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")  # whoever is behind a web server is not this machine

Labels = tuple[str, ...]
Values = float | Mapping[Any, float]  # one, or one each by the labels' values


class Requests:
    """How many requests this process has answered: by method, kind of path and status."""

    def __init__(self) -> None:
        self._counts: Counter[Labels] = Counter()
        self._lock = threading.Lock()

    def count(self, method: str, route: str, status: int) -> None:
        known = method if method in _METHODS else "other"  # anybody may invent methods, and each would be kept
        with self._lock:
            self._counts[known, route, str(status)] += 1

    def all(self) -> dict[Labels, int]:
        with self._lock:
            return dict(self._counts)


class Metrics:
    def __init__(self, db: Database, requests: Requests, token: str, visitor_header: str) -> None:
        self._db, self._requests, self._token = db, requests, token
        self._forwarded = {*_FORWARDED, visitor_header.lower()} - {""}

    def tell(self, request: Request) -> Response:
        if not (self._has_token(request) or self._is_here(request)):
            raise HTTPException(404)  # as if it were not there
        with self._db.read() as s:
            found = gauges(s)
        return Response(written(found, self._requests.all()), media_type=TYPE)

    def _has_token(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode()
        return bool(self._token) and hmac.compare_digest(given, f"Bearer {self._token}".encode())

    def _is_here(self, request: Request) -> bool:
        try:
            own = ip_address(request.client.host if request.client else "").is_loopback
        except ValueError:
            return False
        return own and not any(name in request.headers for name in self._forwarded)


def written(found: Gauges, requests: Mapping[Labels, int]) -> str:
    """In Prometheus' text format."""
    g = "gauge"
    families: list[tuple[str, str, str, Labels, Values]] = [
        ("recipients", g, "People of runs that are not over", ("run", "state"), found.recipients),
        ("attempts", g, "Requests to the provider by what became of them", ("verdict",), found.attempts),
        ("uncertain_oldest_seconds", g, "Age of the oldest uncertain attempt", (), found.uncertain_age),
        ("due_batches", g, "Batches whose time has come", (), found.due),
        ("due_oldest_seconds", g, "How long the oldest of them has been due", (), found.due_age),
        ("spool_bodies", g, "Bodies of events that are still to be applied", (), found.spooled),
        ("spool_oldest_seconds", g, "How far behind their drain is", (), found.spooled_age),
        ("spool_set_aside", g, "Bodies of events that could not be read", (), found.set_aside),
        ("heartbeat_age_seconds", g, "Since a service or worker signed in", ("kind", "name"), found.beats),
        ("suppressions", g, "Addresses that are stopped", ("reason",), found.suppressions),
        ("http_requests_total", "counter", "Requests that were answered", ("method", "route", "status"), requests),
    ]
    return "".join(line for family in families for line in _family(*family))


def _family(name: str, kind: str, words: str, labels: Labels, values: Values) -> Iterable[str]:
    yield f"# HELP tipsheet_{name} {words}.\n# TYPE tipsheet_{name} {kind}\n"
    rows = values.items() if isinstance(values, Mapping) else [((), values)]
    for key, value in sorted(rows):
        each = (key,) if isinstance(key, str) else key
        pairs = ",".join(f'{label}="{_escaped(text)}"' for label, text in zip(labels, each, strict=True))
        number = str(value) if isinstance(value, int) else f"{value:.3f}"
        yield f"tipsheet_{name}{{{pairs}}} {number}\n" if pairs else f"tipsheet_{name} {number}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
