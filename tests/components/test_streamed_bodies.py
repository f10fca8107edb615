"""Bodies that are read while they come, from a server that sends them in every way."""

from __future__ import annotations

import asyncio
import gzip
import resource
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError

from bench.wire_faults import bomb
from datasync_crawler.adapters.body import STREAMED, Body
from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.profile import RowShape
from datasync_crawler.domain.streams import StreamCutter
from datasync_crawler.handlers import KeyedDownloadHandler, calls_abandoned
from tests.components.source import CHUNKED, HEAD, Source, chunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from scrapy.crawler import Crawler


@pytest.fixture
async def source() -> AsyncIterator[Source]:
    made = Source()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/all"
    yield made
    server.close()


@pytest.fixture
async def handler(crawler_with: Callable[..., Crawler]) -> AsyncIterator[KeyedDownloadHandler]:
    made = KeyedDownloadHandler(crawler_with(DOWNLOAD_TIMEOUT=5))
    yield made
    await made.close()


async def opened(handler: KeyedDownloadHandler, source: Source, **meta: Any) -> Body:
    request = Request(source.url, headers={"X-Key": "{key}"}, meta={STREAMED: True, "download_timeout": 5, **meta})
    await handler.download_request(request)
    body = request.meta[STREAMED]
    assert isinstance(body, Body)
    return body


async def test_an_answer_is_there_before_its_body(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = [CHUNKED, None, chunk(b"one\n"), chunk(b"two\n"), b"0\r\n\r\n"]
    body = await opened(handler, source)
    source.go_on.set()
    assert b"".join([piece async for piece in body]) == b"one\ntwo\n"
    await body.close()


async def test_pieces_come_as_they_are_sent(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = [CHUNKED, chunk(b"one\n"), None, chunk(b"two\n"), b"0\r\n\r\n"]
    pieces = aiter(await opened(handler, source))
    assert await anext(pieces) == b"one\n"
    source.go_on.set()
    assert await anext(pieces) == b"two\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [CHUNKED, chunk(b"one\ntw")],
        [CHUNKED, b"20\r\none\ntw"],
        [HEAD + b"Content-Length: 900\r\n\r\n", b"one\ntwo\n"],
    ],
    ids=["no last chunk", "within a chunk", "short of its length"],
)
async def test_a_body_that_breaks_off_says_so(
    handler: KeyedDownloadHandler, source: Source, pieces: list[bytes]
) -> None:
    source.pieces = pieces
    body, came = await opened(handler, source), b""
    with pytest.raises(Malformed, match="broke off"):  # noqa: PT012 - what came before it counts
        async for piece in body:
            came += piece
    assert came.startswith(b"one\ntw")
    await body.close()


async def test_a_body_that_stands_still_is_given_up(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = [CHUNKED, chunk(b"one\n"), None]
    body = await opened(handler, source, download_timeout=0.2)
    with pytest.raises(Malformed, match="TimeoutError"):
        [piece async for piece in body]
    await body.close()


async def test_a_body_can_be_left_early(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = (chunk(b"x" * 60_000) if number else CHUNKED for number in range(10_000))
    body = await opened(handler, source)
    await anext(aiter(body))
    await body.close()
    await asyncio.wait_for(source.left.wait(), 5)
    assert source.sent < 60_000_000


async def test_bodies_under_way_are_abandoned_with_the_calls(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = [CHUNKED, chunk(b"one\n"), None]
    pieces = aiter(await opened(handler, source))
    await anext(pieces)
    waiting = asyncio.ensure_future(anext(pieces))
    await asyncio.sleep(0)
    handler.crawler.signals.send_catch_log(calls_abandoned)
    with pytest.raises(Malformed):
        await asyncio.wait_for(waiting, 5)


async def test_a_compressed_body_is_undone_as_it_comes(handler: KeyedDownloadHandler, source: Source) -> None:
    packed = gzip.compress(b"one\n" * 5_000)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    source.pieces = [head, packed[:30], packed[30:]]
    body = await opened(handler, source)
    assert b"".join([piece async for piece in body]) == b"one\n" * 5_000
    await body.close()


async def test_what_was_compressed_in_parts_is_undone_whole(handler: KeyedDownloadHandler, source: Source) -> None:
    packed = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    source.pieces = [HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed), packed]
    body = await opened(handler, source)
    assert b"".join([piece async for piece in body]) == b"one\ntwo\n"
    await body.close()


async def test_a_compressed_bomb_comes_in_small_pieces(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = [HEAD + b"Content-Encoding: gzip\r\n\r\n", bomb()]
    body, before = await opened(handler, source), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest = undone = 0
    with pytest.raises(Malformed):  # noqa: PT012 - what came before it counts
        async for piece in body:
            largest, undone = max(largest, len(piece)), undone + len(piece)
    assert largest <= 1 << 20
    assert undone > 200 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
    await body.close()


async def test_a_body_that_drips_is_given_up_as_one_that_stands_still(
    handler: KeyedDownloadHandler, source: Source
) -> None:
    source.pieces = (0.02 if number % 2 else chunk(b".") if number else CHUNKED for number in range(1_000))
    body = await opened(handler, source, download_timeout=0.3)
    with pytest.raises(Malformed, match="TimeoutError"):
        [piece async for piece in body]
    await body.close()


async def test_the_time_that_its_reader_takes_is_not_the_bodys(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = [CHUNKED, chunk(b"one\n"), chunk(b"two\n"), b"0\r\n\r\n"]
    pieces = aiter(await opened(handler, source, download_timeout=0.2))
    first = await anext(pieces)
    await asyncio.sleep(0.3)
    assert b"".join([first, *[piece async for piece in pieces]]) == b"one\ntwo\n"


async def test_an_answer_that_is_no_success_is_read_whole(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = [b"HTTP/1.1 429 Slow\r\nContent-Length: 4\r\n\r\nwait"]
    request = Request(source.url, meta={STREAMED: True})
    response = await handler.download_request(request)
    assert (response.status, response.body) == (429, b"wait")
    assert not isinstance(request.meta[STREAMED], Body)


async def test_an_answer_that_never_begins_is_a_call_that_failed(
    handler: KeyedDownloadHandler, source: Source
) -> None:
    source.pieces = [None]
    with pytest.raises((DownloadTimeoutError, DownloadFailedError)):
        await opened(handler, source, download_timeout=0.2)


async def test_the_key_goes_along(handler: KeyedDownloadHandler, source: Source) -> None:
    source.pieces = [CHUNKED, b"0\r\n\r\n"]
    await opened(handler, source)
    assert b"X-Key: {key}" not in source.heard
    assert b"X-Key: " in source.heard


@pytest.mark.slow
async def test_a_hundred_megabytes_take_no_memory_to_speak_of(handler: KeyedDownloadHandler, source: Source) -> None:
    lines = b"".join(b'{"no":"%032d","at":1769541612369,"more":"%b"}\n' % (i, b"x" * 300) for i in range(250))
    rounds = 100_000_000 // len(lines)
    source.pieces = (chunk(lines) if number else CHUNKED for number in range(rounds + 1))
    body, cutter = await opened(handler, source), StreamCutter("ndjson", RowShape(rows=(), id="no", time="at"))
    before, rows = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    with pytest.raises(Malformed):  # noqa: PT012 - what came before it counts
        async for piece in body:
            rows += sum(len(page.ids) for page in cutter.feed(piece))
    assert rows >= (rounds * 250) // 5_000 * 5_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
