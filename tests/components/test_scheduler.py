"""Calls wait in memory: nothing of a run is on disk for the next one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrapy import Request

from datasync_crawler.scheduler import CallScheduler

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


async def test_a_call_comes_back_and_leaves_no_file(crawler_with: Callable[..., Crawler], tmp_path: Path) -> None:
    queue = "scrapy.pqueues.ScrapyPriorityQueue"
    crawler = crawler_with(JOBDIR=str(tmp_path), SCHEDULER_PRIORITY_QUEUE=queue)
    scheduler = CallScheduler.from_crawler(crawler)
    scheduler.open(crawler.spider)
    before = files(tmp_path)
    request = Request("http://127.0.0.1/", dont_filter=True)
    assert scheduler.enqueue_request(request)
    assert files(tmp_path) == before
    assert scheduler.next_request() is request
    scheduler.close("finished")
