"""SendGrid's SDK, repaired: its client walks the path, our connections carry the bytes.

As shipped the SDK has no time-out, follows redirects with the API key, prints payload and key at DEBUG and opens a
connection a request; nobody at its maker works on it. Beside its public shape this uses `_build_client`, `_build_url`,
`_make_request`, `_url_path` and `_version`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import python_http_client
from python_http_client.client import Response
from sendgrid import SendGridAPIClient

from delivery.providers.sendgrid.connection import Connections, Reply


class Body(bytes):
    """A request body that is bytes already. The SDK would copy it into a log line even with logging off."""

    def encode(self, _charset: str) -> Body:
        return self

    def __format__(self, _spec: str) -> str:
        return f"<{len(self)} bytes>"


class _Answer:
    """What the SDK's Response asks of a urllib response."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def getcode(self) -> int:
        return self._reply.status

    def read(self) -> bytes:
        return self._reply.body

    def info(self) -> dict[str, str]:
        return dict(self._reply.headers)


class _Client(python_http_client.Client):  # type: ignore[misc]
    """The SDK's path builder over our connections. The key is added last, so no log line of the SDK can hold it."""

    def __init__(self, carry: Callable[..., Reply], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.carry = carry

    def _build_client(self, name: str | None = None) -> _Client:
        path = [*self._url_path, name] if name else self._url_path
        # Its own headers are shared between calls and threads; ours are made anew for each.
        headers = {"Content-Type": "bytes"}
        return _Client(self.carry, host=self.host, version=self._version, request_headers=headers, url_path=path)

    def post(self, request_body: Body | None = None, timeout: Any = None) -> Response:
        """As the SDK's own, which builds an opener for each request that our connections have no use for."""
        return Response(self._carried("POST", self._build_url(None), request_body, timeout))

    def _make_request(self, opener: object, request: Any, timeout: Any = None) -> _Answer:
        return self._carried(request.get_method(), request.full_url, request.data, timeout)

    def _carried(self, method: str, url: str, body: bytes | None, timeout: Any) -> _Answer:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return _Answer(self.carry(method, path, body or b"", timeout))


class Api(SendGridAPIClient):  # type: ignore[misc]
    """`api.client.mail.send.post(request_body=Body(…), timeout=(seconds, may_begin))` and every other path."""

    def __init__(self, api_key: str, base_url: str, connections: Connections) -> None:
        super().__init__(api_key=api_key, host=base_url)
        self._key, self._connections = api_key, connections
        self.client = _Client(self._carry, host=base_url.rstrip("/"), version=3)

    def _carry(self, method: str, path: str, body: bytes, within: tuple[float, Callable[[], bool]]) -> Reply:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "tipsheet",
        }
        return self._connections.request(method, path, headers, body, *within)


def reply_json(body: bytes) -> Any:
    """The body as JSON, or None: an error page of a proxy is HTML."""
    try:
        return json.loads(body)
    except ValueError:
        return None
