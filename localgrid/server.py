"""The door: opens the data folder, listens, and takes each request through faults to its answer."""

from __future__ import annotations

import asyncio
import fcntl
import gzip
import signal
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO

from localgrid.api import respond
from localgrid.faults import BadRule
from localgrid.grid import Grid, open_grid
from localgrid.http import Exchange, Request, Response, TooLarge, as_json, serve_connection
from localgrid.mail import addresses_in, judged
from localgrid.misbehave import answer, refusal
from localgrid.settings import Settings

MOST_BYTES = 30 * 1024 * 1024
_SEND = "/v3/mail/send"


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; says on one line where it listens. OSError: port or folder are taken."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OSError(error.errno, f"another localgrid uses {settings.data}") from error
        asyncio.run(_serve(open_grid(settings)))


async def _serve(grid: Grid) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    connections: set[asyncio.Task[None]] = set()
    listen = partial(_connection, grid, connections)
    server = await asyncio.start_server(listen, grid.settings.host, grid.settings.port, limit=1024 * 1024)
    port = server.sockets[0].getsockname()[1]
    print(f"localgrid listens on http://{grid.settings.host}:{port}", flush=True)
    poster = asyncio.create_task(grid.poster.run())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((stopped, poster), return_when=asyncio.FIRST_COMPLETED)
    server.close()
    if poster.done():
        poster.result()  # it never ends by itself: let its error end us, visibly
    for task in (poster, *connections):
        task.cancel()
    await asyncio.gather(poster, *connections, return_exceptions=True)


async def _connection(
    grid: Grid, connections: set[asyncio.Task[None]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    task = asyncio.current_task()
    if task is None:
        return
    connections.add(task)
    try:
        await serve_connection(reader, writer, partial(_handle, grid))
    except asyncio.CancelledError:
        pass  # we are being stopped; asyncio would report this as an error of the callback
    finally:
        connections.discard(task)


async def _handle(grid: Grid, exchange: Exchange) -> None:
    is_send = exchange.head.path == _SEND
    status: int | None = None
    try:
        status = await _answer(grid, exchange)
    finally:
        if is_send:
            grid.tally.requests += 1
            grid.tally.answers[str(status or "none")] += 1


async def _answer(grid: Grid, exchange: Exchange) -> int | None:
    try:
        if grid.faults.strikes_while_reading(exchange.head):
            grid.tally.faults["reset"] += 1
            await exchange.part_of_body()
            exchange.reset()
            return None
        request = replace(exchange.head, body=_unpacked(exchange.head, await exchange.body(MOST_BYTES)))
        rules = grid.faults.striking(request, lambda: addresses_in(request.body))
    except TooLarge:
        return await _say(exchange, refusal(413))
    except (BadRule, ValueError) as error:
        return await _say(exchange, as_json({"errors": [{"message": str(error), "field": None}]}, 400))
    grid.tally.faults.update(rule.kind for rule in rules)
    accept: Callable[[], Response] = partial(respond, grid, request)
    return await answer(exchange, rules, accept, partial(judged, grid, request))


async def _say(exchange: Exchange, response: Response) -> int:
    await exchange.answer(response)
    return response.status


def _unpacked(head: Request, body: bytes) -> bytes:
    """The body without its compression; never more than the limit, whatever the packed size promised."""
    if head.headers.get("content-encoding", "").lower() != "gzip":
        return body
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as packed:
            data = packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("The body is not gzip.") from error
    if len(data) > MOST_BYTES:
        raise TooLarge
    return data
