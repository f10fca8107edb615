"""One line while the spider runs, and one when it closes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import signals

from datasync_crawler.extensions import progress
from datasync_crawler.extensions.progress import Progress
from tests.flow.drain import Drain
from tests.flow.worlds import FREE, service

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

    from datasync_crawler.flow.run import Run


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == progress.__name__]


@pytest.fixture
def opened(
    crawler_with: Callable[..., Crawler], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Progress]:
    """Opens a spider that is told of every so many seconds."""
    caplog.set_level(logging.INFO, progress.__name__)

    def make(*, every: float, run: Run | None) -> Progress:
        monkeypatch.setattr(progress, "_EVERY", every)
        crawler: Any = crawler_with()
        crawler.spider.run = run
        kept = Progress.from_crawler(crawler)
        crawler.signals.send_catch_log(signals.spider_opened, spider=crawler.spider)
        return kept

    return make


def close(kept: Progress) -> None:
    crawler = kept._crawler
    crawler.signals.send_catch_log(signals.spider_closed, spider=crawler.spider, reason="finished")
    assert not kept._loop.running


async def test_a_run_is_told_of_when_it_ends(
    opened: Callable[..., Progress], caplog: pytest.LogCaptureFixture
) -> None:
    close(opened(every=60.0, run=Drain(service(), FREE).run))
    assert [line[:8] for line in told(caplog)] == ["0 events"]


class Listener(logging.Handler):
    """Rings at the third line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0
        self.enough = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - what it says does not matter
        self.lines += 1
        if self.lines == 3:
            self.enough.set()


async def test_a_run_is_told_of_while_it_lasts(opened: Callable[..., Progress]) -> None:
    listener, logger = Listener(), logging.getLogger(progress.__name__)
    logger.addHandler(listener)
    try:
        kept = opened(every=0.001, run=Drain(service(), FREE).run)
        async with asyncio.timeout(5.0):
            await listener.enough.wait()
        close(kept)
    finally:
        logger.removeHandler(listener)


async def test_a_spider_without_a_run_has_nothing_to_tell(
    opened: Callable[..., Progress], caplog: pytest.LogCaptureFixture
) -> None:
    close(opened(every=60.0, run=None))
    assert told(caplog) == []
