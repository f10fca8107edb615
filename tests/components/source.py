"""A server on the loopback that sends whatever it is given, byte by byte as it is given."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(piece: bytes) -> bytes:
    """A piece of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


class Source:
    """Sends ``pieces`` and hangs up; None among them waits until it is let go on, a number so many seconds."""

    def __init__(self) -> None:
        self.pieces: Iterable[bytes | float | None] = ()
        self.go_on = asyncio.Event()
        self.sent = 0
        self.heard = b""
        self.left = asyncio.Event()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with one call."""
        try:
            self.heard = await reader.readuntil(b"\r\n\r\n")
            for piece in self.pieces:
                if piece is None:
                    await self.go_on.wait()
                    continue
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                    continue
                writer.write(piece)
                await writer.drain()
                self.sent += len(piece)
        except ConnectionError:
            self.left.set()
        finally:
            writer.close()
