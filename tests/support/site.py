"""A web site of our own on loopback: a path answers with the bytes it is given, or does what a function does."""

from __future__ import annotations

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import socket

Answer = bytes | Callable[[socket], None]


@dataclass
class Site:
    """`names` is a resolver: names to addresses, all of them on this machine unless told otherwise."""

    port: int
    scheme: str = "http"
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # path and headers, in their order

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextmanager
def site(answers: Mapping[str, Answer] | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):  # whoever asked has had enough
                _serve(running, self.request, tls)

    with _Server(("127.0.0.1", 0), Handler) as server:
        running = Site(server.server_address[1], "https" if tls else "http", dict(answers or {}))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()


def said(body: bytes | str = b"", kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str) -> bytes:
    """An answer; `Content_Length` and the like become headers with a hyphen."""
    body = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body


def leads_to(url: str, status: int = 302) -> bytes:
    return said(b"elsewhere", status=status, Location=url)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False


def _serve(running: Site, connection: socket, tls: ssl.SSLContext | None) -> None:
    connection.settimeout(20)
    with tls.wrap_socket(connection, server_side=True) if tls else contextlib.nullcontext(connection) as talk:
        head = b""
        while b"\r\n\r\n" not in head and (more := talk.recv(65536)):
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        path, headers = first.split(" ")[1], dict(line.split(": ", 1) for line in lines)
        # All of it: closing with something unread would take our answer back.
        while len(body) < int(headers.get("Content-Length", 0)) and (more := talk.recv(65536)):
            body += more
        running.asked.append((path, headers))
        answer = running.answers.get(path, said(b"", status=404))
        if callable(answer):
            answer(talk)
        else:
            talk.sendall(answer)
