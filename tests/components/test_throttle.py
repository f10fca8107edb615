"""The throttle: what every answer tells reaches the budget of its pool, and no delay is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.http import Response

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.lessons import Limit
from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.worlds import FREE, service

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

CALL = Ask(1, 1, "header", "http://service.test/list", 50, None)
THROTTLED = {
    "EXTENSIONS": {"datasync_crawler.throttle.HeaderThrottle": 0, "scrapy.extensions.throttle.AutoThrottle": None}
}
TOLD = {"RateLimit-Limit": "7;w=30", "RateLimit-Remaining": "3", "RateLimit-Reset": "30"}


async def answered(crawler: Crawler, status: int, headers: dict[str, str], *, after: float = 0.0) -> Any:
    """The run after an answer that Scrapy told of by its own signals."""
    spider: Any = crawler.spider
    drained = Drain(service(), FREE)
    spider.run, spider.reception = drained.run, drained.reception
    spider.run.claim(CALL)
    async with spider.run.gate.turn("list header") as leave:
        spider.run.depart(CALL, await leave())
    await drained.clock.sleep(after)
    request = Request(
        CALL.url, cb_kwargs={"call": CALL}, meta={"download_latency": 3.0, "download_slot": "service.test"}
    )
    crawler.signals.send_catch_log(signals.request_reached_downloader, request=request, spider=spider)
    response = Response(CALL.url, status, headers=headers, request=request)
    told = crawler.signals.send_catch_log(
        signals.response_downloaded, response=response, request=request, spider=spider
    )
    assert [outcome for _, outcome in told if isinstance(outcome, Exception)] == []
    return spider.run


def test_the_headers_of_an_answer_move_the_budget(crawler_with: Callable[..., Crawler]) -> None:
    run = play(answered(crawler_with(**THROTTLED), 200, TOLD))
    assert run.gate.budgets["list header"].limit == Limit(7, 30.0)


def test_an_error_tells_of_the_budget_too(crawler_with: Callable[..., Crawler]) -> None:
    run = play(answered(crawler_with(**THROTTLED), 404, TOLD))
    assert run.gate.budgets["list header"].limit == Limit(7, 30.0)


def test_a_refusal_is_left_to_whoever_reads_its_body(crawler_with: Callable[..., Crawler]) -> None:
    run = play(answered(crawler_with(**THROTTLED), 429, TOLD))
    assert run.gate.budgets["list header"].limit is None


def test_a_call_counts_from_the_moment_it_is_sent(crawler_with: Callable[..., Crawler]) -> None:
    run = play(answered(crawler_with(**THROTTLED), 200, TOLD, after=5.0))
    assert run.flying[CALL].left_at >= 5.0


def test_a_request_that_is_no_call_is_none_of_its_business(crawler_with: Callable[..., Crawler]) -> None:
    crawler = crawler_with(**THROTTLED)
    request = Request("http://service.test/robots.txt")
    for signal in (signals.request_reached_downloader, signals.response_downloaded):
        told = crawler.signals.send_catch_log(
            signal, response=Response(request.url), request=request, spider=crawler.spider
        )
        assert [outcome for _, outcome in told if outcome is not None] == []


def test_it_is_the_only_throttle_of_the_project(crawler_with: Callable[..., Crawler]) -> None:
    settings = crawler_with().settings
    assert settings.getbool("AUTOTHROTTLE_ENABLED")
    assert settings.getfloat("DOWNLOAD_DELAY") == settings.getfloat("AUTOTHROTTLE_START_DELAY") == 0.0
