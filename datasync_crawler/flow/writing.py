"""Writing: pages go into the ledger in the order they came, one transaction at a time, failing closed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from datasync_crawler.domain.page import StoredPage

# Ids of pages that go in together at most: what a transaction takes beside its rows is as much for one page as for
# five, but all of its bytes are held twice. Five ids take the room of two whole events.
_MOST_IDS = 25_000
_TWO_EVENTS = 5


class Writer:
    """Stores pages by ``store``, those that wait while others are stored together in the next transaction.

    Nothing is begun for fewer than ``least_rows``. What ``store`` raises goes to ``failed`` with the number of pages;
    after that no page is stored: pages still arrive for a while, and storing them would step over the hole.
    """

    def __init__(
        self,
        store: Callable[[Sequence[StoredPage]], Awaitable[None]],
        failed: Callable[[Exception, int], None],
        *,
        least_rows: int,
    ) -> None:
        self._store = store
        self._failed = failed
        self._least_rows = least_rows
        self._waiting: deque[StoredPage] = deque()
        self._came = self._gone = 0
        self._turn = asyncio.Lock()
        self.broken = False

    async def take(self, page: StoredPage, *, at_once: bool = False) -> bool:
        """Stores a page, or keeps it until it is worth a transaction; False when it was not stored and will not be."""
        if self.broken:
            return False
        self._waiting.append(page)
        self._came += 1
        if at_once or sum(map(_weight, self._waiting)) >= self._least_rows:
            await self._write(self._came)
        return not self.broken

    async def finish(self) -> None:
        """Stores what waits."""
        await self._write(self._came)

    async def _write(self, last: int) -> None:
        """Returns when as many pages are stored, or none will be."""
        async with self._turn:
            while self._gone < last and not self.broken:
                pages = self._next()
                try:
                    await self._store(pages)
                except Exception as error:  # noqa: BLE001 - whatever it is, no later page may be stored
                    self.broken = True
                    self._failed(error, len(pages))

    def _next(self) -> list[StoredPage]:
        pages = [self._waiting.popleft()]
        filled = _share(pages[0])
        while self._waiting and filled + _share(self._waiting[0]) <= _MOST_IDS:
            filled += _share(self._waiting[0])
            pages.append(self._waiting.popleft())
        self._gone += len(pages)
        return pages


def _share(page: StoredPage) -> int:
    """The room that a page takes in a transaction, in ids."""
    weight = _weight(page)
    return weight if page.page.payloads is None else weight * _TWO_EVENTS // 2


def _weight(page: StoredPage) -> int:
    """An empty page counts as a row, so that the proof it may carry is not left lying."""
    return max(1, len(page.page.ids))
