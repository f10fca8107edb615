"""The live page: views served over HTTP while a crawl runs, inside the crawl's own event loop."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import logging
import re
from contextlib import suppress
from http import HTTPStatus
from importlib import resources
from ipaddress import ip_address
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from datasync_crawler.domain.addresses import is_ip_address
from datasync_crawler.domain.view import View

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

logger = logging.getLogger(__name__)
# What anybody sends to the port is no trouble of the crawl: it gets its status, and no line in the log.
_requests = logging.getLogger(f"{__name__}.requests")
_requests.setLevel(logging.CRITICAL)

# The longest that an open connection may hold up the end, in seconds.
_PATIENCE = 0.3
_MOST_LISTENERS = 32
_SECURE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
}


class Page:
    """Serves ``/``, ``/events``, ``/health`` and ``/metrics``; a Drawing.

    ``port`` 0 is any; one that is taken falls to any. On the loopback it answers to the loopback's names alone, else
    to addresses, its own name and names without a dot as well: a foreign page whose name is made to point here is not
    answered. ``address`` is where it is, once it has begun.
    """

    every = 1.0

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._view: View | None = None
        self._listeners: dict[asyncio.Queue[bytes | None], asyncio.Transport | None] = {}
        self._all_gone = asyncio.Event()
        self._html = resources.files("datasync_crawler.extensions").joinpath("page.html").read_bytes()
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def begin(self) -> None:
        """Listens."""
        app = web.Application(middlewares=[self._guarded])
        app.router.add_get("/", self._page)
        app.router.add_get("/events", self._events)
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, logger=_requests, shutdown_timeout=_PATIENCE)
        await self._runner.setup()
        await self._listen(self._runner)
        logger.info("the live page: %s", self.address)

    def draw(self, view: View) -> None:
        """Tells everyone who listens."""
        self._view = view
        if self._listeners:
            document = view.to_json()
            for listener in self._listeners:
                _offer(listener, document)

    async def end(self) -> None:
        """Sends everyone who listens home, and closes."""
        for listener in self._listeners:
            listener.put_nowait(None)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE if self._listeners else 0):
                await self._all_gone.wait()
        for transport in self._listeners.values():
            # Who does not read would never be gone.
            if transport is not None:
                transport.abort()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            site = web.TCPSite(runner, self._host, self._port)
            await site.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            logger.warning("port %d is taken: the live page is at another one", self._port)
            site = web.TCPSite(runner, self._host, 0)
            await site.start()
        port = runner.addresses[0][1]
        host = _reachable(self._host)
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._is_named(_host_of(request.host)):
            raise web.HTTPMisdirectedRequest(text="this page does not answer to that name\n")
        return await handler(request)

    def _is_named(self, host: str) -> bool:
        """Whether it answers to that name, which no foreign page can have."""
        if _is_loopback(self._host):
            return _is_loopback(host)
        return host.lower() == self._host.lower() or is_ip_address(host) or (bool(host) and "." not in host)

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._html, content_type="text/html", charset="utf-8", headers=_SECURE | self._policy)

    @property
    def _policy(self) -> dict[str, str]:
        """Nothing but the page's own script and style may run, and it may talk to its own server only."""
        script, style = (_digest(self._html, tag) for tag in (b"script", b"style"))
        allowed = f"script-src '{script}'; style-src '{style}'; connect-src 'self'; img-src data:"
        return {"Content-Security-Policy": f"default-src 'none'; base-uri 'none'; form-action 'none'; {allowed}"}

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if len(self._listeners) >= _MOST_LISTENERS:
            raise web.HTTPServiceUnavailable(text="too many listeners\n")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **_SECURE})
        await response.prepare(request)
        listener: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listeners[listener] = request.transport
        self._all_gone.clear()
        if self._view is not None:
            _offer(listener, self._view.to_json())
        try:
            while (document := await listener.get()) is not None:
                await response.write(b"data: " + document + b"\n\n")
        except ConnectionError:
            pass
        finally:
            del self._listeners[listener]
            if not self._listeners:
                self._all_gone.set()
        return response

    async def _health(self, _request: web.Request) -> web.Response:
        if self._view is None:
            body, status = b'{"state":"healthy","reasons":["has just begun"]}', HTTPStatus.OK
        else:
            health = self._view.health
            status = HTTPStatus.OK if health.well else HTTPStatus.SERVICE_UNAVAILABLE
            body = msgspec.json.encode(health)
        return web.Response(body=body, status=status, content_type="application/json", headers=_SECURE)

    async def _metrics(self, _request: web.Request) -> web.Response:
        from datasync_crawler.extensions.metrics import metrics_text  # noqa: PLC0415 - nobody may ever ask for them

        text = b"" if self._view is None else metrics_text(self._view)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8", **_SECURE})


def _offer(listener: asyncio.Queue[bytes | None], document: bytes) -> None:
    """Of documents that a slow listener has not read yet the newest is enough."""
    while not listener.empty():
        listener.get_nowait()
    listener.put_nowait(document)


def _host_of(header: str) -> str:
    """The name in a Host header, without its port."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def _is_loopback(host: str) -> bool:
    return host.lower() == "localhost" or (is_ip_address(host) and ip_address(host).is_loopback)


def _reachable(host: str) -> str:
    """The name by which this machine reaches what listens there: everywhere is no place to go to."""
    if not is_ip_address(host) or not ip_address(host).is_unspecified:
        return host
    return "::1" if ":" in host else "127.0.0.1"


def _digest(html: bytes, tag: bytes) -> str:
    """The digest by which a policy names the one element of that tag."""
    found = re.search(rb"<" + tag + rb">(.*?)</" + tag + rb">", html, re.DOTALL)
    assert found is not None
    return "sha256-" + base64.b64encode(hashlib.sha256(found[1]).digest()).decode()
