"""The events spider: every call of the drain becomes a request, and every answer finds its way."""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.http import TextResponse
from scrapy.utils.request import request_from_dict
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from datasync_crawler.domain.asking import Ask
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.tokens import TokenAsk
from datasync_crawler.handlers import CallAbandoned, secrets_of
from tests.components.secret import KEY
from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import KEY as SERVICE_KEY
from tests.flow.worlds import THREE_LANES, service

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

PAGE = Ask(1, 1, "query", "http://service.test/list?size=50&k={key}", 50, None)
BEHIND_TOKEN = Ask(1, 1, "feed", "http://service.test/feed?size=50", 50, None)
TOKEN = TokenAsk("feed", 1, 0)


@pytest.fixture
def spider(crawler_with: Callable[..., Crawler]) -> Any:
    """The spider with a run that has made no call yet."""
    found: Any = crawler_with().spider

    async def begin() -> None:
        drained = Drain(service(), THREE_LANES)
        found.run, found.dispatch, found.reception = drained.run, drained.dispatch, drained.reception

    play(begin())
    return found


def test_a_page_is_asked_for_with_words_where_secrets_belong(spider: Any) -> None:
    request = spider.request(PAGE)
    assert (request.method, request.url) == ("GET", "http://service.test/list?size=50&k={key}")
    headers = spider.request(BEHIND_TOKEN).headers.to_unicode_dict()
    assert (headers["X-Key"], headers["X-Token"]) == ("{key}", "{token:feed}")


def test_a_token_is_asked_for_as_discovery_found_out(spider: Any) -> None:
    request = spider.request(TOKEN)
    assert (request.method, request.url) == ("POST", "http://service.test/token")
    assert request.headers["X-Key"] == b"{key}"


@pytest.mark.parametrize("call", [PAGE, BEHIND_TOKEN, TOKEN], ids=["query", "feed", "token"])
def test_a_request_survives_a_queue_on_disk_and_shows_no_secret_there(spider: Any, call: Ask | TokenAsk) -> None:
    secrets_of(spider.crawler).keep_token("feed", "a-token-of-theirs")
    kept = pickle.dumps(spider.request(call).to_dict(spider=spider))
    assert KEY.encode() not in kept
    assert b"a-token-of-theirs" not in kept
    restored = request_from_dict(pickle.loads(kept), spider=spider)  # noqa: S301 - made above
    assert restored.cb_kwargs == {"call": call}
    assert restored.dont_filter


async def spun(spider: Any) -> Drain:
    """The spider's own loop, its requests carried out on the fake service."""
    drained = Drain(service(count=900), THREE_LANES)
    spider.run, spider.dispatch, spider.reception = drained.run, drained.dispatch, drained.reception

    async def fetch(request: Request) -> None:
        secrets = secrets_of(spider.crawler)
        headers = {str(name): secrets.fill(value) for name, value in request.headers.to_unicode_dict().items()}
        url = secrets.fill(request.url, encode=True)
        answer = await drained.service.answer(request.method, url, headers)
        response = TextResponse(request.url, answer.status, body=answer.body, request=request)
        page = request.callback(response, **request.cb_kwargs) if request.callback else None
        if page is not None:
            spider.reception.stored(await drained.book.store(page))

    under_way = [asyncio.ensure_future(fetch(request)) async for request in spider.start()]
    await asyncio.gather(*under_way)
    return drained


def test_the_spider_drains_everything_by_its_requests(crawler_with: Callable[..., Crawler]) -> None:
    spider: Any = crawler_with(TARGET_API_KEY=SERVICE_KEY).spider
    drained = play(spun(spider))
    assert drained.whole
    assert drained.service.calls["/feed"] > 0


def test_a_spider_without_a_run_asks_for_nothing(crawler_with: Callable[..., Crawler]) -> None:
    spider: Any = crawler_with().spider

    async def scene() -> list[Any]:
        return [request async for request in spider.start()]

    assert play(scene()) == []
    assert spider.failure is None


def missed(spider: Any, error: Exception) -> LiveLane:
    """The lane of a call that ended so without an answer."""

    async def scene() -> None:
        spider.run.claim(PAGE)
        failure: Any = Failure(error)  # type: ignore[no-untyped-call]
        failure.request = spider.request(PAGE)
        spider.missed(failure)

    play(scene())
    lane: LiveLane = spider.run.lanes["query"]
    return lane


def test_a_call_without_an_answer_is_given_back(spider: Any) -> None:
    lane = missed(spider, ConnectionLost("gone"))
    assert (lane.in_flight, lane.trouble) == (0, "ConnectionLost")
    assert not spider.run.shards[1].flying


def test_a_call_that_the_crawl_abandoned_is_no_fault_of_its_lane(spider: Any) -> None:
    lane = missed(spider, CallAbandoned("abandoned"))
    assert (lane.in_flight, lane.faults, lane.trouble, lane.last_error) == (0, 0, "", "")
    assert not spider.run.flying
    assert spider.run.stopped, "what left in its place would be abandoned as well, and so on"
    assert spider.run.failure is None


def test_a_spider_that_is_ended_lets_no_further_call_leave(spider: Any) -> None:
    async def scene() -> None:
        requests = spider.start()
        await anext(requests)
        await requests.aclose()

    play(scene())
    assert spider.run.stopped
    assert spider.failure is None
