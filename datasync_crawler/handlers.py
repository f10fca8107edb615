"""Secrets enter a request here, on a copy, at the last moment before the wire."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.exceptions import DownloadCancelledError

from datasync_crawler.flow.secrets import Secrets

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

calls_abandoned = object()
"""The signal after which no answer is waited for: the crawl is being ended from outside."""


class KeyedDownloadHandler(AiohttpDownloadHandler):
    """Scrapy's aiohttp handler with the crawler's secrets filled in (see :class:`Secrets`), sending each call once.

    Scrapy's default handler does neither: over a connection that was used before, Twisted repeats a call that a reset
    cut off, unseen by any budget, and a reset within a body may leave the call waiting for ever. aiohttp repeats too,
    but can be told not to; ``_retry_connection`` is private and has a test that fails when it is gone.
    """

    experimental = False  # Scrapy's mark; a warning in every log would not make it less so

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._secrets = secrets_of(crawler)
        self._session._retry_connection = False  # noqa: SLF001 - see above
        self._under_way: set[asyncio.Task[Response]] = set()
        crawler.signals.connect(self._abandon, signal=calls_abandoned)

    async def download_request(self, request: Request) -> Response:
        """Sends a copy of the request that holds the secrets; the response names the address without them.

        Raises DownloadCancelledError when all calls under way are abandoned.
        """
        keyed = request.replace(
            url=self._secrets.fill(request.url, encode=True),
            headers=_filled(request.headers, self._secrets),
            meta=request.meta,
        )
        sending = asyncio.ensure_future(super().download_request(keyed))
        self._under_way.add(sending)
        try:
            response = await sending
        except asyncio.CancelledError:
            raise DownloadCancelledError("abandoned") from None
        finally:
            self._under_way.discard(sending)
        request.meta.update(keyed.meta)
        return response.replace(url=request.url)

    def _abandon(self) -> None:
        for sending in self._under_way:
            sending.cancel()


def secrets_of(crawler: Crawler) -> Secrets:
    """The crawler's one :class:`Secrets`, made at the first call from ``TARGET_API_KEY``."""
    known: Secrets | None = getattr(crawler, "secrets", None)
    if known is None:
        known = Secrets(crawler.settings.get("TARGET_API_KEY") or "")
        crawler.secrets = known  # type: ignore[attr-defined]
    return known


def headers_of(response: Response) -> dict[str, str]:
    """The headers of an answer as text; of repeated ones the values are joined."""
    return {str(name): str(value) for name, value in response.headers.to_unicode_dict().items()}


def _filled(headers: Headers, secrets: Secrets) -> dict[bytes, list[str]]:
    return {name: [secrets.fill(value.decode("latin-1")) for value in values] for name, values in headers.items()}
