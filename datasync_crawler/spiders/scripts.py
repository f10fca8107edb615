"""The scripts of a page: fetched as one leads to the next, then read together, as one imports what another exports."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from datasync_crawler.domain.addresses import joined
from datasync_crawler.domain.bundle import read_links, read_source_map, read_with_sources
from datasync_crawler.domain.discovery.harvest import mentioned_paths, same_origin, stored_names, url_names
from datasync_crawler.domain.discovery.opening import Script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from datasync_crawler.domain.bundle import BundleReading

    Fetch = Callable[[str], Awaitable[bytes | None]]

_MOST_SCRIPTS = 40
# Some scripts are named only by others read with them; those that name yet more are not followed further.
_MOST_ROUNDS = 2
# What stands between a source map's address and the name of a source that it carries.
_CARRIED = "!/"


class Scripts:
    """All scripts of the page at ``home`` that are on its own origin; ``fetch`` gives a script's bytes, or None."""

    def __init__(self, home: str, fetch: Fetch) -> None:
        self._home = home
        self._fetch = fetch
        self._bodies: dict[str, bytes] = {}
        self._asked: set[str] = set()

    @property
    def texts(self) -> dict[str, str]:
        """What was fetched, by address."""
        return {url: body.decode(errors="replace") for url, body in self._bodies.items()}

    def names(self) -> tuple[str, ...]:
        """Names of parameters that the scripts read from the page's URL."""
        return tuple(dict.fromkeys(name for text in self.texts.values() for name in url_names(text)))

    def stored(self) -> tuple[str, ...]:
        """Names that the scripts read from the browser's storage and that sound like a key."""
        return tuple(dict.fromkeys(name for text in self.texts.values() for name in stored_names(text)))

    async def follow(self, urls: Iterable[str]) -> None:
        """Fetches scripts and whatever they lead to, breadth first."""
        waiting = self._fresh(urls)
        while waiting and len(self._bodies) < _MOST_SCRIPTS:
            self._asked.update(waiting)
            bodies = await asyncio.gather(*(self._fetch(url) for url in waiting))
            found = [(url, body) for url, body in zip(waiting, bodies, strict=True) if body is not None]
            links = [link for url, body in found for link in await self._add(url, body)]
            waiting = self._fresh(links)

    async def add(self, bodies: Mapping[str, bytes]) -> None:
        """Adds scripts that a browser has loaded."""
        for url in self._fresh(bodies):
            await self._add(url, bodies[url])

    async def read(self) -> tuple[Script, ...]:
        """What all scripts tell, those that only others name fetched before."""
        readings = await self._read()
        for _ in range(_MOST_ROUNDS):
            links = [link for url, reading in readings.items() for link in _absolute(url, reading.links)]
            before = len(self._bodies)
            await self.follow(links)
            if len(self._bodies) == before:
                break
            readings = await self._read()
        texts = self.texts
        return tuple(
            Script(url, reading.calls, url_names(texts[url]), mentioned_paths(texts[url]))
            for url, reading in readings.items()
        )

    async def _read(self) -> dict[str, BundleReading]:
        """Built scripts together, and the sources that source maps carry together; outside of the event loop."""
        built = {url: body for url, body in self._bodies.items() if _CARRIED not in url}
        carried = {url: body for url, body in self._bodies.items() if _CARRIED in url}
        return await asyncio.to_thread(read_with_sources, built, carried)

    def _fresh(self, urls: Iterable[str]) -> list[str]:
        own = (url for url in dict.fromkeys(urls) if same_origin(url, self._home))
        return [url for url in own if url not in self._bodies and url not in self._asked]

    async def _add(self, url: str, body: bytes) -> list[str]:
        """Keeps one script or what a source map carries; returns the absolute addresses it leads to."""
        if urlsplit(url).path.endswith(".map"):
            for name, content in read_source_map(body):
                if "node_modules" not in name:
                    self._bodies[f"{url}{_CARRIED}{name.lstrip('./')}"] = content
            return []
        self._bodies[url] = body
        return _absolute(url, await asyncio.to_thread(read_links, body))


def _absolute(url: str, links: Iterable[str]) -> list[str]:
    return [target for link in links if (target := joined(url, link)) is not None]
