from __future__ import annotations

import asyncio
from collections.abc import Sequence

from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.flow.writing import Writer


def page(number: int, rows: int = 10, *, whole: bool = False) -> StoredPage:
    payloads = [b"{}"] * rows if whole else None
    return StoredPage(number, 1, "feed", Page(["x"] * rows, [None] * rows, payloads=payloads), Checkpoint())


class Slow:
    """A ledger that stores when it is let; ``stored`` are the shards of each transaction."""

    def __init__(self, *, fails_at: int | None = None, least_rows: int = 1) -> None:
        self.stored: list[list[int]] = []
        self.failures: list[tuple[Exception, int]] = []
        self.free = asyncio.Event()
        self._fails_at = fails_at
        self.writer = Writer(
            self._store, lambda error, pages: self.failures.append((error, pages)), least_rows=least_rows
        )

    async def _store(self, pages: Sequence[StoredPage]) -> None:
        await self.free.wait()
        if len(self.stored) == self._fails_at:
            raise ValueError("full")
        self.stored.append([page.shard for page in pages])

    async def take(self, *pages: StoredPage) -> list[bool]:
        """All at once, let free when every page has been handed over."""
        taking = [asyncio.ensure_future(self.writer.take(page)) for page in pages]
        await asyncio.sleep(0)
        self.free.set()
        return await asyncio.gather(*taking)


async def test_pages_that_wait_while_others_are_stored_go_in_together_and_in_order() -> None:
    slow = Slow()
    assert await slow.take(*map(page, range(5))) == [True] * 5
    assert slow.stored == [[0], [1, 2, 3, 4]]


async def test_no_transaction_grows_without_bound() -> None:
    slow = Slow()
    await slow.take(*(page(number, 10_000) for number in range(6)))
    assert slow.stored == [[0], [1, 2], [3, 4], [5]]


async def test_whole_events_fill_a_transaction_sooner() -> None:
    slow = Slow()
    await slow.take(*(page(number, 4_000, whole=True) for number in range(6)))
    assert slow.stored == [[0], [1, 2], [3, 4], [5]]


async def test_a_page_without_rows_makes_no_room_for_whole_events() -> None:
    slow = Slow()
    await slow.take(page(0), page(1, 0), *(page(number, 4_000, whole=True) for number in range(2, 6)))
    assert slow.stored == [[0], [1, 2, 3], [4, 5]]


async def test_a_page_larger_than_any_transaction_goes_in_alone() -> None:
    slow = Slow()
    await slow.take(page(1), page(2, 100_000), page(3))
    assert slow.stored == [[1], [2], [3]]


async def test_after_a_page_that_was_not_stored_none_is() -> None:
    slow = Slow(fails_at=1)
    assert await slow.take(*map(page, range(4))) == [True, False, False, False]
    assert [pages for _, pages in slow.failures] == [3]
    assert await slow.take(page(9)) == [False]
    assert slow.stored == [[0]]


async def test_too_few_rows_wait_for_more_or_for_the_end() -> None:
    slow = Slow(least_rows=25)
    assert await slow.take(page(1), page(2)) == [True, True]
    assert slow.stored == []
    await slow.take(page(3))
    await slow.take(page(4))
    await slow.writer.finish()
    assert slow.stored == [[1, 2, 3], [4]]


async def test_whoever_cannot_wait_takes_all_along() -> None:
    slow = Slow(least_rows=1_000)
    await slow.take(page(1))
    assert await slow.writer.take(page(2), at_once=True)
    assert slow.stored == [[1, 2]]
