"""Requests that a queue on disk brought back are dropped: the ledger has moved on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from datasync_crawler.domain.asking import Ask
from datasync_crawler.downloadermiddlewares import CurrentCalls
from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.worlds import FREE, service

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

CALL = Ask(1, 1, "header", "http://service.test/list", 50, None)


def request_for(call: Ask | None) -> Request:
    return Request("http://service.test/list", cb_kwargs={} if call is None else {"call": call})


async def offered(crawler: Crawler, call: Ask | None, *, claimed: Ask | None) -> None:
    spider: Any = crawler.spider
    spider.run = Drain(service(), FREE).run
    if claimed is not None:
        spider.run.claim(claimed)
    await CurrentCalls.from_crawler(crawler).process_request(request_for(call))


def test_a_call_of_this_run_passes(crawler_with: Callable[..., Crawler]) -> None:
    play(offered(crawler_with(), CALL, claimed=CALL))


@pytest.mark.parametrize(
    "call",
    [None, Ask(1, 0, "header", CALL.url, 50, None), Ask(1, 1, "header", CALL.url, 50, None, attempt=3)],
    ids=["no call of the drain", "of an earlier run", "of an earlier try"],
)
def test_any_other_is_dropped(crawler_with: Callable[..., Crawler], call: Ask | None) -> None:
    with pytest.raises(IgnoreRequest):
        play(offered(crawler_with(), call, claimed=CALL))


async def test_before_a_run_is_open_nothing_passes(crawler_with: Callable[..., Crawler]) -> None:
    with pytest.raises(IgnoreRequest):
        await CurrentCalls.from_crawler(crawler_with()).process_request(request_for(CALL))
