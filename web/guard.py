"""Around every answer: headers that keep tokens from leaking, a log line without them, a sentence in any case."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address of a page holds a token
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
SORRY = "Something went wrong on our side and nothing was changed; please try again in a few minutes."


class Guard:
    def __init__(self, app: ASGIApp, count: Callable[[str, str, int], None]) -> None:
        """`count` is told method, kind of path and status of each answer."""
        self._app, self._count = app, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except ClientDisconnect:
            log.info("whoever asked has gone")
        except Exception as trouble:
            _tell(trouble)
            if not status:
                await PlainTextResponse(SORRY, 500)(scope, receive, send_on)
        # The template of the path, never the path: a token in a log would be a token to steal.
        route = getattr(scope.get("route"), "path", "-")
        self._count(scope.get("method", "-"), route, status)
        took = round((time.perf_counter() - started) * 1000)
        log.info("%s %s", scope.get("method", "-"), route, extra={"status": status, "ms": took})


def _tell(trouble: Exception) -> None:
    """Where it happened, without its words: those of a database quote addresses."""
    steps = " < ".join(
        f"{step.filename}:{step.lineno}" for step in reversed(traceback.extract_tb(trouble.__traceback__))
    )
    log.error("unforeseen %s at %s", type(trouble).__name__, steps)
