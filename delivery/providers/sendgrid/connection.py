"""One kept-alive connection a thread, with one total deadline a request and a record of whether writing began."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 4.0  # an idle connection older than this may be closed at the far end: a write into it is ambiguous


class NotBegun(Exception):
    """Nothing was written: the provider cannot have taken anything."""


class Unanswered(Exception):
    """Something was written and no whole answer came."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """Connections to one host, one a thread. Never follows a redirect, never repeats a request."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._mine = threading.local()

    def open(self) -> None:
        """A connection that is ready to be written to. Raises NotBegun."""
        connection: HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is not None and time.monotonic() - self._mine.used < IDLE_SECONDS:
            return
        self.close()
        if self._tls:
            context = ssl.create_default_context()
            connection = HTTPSConnection(self._host, self._port, timeout=CONNECT_SECONDS, ssl_context=context)
        else:
            connection = HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except (OSError, HTTPError, http.client.HTTPException) as cause:
            raise NotBegun(_words(cause)) from cause
        self._mine.connection, self._mine.used = connection, time.monotonic()

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        deadline: float,
        may_begin: Callable[[], bool],
    ) -> Reply:
        """Raises NotBegun or Unanswered; ends within `deadline` seconds of the first byte."""
        self.open()
        connection = self._mine.connection
        if not may_begin():
            raise NotBegun("it took too long from the claim to the first byte")
        # A time-out of each read would let an answer that drips in take for ever: close the socket instead.
        over = threading.Event()
        alarm = threading.Timer(deadline, _cut, (connection.sock, over))
        alarm.daemon = True
        alarm.start()
        try:
            connection.sock.settimeout(deadline)
            connection.request(method, path, body=body, headers=headers, preload_content=True)
            response = connection.getresponse()
            reply = Reply(response.status, dict(response.headers.items()), response.data)
            self._mine.used = time.monotonic()
        except (OSError, HTTPError, http.client.HTTPException) as cause:
            self.close()
            raise Unanswered(_words(cause)) from cause
        finally:
            alarm.cancel()
        if over.is_set():
            self.close()
            raise Unanswered(f"no whole answer within {deadline:g} s")  # what came of it was cut off, whatever it says
        if response.headers.get("Connection", "").lower() == "close":
            self.close()
        return reply

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._mine, "connection", None)
        if connection is not None:
            connection.close()
        self._mine.connection = None


def _cut(sock: socket.socket, over: threading.Event) -> None:
    over.set()
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already


def _words(cause: BaseException) -> str:
    said = str(cause) or type(cause).__name__
    return re.sub(r"^HTTPS?Connection\(.*?\): ", "", said)[:300]
