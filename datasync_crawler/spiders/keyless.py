"""What can be learned before the key is used for the first time: the page, its scripts, documents, refusals."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import msgspec
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import TextResponse

from datasync_crawler.domain.addresses import REDIRECTS, told_address
from datasync_crawler.domain.discovery.candidates import collections, figures
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question, answered
from datasync_crawler.domain.discovery.guesses import guesses, is_there
from datasync_crawler.domain.discovery.harvest import mentioned_documents, page_links, same_origin
from datasync_crawler.domain.discovery.opening import Sightings, open_case
from datasync_crawler.domain.errors import ServiceUnreachable
from datasync_crawler.handlers import headers_of
from datasync_crawler.spiders.scripts import Scripts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from scrapy.http import Response

    from datasync_crawler.domain.discovery.case import Case
    from datasync_crawler.domain.discovery.routes import Lead, Route
    from datasync_crawler.spiders.rendering import Rendering

    Send = Callable[[Request], Awaitable[Response]]
    Render = Callable[[tuple[str, ...], tuple[str, ...]], Awaitable[Rendering | None]]

logger = logging.getLogger(__name__)

_MOST_DOCUMENTS = 8
_PATIENCE = 15.0
_USUAL_NAMES = ("apiKey", "api_key", "key", "token")
# Where services commonly describe themselves, linked or not.
_USUAL_DOCUMENTS = ("openapi.json", "docs/api.md", "README.md")
FAILED = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
"""Every way in which no answer comes."""


class Approach:
    """The way to a case without the key: ``send`` fetches, ``render`` opens the page in a browser (or gives None).

    ``leads`` are addresses that an earlier drain met.
    """

    def __init__(
        self, api_base: str, dashboard: str, send: Send, render: Render, leads: tuple[Lead, ...] = ()
    ) -> None:
        self._api_base = api_base
        self._dashboard = dashboard
        self._send = send
        self._render = render
        self._leads = leads
        self._echo = float("inf")
        self._scripts = Scripts(dashboard, self._code)

    async def case(self) -> Case:
        """Everything that can be known without the key; raises ServiceUnreachable when nothing answers at all."""
        root, page = await asyncio.gather(self._get(self._api_base), self._get(self._dashboard))
        if root is None and page is None:
            raise ServiceUnreachable(f"nothing answers at {self._api_base}: check API_BASE_URL and the network")
        html = page.text if isinstance(page, TextResponse) else ""
        links = page_links(html, page.url if page is not None else self._dashboard)
        await self._scripts.follow(links.scripts)
        rendering = await self._render(self._scripts.names() or _USUAL_NAMES, self._scripts.stored())
        if rendering is not None:
            await self._scripts.add(rendering.scripts)
        description = _json(root)
        described = root.text if description is not None and isinstance(root, TextResponse) else ""
        seen = Sightings(
            api_base=self._api_base,
            dashboard=self._dashboard,
            description=description,
            calls=tuple(rendering.calls) if rendering else (),
            scripts=await self._scripts.read(),
            documents=await self._documents(links.documents, html + described),
            echo=self._echo,
            leads=self._leads,
            warnings=() if rendering else ("no browser: only the page's scripts and documents were read",),
        )
        case = open_case(seen)
        if not collections(case.routes, self._api_base):
            seen = replace(seen, leads=(*seen.leads, *await self._guesses()))
            case = open_case(seen)
        return open_case(seen, await self._knock(case))

    async def _guesses(self) -> tuple[Lead, ...]:
        leads = guesses(self._api_base)
        answers = await asyncio.gather(*(self._get(lead.url) for lead in leads))
        found = [(lead, answer) for lead, answer in zip(leads, answers, strict=True) if answer is not None]
        return tuple(lead for lead, it in found if is_there(it.status, readable=_json(it) is not None))

    async def _code(self, url: str) -> bytes | None:
        answer = await self._get(url)
        return answer.body if answer is not None and _is_code(answer) else None

    async def _documents(self, linked: Iterable[str], text: str) -> tuple[tuple[str, str], ...]:
        texts = {self._dashboard: text, **self._scripts.texts}
        mentioned = [url for base, words in texts.items() for url in mentioned_documents(words, base)]
        usual = [urljoin(self._api_base, "/" + name) for name in _USUAL_DOCUMENTS]
        own = [url for url in (*linked, *mentioned, *usual) if self._is_home(url)]
        urls = list(dict.fromkeys(own))[:_MOST_DOCUMENTS]
        answers = await asyncio.gather(*(self._get(url) for url in urls))
        return tuple(
            (url, answer.text)
            for url, answer in zip(urls, answers, strict=True)
            if isinstance(answer, TextResponse) and _is_code(answer)
        )

    def _is_home(self, url: str) -> bool:
        return same_origin(url, self._dashboard) or same_origin(url, self._api_base)

    async def _knock(self, case: Case) -> tuple[Answer, ...]:
        """Calls without the key: figures may need none, and a refusal may tell what is missing."""
        wanted = [(route, Question.FIGURES) for route in figures(case.routes, case.api_base)[:1]]
        wanted += [(route, Question.ROWS) for route in collections(case.routes, case.api_base)[:1]]
        answers = await asyncio.gather(*(self._knock_at(route, question) for route, question in wanted))
        return tuple(answer for answer in answers if answer)

    async def _knock_at(self, route: Route, question: Question) -> Answer | None:
        start = time.monotonic()
        response = await self._get(route.url)
        if response is None:
            return None
        probe = Probe(question, route.name, "", route.url)
        headers = headers_of(response)
        return answered(probe, response.status, headers, response.body, time.monotonic() - start, time.time())

    async def _get(self, url: str, hops: int = 3) -> Response | None:
        """The answer at an address, redirects inside its origin followed; None when none comes."""
        start = time.monotonic()
        try:
            response = await self._send(Request(url, dont_filter=True, meta={"download_timeout": _PATIENCE}))
        except FAILED as error:
            logger.info("No answer from %s: %s", url, error)
            return None
        self._echo = min(self._echo, time.monotonic() - start)
        target = told_address(url, headers_of(response))
        if hops and response.status in REDIRECTS and target is not None and same_origin(target, url):
            return await self._get(target, hops - 1)
        return response


def _json(response: Response | None) -> Any:
    if response is None:
        return None
    try:
        return msgspec.json.decode(response.body)
    except (ValueError, RecursionError):
        return None


def _is_code(response: Response) -> bool:
    """A page where a script or a document should be is the application's own answer to every unknown path."""
    kind = response.headers.get(b"Content-Type") or b""
    return response.status == 200 and b"html" not in kind.lower()  # noqa: PLR2004 - HTTP's OK
