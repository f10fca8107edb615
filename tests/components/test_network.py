"""Whatever a network does to an answer: it comes whole, or it is a call that failed; and the next one is sound."""

from __future__ import annotations

import asyncio
import json
import resource
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError

from bench.proxy import Proxy
from bench.wire_faults import HARMLESS, Fault, Manner
from datasync_crawler.downloadermiddlewares import SoundEncodings
from datasync_crawler.handlers import KeyedDownloadHandler
from datasync_crawler.spiders.keyless import FAILED
from tests.components.source import Source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from scrapy.crawler import Crawler
    from scrapy.http import Response

MOST = 8 << 20
PATIENCE = 0.4


class Service:
    """Answers every call with its own number, in a body of some length."""

    def __init__(self) -> None:
        self.calls = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            self.calls += 1
            body = json.dumps({"call": self.calls, "rows": list(range(500))}).encode()
            told = b"Content-Type: application/json\r\nContent-Length: %d" % len(body)
            writer.write(b"HTTP/1.1 200 OK\r\n" + told + b"\r\n\r\n" + body)
            await writer.drain()
        writer.close()


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, str]]:
    made = Service()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    yield made, "http://{}:{}".format(*server.sockets[0].getsockname())
    server.close()


class Wire:
    """The handler and what undoes encodings, as the crawler has them."""

    def __init__(self, crawler: Crawler) -> None:
        self._handler = KeyedDownloadHandler(crawler)
        self._compression = SoundEncodings.from_crawler(crawler)

    async def ask(self, url: str) -> Any:
        """The document at an address, None where no usable answer came."""
        request = Request(url, headers={"X-Key": "{key}"}, meta={"download_timeout": PATIENCE})
        try:
            answer = await self._handler.download_request(request)
            undone: Response = self._compression.process_response(request, answer)  # type: ignore[assignment]
        except FAILED:
            return None
        if undone.status != 200:
            return None
        with suppress(ValueError):
            return json.loads(undone.body)

    async def close(self) -> None:
        await self._handler.close()


@pytest.fixture
async def wire(crawler_with: Callable[..., Crawler]) -> AsyncIterator[Wire]:
    made = Wire(crawler_with(DOWNLOAD_MAXSIZE=MOST))
    yield made
    await made.close()


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
async def test_an_answer_is_whole_or_none_and_the_next_is_its_own(
    wire: Wire, service: tuple[Service, str], fault: Fault
) -> None:
    made, url = service
    dealt = iter([Fault.NONE, fault])
    with Proxy(url, lambda _: next(dealt, Fault.NONE), Manner(held=3 * PATIENCE)) as proxy:
        first, struck, last = [await wire.ask(proxy.url) for _ in range(3)]
    assert first["call"] == 1
    assert (struck is not None) is (fault in HARMLESS)
    assert last["call"] == made.calls == 3 - (fault is Fault.UNSENT)
    assert sum(proxy.made.values()) == 3, "no call is repeated unseen"


async def test_a_bomb_costs_no_more_than_its_bound(wire: Wire, service: tuple[Service, str]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Proxy(service[1], lambda _: Fault.BOMB) as proxy:
        assert await wire.ask(proxy.url) is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 * MOST // 1024


async def test_what_stands_behind_an_answer_is_not_taken_for_the_next(wire: Wire) -> None:
    """A service (or who is on the way to it) may send two answers to one call."""
    forged = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"call": "x"}'

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"call": 1}' + forged)
        writer.close()

    server = await asyncio.start_server(twice, "127.0.0.1", 0)
    url = "http://{}:{}".format(*server.sockets[0].getsockname())
    assert [await wire.ask(url) for _ in range(3)] == [{"call": 1}] * 3
    server.close()


async def test_a_host_that_has_no_address_is_a_call_that_failed(crawler_with: Callable[..., Crawler]) -> None:
    handler = KeyedDownloadHandler(crawler_with())
    with pytest.raises(CannotResolveHostError):
        await handler.download_request(Request("http://nowhere.invalid/"))
    await handler.close()


ODD = {
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "a chunk that is none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a status that is none": b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\n{}",
    "a header without end": b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 300_000 + b"\r\n\r\n{}",
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"X-One: of many\r\n" * 20_000 + b"\r\n\r\n{}",
    "plain for gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "plain for deflate": b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 2\r\n\r\n{}",
    "plain for brotli": b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
    "plain for zstd": b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 2\r\n\r\n{}",
    "too large a length": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}",
    "nothing": b"",
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
async def test_an_answer_that_is_none_is_a_call_that_failed(wire: Wire, answer: bytes) -> None:
    source = Source()
    source.pieces = [answer]
    server = await asyncio.start_server(source.serve, "127.0.0.1", 0)
    assert await wire.ask("http://{}:{}".format(*server.sockets[0].getsockname())) is None
    server.close()
