"""Rendering the dashboard with the key's stand-in: every call it makes to an API is recorded and goes nowhere."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

from playwright.async_api import Error as PlaywrightError
from scrapy import Request
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from datasync_crawler.domain.discovery.exchange import SeenCall
from datasync_crawler.domain.discovery.standin import templated, templated_headers
from datasync_crawler.handlers import KeyedDownloadHandler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Page, Response, Route
    from playwright.async_api import Request as BrowserRequest
    from scrapy.crawler import Crawler
    from scrapy.http import Response as ScrapyResponse

logger = logging.getLogger(__name__)

# What a page is made of; all else that it asks for is an API.
_PARTS = frozenset({"document", "script", "stylesheet", "image", "font", "media", "manifest", "texttrack"})
_STATIC = re.compile(r"\.(?:m?js|css|map|svg|png|ico|woff2?|webmanifest)$")
_LEAVING = re.compile(r"log ?out|sign ?out", re.IGNORECASE)
_CLICKABLE = "button, [role=tab], [role=button], nav a, a[href^='#'], a[href^='/']"
_FIELDS = "input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea"
_MOST_CLICKS = 12
_QUIET_SECONDS, _LONGEST_SECONDS = 0.4, 4.0
# Seconds that a browser may take to end.
_LONGEST_END = 5.0
# Written by the browser for one connection, or by Scrapy itself.
_OWN_HEADERS = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "if-none-match", "if-modified-since"}
)


class RenderingDownloadHandler(KeyedDownloadHandler):
    """Renders the one request that is marked for the browser; all else goes the keyed way.

    The browser ends with its rendering: that takes half a second, which after the first keyed call would be the key's.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._browser: ScrapyPlaywrightDownloadHandler | None = ScrapyPlaywrightDownloadHandler(crawler)

    async def download_request(self, request: Request) -> ScrapyResponse:
        """The rendered page, or the answer of the keyed handler; raises RuntimeError at a second page to render."""
        if not request.meta.get("playwright"):
            return await super().download_request(request)
        if self._browser is None:
            raise RuntimeError("the browser has ended with its rendering")
        try:
            rendered: ScrapyResponse = await self._browser.download_request(request)
            return rendered
        finally:
            await self._end_browser()

    async def close(self) -> None:
        """Ends the browser, where it rendered nothing, and the connections."""
        await self._end_browser()
        await super().close()

    async def _end_browser(self) -> None:
        browser, self._browser = self._browser, None
        if browser is None:
            return
        try:
            async with asyncio.timeout(_LONGEST_END):
                await browser.close()
        except Exception as error:  # noqa: BLE001 - what was rendered is here, however the browser ends
            logger.warning("the browser did not end as it should: %s", str(error) or type(error).__name__)


@dataclass  # no slots: Playwright leaves a mark on the object whose methods it calls
class Rendering:
    """What a page did while it was open: its calls with ``{key}`` for the stand-in, and the scripts it loaded."""

    url: str
    placeholder: str
    names: Sequence[str] = ()
    stored: Sequence[str] = ()
    calls: list[SeenCall] = field(default_factory=list)
    scripts: dict[str, bytes] = field(default_factory=dict)
    _loading: list[Response] = field(default_factory=list)

    def request(self, user_agent: str) -> Request:
        """The request that renders the page, signed in with the stand-in by every name its scripts read."""
        parts = urlsplit(self.url)
        query = urlencode([(name, self.placeholder) for name in self.names])
        return Request(
            urlunsplit(parts._replace(query=query)),
            dont_filter=True,
            meta={
                "playwright": True,
                "playwright_context_kwargs": {"user_agent": user_agent, "service_workers": "block"},
                "playwright_page_goto_kwargs": {"wait_until": "load", "timeout": 20_000},
                "playwright_page_init_callback": self._watch,
                "playwright_page_methods": [PageMethod(self._explore)],
                "handle_httpstatus_all": True,
            },
        )

    async def _watch(self, page: Page, _request: Request) -> None:
        await page.route("**/*", self._meet)
        page.on("response", self._note_response)
        writes = "".join(f"localStorage.setItem({name!r},{self.placeholder!r});" for name in self.stored)
        if writes:
            await page.add_init_script("try{" + writes + "}catch(e){}")

    def _note_response(self, response: Response) -> None:
        if response.request.resource_type == "script" and response.ok:
            self._loading.append(response)

    async def _meet(self, route: Route) -> None:
        request = route.request
        if request.resource_type in _PARTS or _STATIC.search(urlsplit(request.url).path):
            await route.fallback()
            return
        self.calls.append(await self._seen(request))
        await route.abort()

    async def _seen(self, request: BrowserRequest) -> SeenCall:
        cookies = await request.frame.page.context.cookies(request.url)
        headers = {name: value for name, value in request.headers.items() if name not in _OWN_HEADERS}
        if cookies:
            headers["cookie"] = "; ".join(f"{cookie.get('name')}={cookie.get('value')}" for cookie in cookies)
        root = urlunsplit(urlsplit(self.url)._replace(query="", fragment=""))
        headers |= {"referer": root} if "referer" in headers else {}
        plain = [(name, value.replace("HeadlessChrome", "Chrome")) for name, value in sorted(headers.items())]
        return SeenCall(
            request.method,
            templated(request.url, self.placeholder),
            templated_headers(plain, self.placeholder),
            templated(request.post_data or "", self.placeholder),
        )

    async def _explore(self, page: Page) -> None:
        """Lets the page come to rest, signs in by its form if nothing carried the key, opens what can be opened."""
        await self._rest()
        if not any("{key}" in call.url + repr(call.headers) for call in self.calls):
            await self._sign_in(page)
        clicked: set[str] = set()
        for _ in range(_MOST_CLICKS):
            with suppress(PlaywrightError):
                await self._click_next(page, clicked)
        await self._rest()
        for response in self._loading:
            with suppress(PlaywrightError):
                self.scripts[response.url] = await response.body()

    async def _sign_in(self, page: Page) -> None:
        fields = [element for element in await page.query_selector_all(_FIELDS) if await element.is_visible()]
        with suppress(PlaywrightError):
            for element in fields:
                await element.fill(self.placeholder, timeout=1_500)
            if fields:
                await fields[-1].press("Enter", timeout=1_500, no_wait_after=True)
        await self._rest()

    async def _click_next(self, page: Page, clicked: set[str]) -> None:
        """Clicks the first element with a text not clicked before; rows of a table have the same, tabs do not."""
        for element in await page.query_selector_all(_CLICKABLE):
            text = await element.inner_text()
            if text in clicked or _LEAVING.search(text) or not await element.is_visible():
                continue
            clicked.add(text)
            await element.click(timeout=1_500, no_wait_after=True)
            await self._rest(longest=1.0)
            return

    async def _rest(self, longest: float = _LONGEST_SECONDS) -> None:
        """Waits until the page has made no call for a while, but not for ever: a page may poll."""
        waited, seen = 0.0, -1
        while waited < longest and seen != len(self.calls):
            seen = len(self.calls)
            await asyncio.sleep(_QUIET_SECONDS)
            waited += _QUIET_SECONDS
