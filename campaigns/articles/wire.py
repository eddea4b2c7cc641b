"""One request to an address that was checked, and to no other: what happens on the wire. What it means: fetch.py."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from base.errors import BadInput
from campaigns.articles.guard import Target

_CONNECT_SECONDS = 5.0  # for each address of a site
_TROUBLE = (OSError, HTTPError, http.client.HTTPException)


@contextmanager
def answer(
    target: Target, addresses: Sequence[str], headers: Mapping[str, str], until: float, tls: ssl.SSLContext | None
) -> Iterator[BaseHTTPResponse]:
    """The answer, its body still to be read. Until `until` (of time.monotonic) all must be over, reading included."""
    connection = _connected(target, addresses, until, tls)
    # A time-out of each read would let an answer that drips in take for ever: cut the socket instead.
    over = threading.Event()
    alarm = threading.Timer(max(0.0, until - time.monotonic()), _cut, (connection.sock, over))
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("GET", target.path, headers=headers, preload_content=False)
        with contextlib.closing(connection.getresponse()) as response:
            yield response
    except BadInput as cause:
        if over.is_set():  # what was cut off may look like anything to whoever read it
            raise too_slow(target) from cause
        raise
    except _TROUBLE as cause:
        raise too_slow(target) if over.is_set() else _broken(target, cause) from cause
    finally:
        alarm.cancel()
        connection.close()
    if over.is_set():  # what came of it was cut off, whatever it says
        raise too_slow(target)


def too_slow(target: Target) -> BadInput:
    return BadInput(f"{target.host} took too long to answer: try again later")


def _connected(
    target: Target, addresses: Sequence[str], until: float, tls: ssl.SSLContext | None
) -> HTTPConnection | HTTPSConnection:
    trouble: BaseException | None = None
    for address in addresses:
        left = min(_CONNECT_SECONDS, until - time.monotonic())
        if left <= 0:
            raise too_slow(target) from trouble
        connection = _connection(target, address, left, tls)
        try:
            connection.connect()
            connection.sock.settimeout(max(0.1, until - time.monotonic()))
            return connection
        except _TROUBLE as cause:
            connection.close()
            trouble = cause
    raise _broken(target, trouble or OSError("no address")) from trouble


def _connection(
    target: Target, address: str, seconds: float, tls: ssl.SSLContext | None
) -> HTTPConnection | HTTPSConnection:
    """To the address; the certificate, however, must be the name's."""
    if not target.tls:
        return HTTPConnection(address, target.port, timeout=seconds)
    context = tls or ssl.create_default_context()
    return HTTPSConnection(address, target.port, timeout=seconds, ssl_context=context, server_hostname=target.host)


def _broken(target: Target, cause: BaseException) -> BadInput:
    return BadInput(f"{target.host} could not be read ({_words(cause)}): check the address, or try again later")


def _words(cause: BaseException) -> str:
    """What is wrong, without the library's own names for its parts."""
    reason = getattr(cause, "reason", None)
    inner = next((each for each in (cause.__cause__, cause.__context__, reason) if isinstance(each, OSError)), cause)
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {inner.verify_message}"
    said = getattr(inner, "strerror", None) or ("no answer in time" if isinstance(inner, TimeoutError) else str(inner))
    return " ".join(str(said).split())[:120] or type(inner).__name__


def _cut(sock: socket.socket, over: threading.Event) -> None:
    over.set()
    with contextlib.suppress(OSError):  # it was closed already
        sock.shutdown(socket.SHUT_RDWR)
