"""A listening socket and uvicorn behind it, in a thread of its own. uvicorn appears here only."""

from __future__ import annotations

import errno
import logging
import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from base.errors import Refused

_GRACE = 5  # seconds for answers under way when the service stops


class Server:
    """Listens from the moment it is made, so that a taken port is known before anything else has begun."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = _listen(host, port)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        # Its lines hold the whole path, and with it tokens: not even a logging set-up of somebody else's may show them.
        logging.getLogger("uvicorn.access").disabled = True
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        self._server = uvicorn.Server(config)
        run = self._server.run
        self._thread = threading.Thread(target=run, args=([self._socket],), name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()
        self._socket.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except socket.gaierror as cause:
        raise Refused(f"[web] host {host!r} is no name or number of this machine") from cause
    except OSError as cause:
        if cause.errno == errno.EADDRINUSE:
            raise Refused(f"Port {port} on {host} is taken: stop what listens there, or change [web] port") from cause
        raise Refused(f"Cannot listen on {host}, port {port} ({cause.strerror}); change [web] host or port") from cause
