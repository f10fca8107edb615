"""The wire of a spot check: each call once, every answer bounded, the key on the wire alone."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.commands.spot import Wire, session
from datasync_crawler.domain.errors import Malformed, NotComplete
from datasync_crawler.flow.secrets import Secrets
from tests.components.secret import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KNOWN = b"HTTP/1.1 200 OK\r\nContent-Length: "


class Service:
    """Gives one answer after the other, over as many connections as it is called by; after the last it hangs up."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.heard: list[bytes] = []
        self.hangs_up = False
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self.heard.append(await reader.readuntil(b"\r\n\r\n"))
                if not self.answers:
                    return
                writer.write(self.answers.pop(0))
                if self.hangs_up:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    served = Service()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/list?k={{key}}"
    yield served
    server.close()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with session() as opened:
        yield Wire(opened, Secrets(KEY), "me", longest=1000)


def whole(body: bytes, *headers: bytes) -> bytes:
    return KNOWN + b"%d\r\n%b\r\n%b" % (len(body), b"".join(b"%b\r\n" % each for each in headers), body)


async def test_the_wire_hears_the_key(wire: Wire, service: Service) -> None:
    service.answers = [whole(b"{}", b"X-Left: 7")]
    answer = await wire.send(service.url, {"X-Key": "{key}"})
    assert (answer.status, answer.headers["X-Left"], answer.body) == (200, "7", b"{}")
    assert b"/list?k=key%2Fwith%2Bsigns%3D0123456789 " in service.heard[0]
    assert f"X-Key: {KEY}\r\n".encode() in service.heard[0]


async def test_a_call_that_a_reset_cut_off_is_not_repeated_unseen(wire: Wire, service: Service) -> None:
    service.answers = [whole(b"{}")]
    await wire.send(service.url, {})
    with pytest.raises(NotComplete, match="no answer"):
        await wire.send(service.url, {})
    assert len(service.heard) == 2


async def test_a_compressed_answer_is_read(wire: Wire, service: Service) -> None:
    service.answers = [whole(gzip.compress(b"[1, 2]"), b"Content-Encoding: gzip")]
    assert (await wire.send(service.url, {})).body == b"[1, 2]"


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_without_end_is_not_waited_for(wire: Wire, service: Service, packed: bool) -> None:
    body = b" " * 1001
    service.answers = [whole(gzip.compress(body), b"Content-Encoding: gzip") if packed else whole(body)]
    with pytest.raises(NotComplete, match="longer than 1000 bytes"):
        await wire.send(service.url, {})


async def test_an_answer_that_breaks_off_is_no_answer(wire: Wire, service: Service) -> None:
    service.answers, service.hangs_up = [whole(b"[1, 2]")[:-1]], True
    with pytest.raises(Malformed, match="broke off"):
        await wire.send(service.url, {})
