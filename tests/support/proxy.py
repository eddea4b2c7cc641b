"""A TCP proxy of our own between a worker and its database: it cuts every connection, or lets them hang, and lets them
back. Only whoever goes through it is cut off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PIECE = 65536


class Proxy:
    """Listens on `port` of this machine. To be used from any thread."""

    def __init__(self, target: str | tuple[str, int]) -> None:
        self._target = target  # a socket's path, or host and port
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._through = True  # whether new connections are taken
        self._flows: asyncio.Event
        self.port = 0
        self.carried = 0  # connections, ever

    def cut(self) -> None:
        """Every connection is reset, and none is taken until `heal`."""
        self._do(self._cut)

    def hang(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        self._do(self._flows.clear)

    def heal(self) -> None:
        self._do(self._heal)

    def _cut(self) -> None:
        self._through = False
        for writer in list(self._open):
            writer.transport.abort()

    def _heal(self) -> None:
        self._through = True
        self._flows.set()

    def _do(self, what: object) -> None:
        done = threading.Event()

        def act() -> None:
            what()  # type: ignore[operator]
            done.set()

        self._loop.call_soon_threadsafe(act)
        assert done.wait(10)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._through:
            writer.transport.abort()
            return
        if isinstance(self._target, str):
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        else:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        self.carried += 1
        self._open |= {writer, far_writer}
        await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        self._open -= {writer, far_writer}

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                await self._flows.wait()
                writer.write(piece)
                await writer.drain()
        with suppress(OSError):
            writer.close()

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._flows = asyncio.Event()
        self._flows.set()
        server = self._loop.run_until_complete(asyncio.start_server(self._carry, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        self._cut()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()


@contextmanager
def proxied(target: str | tuple[str, int]) -> Iterator[Proxy]:
    proxy, ready = Proxy(target), threading.Event()
    thread = threading.Thread(target=proxy._serve, args=(ready,))
    thread.start()
    assert ready.wait(10)
    try:
        yield proxy
    finally:
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join()
