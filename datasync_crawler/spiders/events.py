"""The events spider: sends each call of the drain at the moment it may leave, and hands its pages on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import scrapy
from scrapy import Request

from datasync_crawler.adapters.body import ACCEPTED, STREAMED, Body
from datasync_crawler.domain.asking import Ask, whole_url
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.courses import StreamAsk
from datasync_crawler.flow.streaming import pages_of
from datasync_crawler.handlers import CallAbandoned, calls_abandoned, headers_of, secrets_of

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from datasync_crawler.domain.errors import DatasyncError
    from datasync_crawler.domain.page import StoredPage
    from datasync_crawler.flow.dispatch import Dispatch
    from datasync_crawler.flow.reception import Reception
    from datasync_crawler.flow.run import Call, Run
    from datasync_crawler.flow.tokens import TokenAsk

# Seconds that a token's answer is waited for.
_TOKEN_PATIENCE = 30.0
# Seconds that a stream may stand still.
_STREAM_PATIENCE = 60.0


class EventsSpider(scrapy.Spider):
    """Drains every event; the pipeline opens the run before the first call and stores its pages."""

    name = "events"
    custom_settings = {  # noqa: RUF012 - Scrapy's attribute, read once
        "ITEM_PIPELINES": {"datasync_crawler.pipelines.LedgerPipeline": 300},
        # What is left out does nothing for these calls, and cost a tenth of a small page's time.
        "DOWNLOADER_MIDDLEWARES": {
            "datasync_crawler.downloadermiddlewares.CurrentCalls": 50,
            "datasync_crawler.downloadermiddlewares.SoundEncodings": 590,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
        },
        "SPIDER_MIDDLEWARES": {
            "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
            "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
            "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
            "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
        },
        "SPIDERMON_SPIDER_CLOSE_MONITORS": ("datasync_crawler.monitors.CompletenessSuite",),
        "SPIDERMON_PERIODIC_MONITORS": {"datasync_crawler.monitors.WatchSuite": 60},
    }

    run: Run | None = None
    unopened: DatasyncError | None = None
    whole = False
    dispatch: Dispatch
    reception: Reception

    @property
    def failure(self) -> DatasyncError | None:
        """Why the run ended early, or could not be opened at all, if so."""
        return self.unopened if self.run is None else self.run.failure

    async def start(self) -> AsyncIterator[Any]:
        """Yields each call of the run when its budget lets it leave."""
        if self.run is None:
            return
        try:
            async for call in self.dispatch.calls():
                yield self.request(call)
        except (asyncio.CancelledError, GeneratorExit):
            self.abandon()
            raise

    def abandon(self) -> None:
        """The crawl is being ended from outside: no call leaves any more, and none under way is waited for."""
        if self.run is not None:
            self.run.stop()
            self.crawler.signals.send_catch_log(calls_abandoned)

    def request(self, call: Call) -> Request:
        """The request for a page or for a token, with words where secrets belong."""
        assert self.run is not None
        if isinstance(call, Ask):
            lane = self.run.lanes[call.lane]
            return self._to_send(call.url, "GET", lane.headers, call, lane.flight.patience)
        if isinstance(call, StreamAsk):
            lane = self.run.courses[call.lane].live
            url = whole_url(lane.endpoint, lane.lane.credential)
            return self._to_send(url, "GET", {"Accept-Encoding": ACCEPTED} | lane.headers, call, _STREAM_PATIENCE)
        grant = self.run.profile.endpoint(call.endpoint).grant
        assert grant is not None
        return self._to_send(grant.url, grant.method, dict(grant.headers), call, _TOKEN_PATIENCE)

    def parse_page(self, response: Response, call: Ask) -> StoredPage | None:
        """A page came: on to the pipeline with it."""
        return self.reception.answered(call, self._answer(response))

    def parse_token(self, response: Response, call: TokenAsk) -> None:
        """A token came: the wire may use it."""
        token = self.reception.granted(call, self._answer(response))
        if token is not None:
            secrets_of(self.crawler).keep_token(call.endpoint, token)

    async def parse_stream(self, response: Response, call: StreamAsk) -> AsyncIterator[StoredPage]:
        """A stream began: page after page of it goes on to the pipeline, as fast as that stores them."""
        assert self.run is not None
        body = response.meta[STREAMED]
        if not self.reception.begun(call, self._answer(response)) or not isinstance(body, Body):
            return
        try:
            async for page in pages_of(self.run, call, aiter(body), whole=self.whole):
                yield page
        finally:
            await body.close()

    def _callback(self, call: Call) -> Callable[..., Any]:
        if isinstance(call, Ask):
            return self.parse_page
        return self.parse_stream if isinstance(call, StreamAsk) else self.parse_token

    def missed(self, failure: Failure) -> None:
        """No answer came."""
        call = failure.request.cb_kwargs["call"]  # type: ignore[attr-defined]
        if isinstance(failure.value, CallAbandoned):
            self.reception.abandoned(call)
            return
        self.reception.failed(call, failure.type.__name__ if failure.type else "no answer")

    def _answer(self, response: Response) -> Answer:
        """The answer as the flow sees it: headers that repeat a secret have its word instead."""
        secrets = secrets_of(self.crawler)
        headers = {name: secrets.mask(value) for name, value in headers_of(response).items()}
        return Answer(response.status, headers, response.body)

    def _to_send(self, url: str, method: str, headers: dict[str, str], call: Call, patience: float) -> Request:
        assert self.run is not None
        return Request(
            url,
            method=method,
            headers=headers,
            callback=self._callback(call),
            errback=self.missed,
            cb_kwargs={"call": call},
            meta={
                "verbatim_url": True,
                "download_timeout": patience,
                "download_slot": self.run.pool_of(call),
                STREAMED: isinstance(call, StreamAsk),
            },
            dont_filter=True,
        )
