"""Secrets reach the wire, and nothing but the wire."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadFailedError,
    ResponseDataLossError,
)
from scrapy.http import Response

from datasync_crawler.handlers import CallAbandoned, KeyedDownloadHandler, calls_abandoned, headers_of, secrets_of
from datasync_crawler.spiders.keyless import FAILED
from tests.adapters.test_submission import self_signed
from tests.components.secret import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from scrapy.crawler import Crawler

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENCODED = b"key%2Fwith%2Bsigns%3D0123456789"


class Wire:
    """A server on the loopback that keeps what it hears; ``answer`` None never answers, b"" hangs up.

    With ``breaks_off`` it hangs up behind each answer.
    """

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.answer: bytes | None = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Twice: a\r\nX-Twice: b\r\n\r\nok"
        self.breaks_off = False
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
                if self.breaks_off:
                    return
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
    with pytest.raises(CallAbandoned):
        await sending


async def test_of_repeated_headers_all_values_are_read(handler: KeyedDownloadHandler, wire: Wire) -> None:
    response = await handler.download_request(keyed(wire))
    assert headers_of(response)["X-Twice"] == "a,b"


async def test_a_link_may_be_as_long_as_the_cursor_in_it(handler: KeyedDownloadHandler, wire: Wire) -> None:
    link = b"</api?after=" + b"fn5%2B" * 4_000 + b'>; rel="next"'
    wire.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLink: " + link + b"\r\n\r\nok"
    response = await handler.download_request(Request(wire.url))
    assert headers_of(response)["Link"] == link.decode()


async def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(
    handler: KeyedDownloadHandler, wire: Wire, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0, ssl=context)
    request = keyed(wire).replace(url=f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/?k={{key}}")
    with pytest.raises(FAILED):
        await handler.download_request(request)
    assert wire.heard == []
    server.close()


async def test_a_host_may_vanish_and_come_back(
    handler: KeyedDownloadHandler, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is looked up again for the next call; what failed meanwhile was never sent."""
    named = keyed(wire).replace(url=wire.url.replace("127.0.0.1", "localhost"))
    known = asyncio.get_running_loop().getaddrinfo

    async def gone(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", gone)
    for _ in range(2):
        with pytest.raises(CannotResolveHostError):
            await handler.download_request(named)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", known)
    assert (await handler.download_request(named)).status == 200
    assert len(wire.heard) == 1


def test_nothing_of_scrapy_listens_or_leads_elsewhere(crawler_with: Callable[..., Crawler]) -> None:
    settings = crawler_with().settings
    off = (
        "TELNETCONSOLE_ENABLED",
        "REMOTE_CONTROL_ENABLED",
        "REDIRECT_ENABLED",
        "METAREFRESH_ENABLED",
        "RETRY_ENABLED",
    )
    assert [name for name in off if settings.getbool(name)] == []
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    assert settings["REFERRER_POLICY"] == "no-referrer"


def test_a_number_of_thousands_of_digits_is_none() -> None:
    told = {"X-Left": "9" * 5_000, "X-Limit": "10", "Link": "<http://h/?after=" + "x9" * 3_000 + ">"}
    assert headers_of(Response("http://h/", headers=told)).keys() == {"X-Limit", "Link"}


def test_a_crawler_has_one_set_of_secrets(crawler_with: Callable[..., Crawler]) -> None:
    crawler: Any = crawler_with()
    assert secrets_of(crawler) is secrets_of(crawler)
    assert KEY not in repr(secrets_of(crawler))


async def test_a_body_that_comes_in_crumbs_is_put_together(handler: KeyedDownloadHandler, wire: Wire) -> None:
    wire.answer = CHUNKED + b"3e8\r\n%b\r\n" % (b"." * 1_000) * 600 + b"0\r\n\r\n"
    assert (await handler.download_request(keyed(wire))).body == b"." * 600_000


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", id="announced, and not waited for"),
        pytest.param(CHUNKED + b"3e8\r\n%b\r\n" % (b"." * 1_000) * 101, id="not announced"),
    ],
)
async def test_a_body_that_is_too_large_is_not_read_to_its_end(
    crawler_with: Callable[..., Crawler], wire: Wire, answer: bytes
) -> None:
    handler = KeyedDownloadHandler(crawler_with(DOWNLOAD_TIMEOUT=5, DOWNLOAD_MAXSIZE=100_000))
    wire.answer = answer
    with pytest.raises(DownloadCancelledError, match="DOWNLOAD_MAXSIZE is 100000") as told:
        await handler.download_request(keyed(wire))
    assert "http" not in str(told.value), "in an address the key may stand"
    await handler.close()


async def test_a_body_that_breaks_off_is_lost(handler: KeyedDownloadHandler, wire: Wire) -> None:
    wire.answer, wire.breaks_off = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", True
    with pytest.raises(ResponseDataLossError):
        await handler.download_request(keyed(wire))


async def test_a_call_that_comes_after_all_were_abandoned_does_not_leave(
    handler: KeyedDownloadHandler, wire: Wire
) -> None:
    handler.crawler.signals.send_catch_log(calls_abandoned)
    with pytest.raises(CallAbandoned):
        await handler.download_request(keyed(wire))
    assert wire.heard == []


def test_it_is_there_before_the_first_call_to_hear_that_calls_are_abandoned() -> None:
    assert KeyedDownloadHandler.lazy is False
