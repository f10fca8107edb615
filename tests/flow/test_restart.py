"""A run that was ended anywhere goes on where its last stored page ended."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.errors import LedgerError, NotComplete
from datasync_crawler.domain.shard import Shard
from tests.flow.drain import Book, Drain, drain
from tests.flow.fake_clock import FakeClock, play
from tests.flow.fake_service import Service
from tests.flow.worlds import FREE, THREE_LANES, service


async def killed_after(calls: int, asked: Service) -> tuple[int, Drain]:
    """How many pages were under way when a run was killed after so many calls, and the run that went on."""
    first = Drain(asked, THREE_LANES)
    async for call in first.dispatch.calls():
        if len(first.asks) == calls:
            break
        first.pass_on(call)
    lost = first.kill()
    return lost, await drain(asked, THREE_LANES, book=first.book)


@pytest.mark.parametrize("calls", [1, 2, 7, 40, 90, 118])
def test_only_pages_that_were_under_way_are_fetched_again(calls: int) -> None:
    asked = service(count=6_000)
    lost, second = play(killed_after(calls, asked))
    again = sum(times - 1 for times in asked.served.values())
    boundaries = len(second.book.shards) * 50
    assert second.whole
    assert again <= lost * 50 + boundaries


def test_a_finished_set_needs_no_call() -> None:
    async def scene() -> Drain:
        first = await drain(service(count=500), FREE)
        return await drain(first.service, FREE, book=first.book)

    assert play(scene()).asks == []


async def stopped_by_the_ledger() -> Drain:
    drained = Drain(service(count=6_000), FREE)
    async for call in drained.dispatch.calls():
        drained.pass_on(call)
        if len(drained.asks) == 30:
            drained.run.stop(LedgerError("no room"))
            drained.run.stop(LedgerError("another"))
    return drained


def test_a_run_that_was_stopped_lets_no_further_call_leave_and_keeps_the_first_reason() -> None:
    drained = play(stopped_by_the_ledger())
    assert len(drained.asks) <= 31
    assert str(drained.run.failure) == "no room"


class TornBook(Book):
    """A book that fails in a way nobody foresaw."""

    async def split(self, shard: int, generation: int, at: int) -> tuple[Shard, Shard]:
        raise ValueError(shard, generation, at)


def test_an_error_nobody_foresaw_ends_the_run_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    drained = play(drain(service(), FREE, book=TornBook(FakeClock())))
    assert isinstance(drained.run.failure, NotComplete)
    assert "ValueError" in caplog.text
    assert drained.took < 60.0
