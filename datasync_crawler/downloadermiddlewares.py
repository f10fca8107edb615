"""The way of a call to the wire: only calls of the present run go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest, ResponseDataLossError

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class CurrentCalls:
    """Drops requests that a queue on disk brought back: the ledger has moved on, and the drain asks anew."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Lets a call of this run through; raises IgnoreRequest for any other."""
        spider: Any = self._crawler.spider
        call = request.cb_kwargs.get("call")
        if call is None or spider.run is None or call not in spider.run.flying:
            raise IgnoreRequest("not a call of this run")


class SoundEncodings(HttpCompressionMiddleware):
    """Scrapy's own, for which a body that is not encoded as it says is a call that failed (default: any error)."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response with its encoding undone.

        Raises IgnoreRequest when it would be larger than DOWNLOAD_MAXSIZE, ResponseDataLossError when it is broken.
        """
        try:
            return super().process_response(request, response)
        except IgnoreRequest:
            raise
        except Exception as error:  # each of the libraries has errors of its own
            raise ResponseDataLossError(f"the body is not encoded as it says ({type(error).__name__})") from error
