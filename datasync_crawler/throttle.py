"""AutoThrottle, tuned from what answers tell: their headers move the budgets, and the budgets pace the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.extensions.throttle import AutoThrottle

from datasync_crawler.handlers import headers_of

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.http import Response


class HeaderThrottle(AutoThrottle):
    """Feeds every answer's rate-limit headers into the budget of its pool, the moment it arrives.

    Scrapy's own policy (``_adjust_delay``) looks at latency only and would send faster after a quick refusal; here the
    slot's delay stays zero and the gate alone holds calls back.
    """

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        reception: Any = getattr(spider, "reception", None)
        call = request.cb_kwargs.get("call")
        if reception is not None and call is not None:
            reception.heard(call, headers_of(response), response.status)
