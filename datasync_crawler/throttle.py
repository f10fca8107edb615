"""AutoThrottle, tuned from what answers tell: their headers move the budgets, and the budgets pace the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.extensions.throttle import AutoThrottle

from datasync_crawler.flow.answers import Answer
from datasync_crawler.handlers import headers_of

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class HeaderThrottle(AutoThrottle):
    """Feeds every answer's rate-limit headers into the budget of its pool, the moment it arrives.

    A call's departure counts from the moment it reaches the wire. Scrapy's own policy (``_adjust_delay``) looks at
    latency only and would send faster after a quick refusal; here the slot's delay stays zero and the gate alone holds
    calls back.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        crawler.signals.connect(self._reached_downloader, signal=signals.request_reached_downloader)

    def _reached_downloader(self, request: Request, spider: Spider) -> None:
        run: Any = getattr(spider, "run", None)
        call = request.cb_kwargs.get("call")
        if run is not None and call is not None:
            run.sent(call)

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        reception: Any = getattr(spider, "reception", None)
        call = request.cb_kwargs.get("call")
        if reception is not None and call is not None:
            reception.heard(call, Answer(response.status, headers_of(response), response.body))
