"""Secrets reach the wire, and nothing but the wire."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError

from datasync_crawler.handlers import KeyedDownloadHandler, calls_abandoned, headers_of, secrets_of
from tests.components.secret import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from scrapy.crawler import Crawler

ENCODED = b"key%2Fwith%2Bsigns%3D0123456789"


class Wire:
    """A server on the loopback that keeps what it hears; ``answer`` None never answers, b"" hangs up."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.answer: bytes | None = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Twice: a\r\nX-Twice: b\r\n\r\nok"
        self.url = ""
        self.asked = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await _head(reader):
                self.heard.append(head)
                self.asked.set()
                if self.answer is None:
                    await asyncio.Event().wait()
                if not self.answer or len(self.heard) == 2:
                    return
                writer.write(self.answer)
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    served = Wire()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield served
    server.close()


@pytest.fixture
async def handler(crawler_with: Callable[..., Crawler]) -> AsyncIterator[KeyedDownloadHandler]:
    crawler = crawler_with(DOWNLOAD_TIMEOUT=5)
    made = KeyedDownloadHandler(crawler)
    yield made
    await made.close()


def keyed(wire: Wire) -> Request:
    return Request(f"{wire.url}/list?k={{key}}&size=5", headers={"X-Key": "{key}"}, meta={"verbatim_url": True})


async def test_the_wire_hears_the_key_in_header_and_address(handler: KeyedDownloadHandler, wire: Wire) -> None:
    await handler.download_request(keyed(wire))
    assert b"GET /list?k=" + ENCODED + b"&size=5 HTTP/1.1" in wire.heard[0]
    assert f"X-Key: {KEY}".encode() in wire.heard[0]


async def test_neither_answer_nor_request_hold_the_key(handler: KeyedDownloadHandler, wire: Wire) -> None:
    request = keyed(wire)
    response = await handler.download_request(request)
    assert response.url == request.url == f"{wire.url}/list?k={{key}}&size=5"
    assert request.headers["X-Key"] == b"{key}"
    assert KEY not in repr(request.meta)


async def test_a_token_goes_out_as_soon_as_it_is_known(handler: KeyedDownloadHandler, wire: Wire) -> None:
    request = Request(wire.url, headers={"X-Token": "{token:feed}"})
    handler._secrets.keep_token("feed", "a-token")
    await handler.download_request(request)
    assert b"X-Token: a-token" in wire.heard[0]


async def test_a_call_that_a_reset_cut_off_is_not_repeated_unseen(handler: KeyedDownloadHandler, wire: Wire) -> None:
    await handler.download_request(keyed(wire))
    with pytest.raises(DownloadFailedError):
        await handler.download_request(keyed(wire))
    assert len(wire.heard) == 2


def test_the_switch_against_repeated_calls_is_still_there(handler: KeyedDownloadHandler) -> None:
    assert handler._session._retry_connection is False
    assert "_retry_connection" in type(handler._session).__init__.__code__.co_names


async def test_calls_under_way_can_be_abandoned(handler: KeyedDownloadHandler, wire: Wire) -> None:
    wire.answer = None
    sending = asyncio.ensure_future(handler.download_request(keyed(wire)))
    await wire.asked.wait()
    handler.crawler.signals.send_catch_log(calls_abandoned)
    with pytest.raises(DownloadCancelledError):
        await sending


async def test_of_repeated_headers_all_values_are_read(handler: KeyedDownloadHandler, wire: Wire) -> None:
    response = await handler.download_request(keyed(wire))
    assert headers_of(response)["X-Twice"] == "a,b"


def test_a_crawler_has_one_set_of_secrets(crawler_with: Callable[..., Crawler]) -> None:
    crawler: Any = crawler_with()
    assert secrets_of(crawler) is secrets_of(crawler)
    assert KEY not in repr(secrets_of(crawler))
