"""Crawlers with the project's own settings, a key, and nothing that starts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from datasync_crawler.pipelines import LedgerPipeline
from datasync_crawler.spiders.events import EventsSpider
from tests.components.secret import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from scrapy.crawler import Crawler


@pytest.fixture
def crawler_with(tmp_path: Path) -> Callable[..., Crawler]:
    """Makes a crawler of the events spider; its settings are the project's, with changes, and no extension of ours."""

    def make(**changes: Any) -> Crawler:
        settings = Settings()
        settings.setmodule("datasync_crawler.settings", priority="project")
        told = {name: settings[name] for name in settings if settings.getpriority(name) == 20}
        quiet = {"EXTENSIONS": {}, "SPIDERMON_ENABLED": False, "LOG_ENABLED": False}
        own = {"TARGET_API_KEY": KEY, "STATE_DIR": str(tmp_path)}
        crawler = get_crawler(EventsSpider, {**told, **quiet, **own, **changes})
        crawler.spider = EventsSpider.from_crawler(crawler)
        return crawler

    return make


@pytest.fixture
async def pipeline(crawler_with: Callable[..., Crawler], ledger_url: str) -> AsyncIterator[LedgerPipeline]:
    """A pipeline that opened its run on the test's own ``ledger_url``; closed at the end if the test did not."""
    opened = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=ledger_url))
    await opened.open_spider()
    yield opened
    if not hasattr(opened._crawler.spider, "verdict"):
        await opened.close_spider()
