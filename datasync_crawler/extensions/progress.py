"""One line every few seconds: how far the run is, how fast, and what its budgets allow."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.utils.asyncio import create_looping_call

from datasync_crawler.flow.progress import Pace, describe

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

_EVERY = 5.0


class Progress:
    """Logs the state of the spider's run while it lasts."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._loop = create_looping_call(self._tell)
        self._pace = Pace()
        crawler.signals.connect(self._opened, signal=signals.spider_opened)
        crawler.signals.connect(self._closed, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)

    def _opened(self) -> None:
        self._loop.start(_EVERY, now=False)

    def _closed(self) -> None:
        if self._loop.running:
            self._loop.stop()
        self._tell()

    def _tell(self) -> None:
        spider: Any = self._crawler.spider
        run = getattr(spider, "run", None)
        if run is not None:
            logger.info("%s", describe(run, self._pace))
