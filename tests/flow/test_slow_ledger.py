"""A ledger that is busy for a minute: ends wait for it, and nothing is given up meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.flow.drain import Book, Drain
from tests.flow.fake_clock import play
from tests.flow.worlds import FREE, service

if TYPE_CHECKING:
    from datasync_crawler.domain.page import StoredPage

BUSY = 60.0


class Busy(Book):
    """A book that stores nothing in its first minute."""

    async def store(self, page: StoredPage) -> int:
        await self.clock.sleep(max(0.0, BUSY - self.clock.monotonic()))
        return await super().store(page)


async def drained() -> Drain:
    drain = Drain(service(count=400), FREE)
    drain.book = Busy(drain.clock)
    drain.dispatch._book = drain.book
    return await drain.carry_out()


def test_an_end_told_while_rows_wait_for_the_ledger_is_believed_when_they_are_in() -> None:
    drain = play(drained())
    assert drain.whole
    assert all(shard.done for shard in drain.run.shards.values)


def test_the_last_look_leaves_as_soon_as_the_last_row_is_in() -> None:
    assert BUSY <= play(drained()).took < BUSY + 2.0
