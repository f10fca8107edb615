"""Secrets enter a request here, on a copy, at the last moment before the wire."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING
from weakref import WeakSet

from aiohttp import ClientPayloadError
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, ResponseDataLossError
from scrapy.utils._download_handlers import make_response

from datasync_crawler.adapters.body import LONGEST, STREAMED, Body
from datasync_crawler.flow.secrets import Secrets

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.core.downloader.handlers._aiohttp import _ClientResponse
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

logger = logging.getLogger(__name__)

_READ_AHEAD = 1 << 20
"""Bytes read before the socket waits for its reader; at aiohttp's 64 kB a page stops and starts dozens of times."""

# Python itself refuses to read numbers of some thousand digits.
_ABSURD = re.compile(r"\d{400}")

_LONGEST_HEADER = 1 << 16
"""Bytes of one header of an answer; a link with a long cursor in it goes beyond aiohttp's 8,190."""

calls_abandoned = object()
"""The signal after which no answer is waited for: the crawl is being ended from outside."""


class CallAbandoned(DownloadCancelledError):
    """No answer is waited for any more, and none came: that is nobody's fault."""


class KeyedDownloadHandler(AiohttpDownloadHandler):
    """Scrapy's aiohttp handler with the crawler's secrets filled in (see :class:`Secrets`), sending each call once.

    Scrapy's default handler does neither: over a connection that was used before, Twisted repeats a call that a reset
    cut off, unseen by any budget, and a reset within a body may leave the call waiting for ever. aiohttp repeats too,
    but can be told not to; ``_retry_connection`` is private and has a test that fails when it is gone.

    A request with :data:`~datasync_crawler.adapters.body.STREAMED` in its meta is answered as soon as the headers are
    there; its body is read by whoever takes the answer.
    """

    # Made with the engine: one that is made for the first call would miss that calls were abandoned before.
    lazy = False
    experimental = False  # Scrapy's mark; a warning in every log would not make it less so

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._secrets = secrets_of(crawler)
        self._session._retry_connection = False  # noqa: SLF001 - see above
        self._session._read_bufsize = _READ_AHEAD  # noqa: SLF001 - it can only be said when the session is made
        self._session._max_field_size = _LONGEST_HEADER  # noqa: SLF001 - the same
        self._abandoned = False
        self._under_way: set[asyncio.Task[Response]] = set()
        self._bodies: WeakSet[Body] = WeakSet()
        crawler.signals.connect(self._abandon, signal=calls_abandoned)

    async def download_request(self, request: Request) -> Response:
        """Sends a copy of the request that holds the secrets; the response names the address without them.

        Raises CallAbandoned when all calls under way are abandoned, and from then on.
        """
        if self._abandoned:
            raise CallAbandoned("abandoned")
        keyed = request.replace(
            url=self._secrets.fill(request.url, encode=True),
            headers=_filled(request.headers, self._secrets),
            meta=request.meta,
        )
        streamed = keyed.meta.pop(STREAMED, False)
        sending = asyncio.ensure_future(self._open(keyed) if streamed else super().download_request(keyed))
        self._under_way.add(sending)
        try:
            response = await sending
        except asyncio.CancelledError:
            raise CallAbandoned("abandoned") from None
        except TimeoutError:
            raise DownloadTimeoutError("no answer in time") from None
        finally:
            self._under_way.discard(sending)
        request.meta.update(keyed.meta)
        return response if response.url == request.url else response.replace(url=request.url)

    async def _open(self, request: Request) -> Response:
        """The answer without its body, which stands in the request's meta; one that is no success is read whole."""
        patience = request.meta.get("download_timeout", self._DEFAULT_CONNECT_TIMEOUT)
        async with AsyncExitStack() as held:
            async with asyncio.timeout(patience):
                answer = await held.enter_async_context(self._make_request(request, LONGEST))
            if answer.status != HTTPStatus.OK:
                return await self._read_response(answer, request)
            headers = self._extract_headers(answer)
            headers.pop(b"Content-Encoding", None)
            body = request.meta[STREAMED] = Body(answer, held.pop_all(), patience)
            self._bodies.add(body)
            return make_response(request.url, answer.status, headers)

    async def _read_response(self, response: _ClientResponse, request: Request) -> Response:
        """The answer with its body in one piece.

        Scrapy's own copies every body once more, and sends signals with its pieces that nobody here listens to. Of its
        settings DOWNLOAD_MAXSIZE is kept, for what is announced and for what comes; one that breaks off always fails.
        """
        most: int = request.meta.get("download_maxsize", self._default_maxsize)
        pieces: list[bytes] = []
        size = 0
        try:
            _check_size(response.content_length or 0, most)
            async for piece in response.content.iter_any():
                size += len(piece)
                _check_size(size, most)
                pieces.append(piece)
        except DownloadCancelledError:
            pieces.clear()  # the traceback would hold them
            raise
        except ClientPayloadError as error:
            raise ResponseDataLossError(str(error)) from error
        headers = self._extract_headers(response)
        return make_response(request.url, response.status, headers, b"".join(pieces))

    def _abandon(self) -> None:
        self._abandoned = True
        for sending in self._under_way:
            sending.cancel()
        for body in self._bodies:
            body.abandon()


def _check_size(size: int, most: int) -> None:
    """Raises DownloadCancelledError for a body that is too large, without the address, in which the key may stand."""
    if 0 < most < size:
        logger.warning("an answer of %s bytes or more is not read: DOWNLOAD_MAXSIZE is %s", size, most)
        raise DownloadCancelledError(f"{size} bytes or more, where DOWNLOAD_MAXSIZE is {most}")


def secrets_of(crawler: Crawler) -> Secrets:
    """The crawler's one :class:`Secrets`, made at the first call from ``TARGET_API_KEY``."""
    known: Secrets | None = getattr(crawler, "secrets", None)
    if known is None:
        known = Secrets(crawler.settings.get("TARGET_API_KEY") or "")
        crawler.secrets = known  # type: ignore[attr-defined]
    return known


def headers_of(response: Response) -> dict[str, str]:
    """The headers of an answer as text; of repeated ones the values are joined. Absurd numbers are left out."""
    headers, encoding = response.headers, response.headers.encoding
    told = ((name.decode(encoding), b",".join(headers.getlist(name)).decode(encoding)) for name in headers)
    return {name: value for name, value in told if not _ABSURD.search(value)}


def _filled(headers: Headers, secrets: Secrets) -> dict[bytes, list[str]]:
    return {name: [secrets.fill(value.decode("latin-1")) for value in values] for name, values in headers.items()}
