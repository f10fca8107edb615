"""A proxy on the loopback between the crawler and a service, which does to answers what networks do.

It speaks HTTP/1.1 as far as it must: it reads a whole call, lets the service answer it over a connection of its own,
and passes the answer on as the dealt :class:`~bench.wire_faults.Fault` has it.
"""

from __future__ import annotations

import asyncio
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from bench.wire_faults import CONNECTION, LENGTH, Fault, Manner, befall, cut

if TYPE_CHECKING:
    from types import TracebackType

_HOST = re.compile(rb"(?im)^host: *[^\r]*\r\n")
_MOST_BUFFERED = 64 << 20

Deal = Callable[[bytes], Fault]
"""Chooses what befalls a call by the head of its request."""


def in_turn(seed: int, faults: Iterable[Fault], spared: int) -> Deal:
    """Deals each of the faults once, in any order, among ``spared`` times as many sound answers; then anew."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    deck = list(faults)
    deck += [Fault.NONE] * (spared * len(deck))

    def deal() -> Iterator[Fault]:
        while True:
            yield from chance.sample(deck, len(deck))

    dealt = deal()
    return lambda _head: next(dealt)


class Proxy:
    """Stands before the service at ``service``, at ``url`` inside the ``with`` block; counts what it did to calls.

    ``heads`` are those of all requests that came, as they came.
    """

    def __init__(self, service: str, deal: Deal, manner: Manner | None = None) -> None:
        parts = urlsplit(service)
        self._service = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._deal = deal
        self._manner = manner or Manner()
        self.made: Counter[Fault] = Counter()
        self.heads: list[bytes] = []
        self.url = ""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _listen(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return "http://{}:{}".format(*self._server.sockets[0].getsockname())

    async def _end(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One call and its answer; whether another may follow on the connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        fault = self._deal(head)
        self.made[fault] += 1
        if fault is Fault.UNSENT:
            return cut(writer)
        length = LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        return await befall(fault, await self._answer(head, body), writer, self._manner)

    async def _answer(self, head: bytes, body: bytes) -> bytes:
        """What the service answers, from its first byte to its last."""
        reader, writer = await asyncio.open_connection(*self._service, limit=_MOST_BUFFERED)
        try:
            # A service that hangs up tells where its answer ends.
            asked = _HOST.sub(b"", CONNECTION.sub(b"", head))[:-2]
            host = "{}:{}".format(*self._service).encode()
            writer.write(asked + b"Host: " + host + b"\r\nConnection: close\r\n\r\n" + body)
            await writer.drain()
            answer = await reader.read(-1)
        finally:
            writer.close()
        if not answer:
            raise ConnectionResetError
        return answer
