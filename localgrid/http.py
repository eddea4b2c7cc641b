"""HTTP/1.1 on asyncio and h11, with the hand on the socket that misbehaving needs. Knows no SendGrid."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

PIECE = 256 * 1024


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes
    client: str


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def as_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(status, json.dumps(value).encode(), headers=headers or {})


class TooLarge(Exception):
    """The body passes the limit; all of it was read, so that the client hears the answer."""


class Gone(Exception):
    """The client hung up."""


class Exchange:
    """One request on an open connection and the one answer to it."""

    def __init__(
        self,
        connection: h11.Connection,
        head: h11.Request,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._connection, self._reader, self._writer = connection, reader, writer
        target = urlsplit(head.target.decode("ascii", "replace"))
        self.head = Request(
            method=head.method.decode(),
            path=unquote(target.path),
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.decode(): value.decode("latin-1") for name, value in head.headers},
            body=b"",
            client=writer.get_extra_info("peername")[0],
        )

    async def body(self, limit: int) -> bytes:
        pieces, size = [], 0
        await self._invite_body()
        while isinstance(event := await next_event(self._connection, self._reader), h11.Data):
            size += len(event.data)
            if size <= limit:
                pieces.append(bytes(event.data))
            elif size > 4 * limit:
                raise Gone
        if not isinstance(event, h11.EndOfMessage):
            raise Gone
        if size > limit:
            raise TooLarge
        return b"".join(pieces)

    async def part_of_body(self) -> None:
        """Read a first piece and no more: what is known when a connection breaks in the middle."""
        await self._invite_body()
        await next_event(self._connection, self._reader)

    async def answer(self, response: Response) -> None:
        self._writer.write(self._bytes_of(response))
        await self._writer.drain()

    async def drip(self, response: Response, seconds: float) -> None:
        """The same answer, byte by byte over so many seconds."""
        raw = self._bytes_of(response)
        for n in range(len(raw)):
            self._writer.write(raw[n : n + 1])
            await self._writer.drain()
            await self.wait(seconds / len(raw))

    async def wait(self, seconds: float | None) -> None:
        """Let time pass, or Gone as soon as the client hangs up; None waits for just that."""
        try:
            data = await asyncio.wait_for(self._reader.read(PIECE), seconds)
        except TimeoutError:
            return
        except ConnectionError as error:
            raise Gone from error
        if not data:
            raise Gone
        self._connection.receive_data(data)  # the next request, sent early

    def reset(self) -> None:
        """Break the connection with RST instead of FIN."""
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def _invite_body(self) -> None:
        if self._connection.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self._writer.write(self._connection.send(go_on) or b"")
            await self._writer.drain()

    def _bytes_of(self, response: Response) -> bytes:
        headers = {"Server": "localgrid", "Date": formatdate(usegmt=True), **response.headers}
        if response.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(response.body))
        if response.body:
            headers["Content-Type"] = response.kind
        head = h11.Response(status_code=response.status, reason=_reason(response.status), headers=list(headers.items()))
        parts = [self._connection.send(head)]
        if response.body and self.head.method != "HEAD":
            parts.append(self._connection.send(h11.Data(data=response.body)))
        parts.append(self._connection.send(h11.EndOfMessage()))
        return b"".join(part or b"" for part in parts)


async def serve_connection(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    handle: Callable[[Exchange], Awaitable[None]],
) -> None:
    """One client's requests, one after the other, until either side closes."""
    connection = h11.Connection(h11.SERVER)
    try:
        while isinstance(head := await next_event(connection, reader), h11.Request):
            await handle(Exchange(connection, head, reader, writer))
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                break
            connection.start_next_cycle()
    except (Gone, h11.RemoteProtocolError, ConnectionError):
        pass  # a broken client is everyday life here, and nobody is left to tell
    finally:
        writer.close()


async def next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event | type:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(PIECE))
    return event


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
