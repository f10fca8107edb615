"""Bodies that are read while they come: an answer is handed on with its headers, its body follows piece by piece."""

from __future__ import annotations

import asyncio
import time
import zlib
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import aiohttp

from datasync_crawler.domain.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

STREAMED = "streamed"
"""The name in a request's ``meta`` that asks for this: true when it is sent, a :class:`Body` once it is answered."""

LONGEST = 6 * 3600.0
"""Seconds that a whole body may take."""

ACCEPTED = "gzip"
"""Encodings that can be undone while a body comes."""

# Detects gzip and zlib by their first bytes.
_ANY_WINDOW = 47
# Bytes of an undone encoding at a time: a thousand times as many may stand in a few.
_STEP = 1 << 20
# Fewer bytes than these within a body's patience are as good as none.
_LEAST = 256


class Body:
    """A body on its way; an async iterator over its pieces that reads the next one only when it is asked for.

    The connection waits meanwhile, so memory holds what the socket's buffers hold, however long the body is, and of
    what was compressed one mebibyte more. Raises Malformed when the body breaks off before its announced end, or next
    to nothing comes for ``patience`` seconds. Iterate once, then (or earlier) close it.
    """

    def __init__(self, answer: aiohttp.ClientResponse, held: AsyncExitStack, patience: float) -> None:
        self._answer = answer
        self._held = held
        self._patience = patience
        self._waited = 0.0
        self._came = 0
        encoded = answer.headers.get("Content-Encoding", "identity").strip().lower() != "identity"
        self._inflater = zlib.decompressobj(_ANY_WINDOW) if encoded else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while piece := await self._piece():
                for part in self._undone(piece):
                    yield part
        except (aiohttp.ClientError, ConnectionError, TimeoutError, zlib.error) as error:
            raise Malformed(f"the body broke off: {type(error).__name__}") from error
        if self._inflater is not None and not self._inflater.eof:
            raise Malformed("the body broke off within its encoding")

    def _undone(self, piece: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            yield piece
            return
        while piece:
            if self._inflater.eof:
                # What was compressed in parts is as long as all of them.
                self._inflater = zlib.decompressobj(_ANY_WINDOW)
            yield self._inflater.decompress(piece, _STEP)
            piece = self._inflater.unconsumed_tail or self._inflater.unused_data

    async def _piece(self) -> bytes:
        """The next bytes; only the time counts that the sender takes for them, and little that comes is no sign."""
        begun = time.monotonic()
        async with asyncio.timeout(self._patience - self._waited):
            piece = await self._answer.content.readany()
        self._waited += time.monotonic() - begun
        self._came += len(piece)
        if self._came >= _LEAST:
            self._waited, self._came = 0.0, 0
        return piece

    def abandon(self) -> None:
        """Cuts the connection: whoever waits for a piece is told that the body broke off."""
        self._answer.close()

    async def close(self) -> None:
        """Gives the connection back when the body has come to its end, else cuts it."""
        with suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
            await self._held.aclose()
