"""Secrets enter a request here, on a copy, at the last moment before the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler

from datasync_crawler.flow.secrets import Secrets

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response


class KeyedDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's own HTTP handler with the crawler's secrets filled in (see :class:`Secrets`)."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._secrets = secrets_of(crawler)

    async def download_request(self, request: Request) -> Response:
        """Sends a copy of the request that holds the secrets; the response names the address without them."""
        keyed = request.replace(
            url=self._secrets.fill(request.url, encode=True),
            headers=_filled(request.headers, self._secrets),
            meta=request.meta,
        )
        response = await super().download_request(keyed)
        request.meta.update(keyed.meta)
        return response.replace(url=request.url)


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
