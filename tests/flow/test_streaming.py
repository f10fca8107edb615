from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from msgspec.structs import replace

from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.page import StoredPage
from datasync_crawler.domain.streams import PAGE_ROWS
from datasync_crawler.flow.courses import StreamAsk
from datasync_crawler.flow.run import Run
from datasync_crawler.flow.streaming import pages_of
from tests.flow.fake_clock import FakeClock, play
from tests.flow.streams import EXPORT, Stream, StreamBook, StreamDrain, with_export
from tests.flow.worlds import LIST, service

COUNT = 30_000


def drained(stream: Stream, **options: Any) -> StreamDrain:
    found = options.pop("found", None) or with_export(limit=10, total=COUNT)

    async def carry_out() -> StreamDrain:
        done = StreamDrain(stream, found, **options)
        await done.carry_out()
        return done

    return play(carry_out())


def stream(**how: Any) -> Stream:
    return Stream(service(count=COUNT), **how)


def test_a_quick_stream_brings_everything_and_no_page_is_asked_for() -> None:
    done = drained(stream())
    assert done.whole
    assert (done.stream.readings, len(done.asks)) == (1, 0)
    assert all(shard.checkpoint.proof == "everything at once" for shard in done.book.shards.values())


def test_rows_of_a_stream_are_counted_once_by_the_shards() -> None:
    done = drained(stream())
    assert sum(shard.rows for shard in done.book.shards.values()) == COUNT


def test_a_stream_in_order_moves_the_checkpoint_with_its_rows() -> None:
    done = drained(stream())
    positions = [page.checkpoint.position for page in done.pages if page.checkpoint]
    assert len(positions) == COUNT // 5_000
    assert positions == sorted(positions, key=lambda it: -(it or 0))


def test_a_stream_lies_beside_shards_of_row_numbers_as_its_times_are_none_of_theirs() -> None:
    by_number, found = (
        replace(LIST, cursor=None, cursor_param=None, offset_param="skip"),
        with_export(limit=10, total=COUNT),
    )
    found = replace(found, endpoints=tuple(by_number if it.name == LIST.name else it for it in found.endpoints))
    done = drained(stream(), found=found)
    assert done.run.shards.numbered
    assert done.whole
    assert all(page.checkpoint is None for page in done.pages)


def test_a_stream_without_order_lies_beside_the_shards() -> None:
    done = drained(stream(shuffled=True))
    assert done.whole
    assert all(page.checkpoint is None for page in done.pages)


def test_a_stream_from_old_to_new_walks_the_shards_of_lists_that_run_that_way() -> None:
    found = with_export(limit=10, total=COUNT)
    rising = replace(found, endpoints=tuple(replace(it, descending=False) for it in found.endpoints))
    done = drained(stream(shuffled=True), found=rising)
    assert done.whole
    positions = [page.checkpoint.position for page in done.pages if page.checkpoint]
    assert len(positions) == COUNT // 5_000
    assert positions == sorted(positions, key=lambda it: -(it or 0))


def test_a_slow_stream_is_helped_from_the_other_end() -> None:
    alone = COUNT / 100
    done = drained(stream(rate=100.0), found=with_export(total=COUNT))
    assert done.whole
    assert len(done.asks) > 100
    assert done.took < alone / 2


def test_a_stream_ends_when_others_have_brought_the_rest() -> None:
    done = drained(stream(rate=100.0), found=with_export(total=COUNT))
    assert done.stream.sent < COUNT / 2


def test_a_broken_stream_is_begun_again_and_what_it_brought_is_kept() -> None:
    done = drained(stream(breaks=lambda reading: 12_000 if reading == 1 else None))
    assert done.whole
    assert done.stream.readings == 2
    assert max(len(page.page.ids) for page in done.pages) == 5_000
    assert sum(len(page.page.ids) for page in done.pages) == 12_000 + COUNT


class Busy(StreamBook):
    """A book that stores nothing in its first minute."""

    async def store(self, page: StoredPage) -> int:
        await self.clock.sleep(max(0.0, 60.0 - self.clock.monotonic()))
        return await super().store(page)


def test_a_stream_that_breaks_off_while_the_ledger_is_busy_is_begun_again_when_its_pages_are_in() -> None:
    done = drained(stream(breaks=lambda reading: 7_000 if reading == 1 else None), book=Busy(FakeClock()))
    assert done.whole
    assert done.stream.readings == 2
    assert done.run.courses["export"].unstored == 0


def test_pages_go_on_where_a_broken_stream_stood() -> None:
    done = drained(stream(rate=500.0, breaks=lambda _: 29_000))
    assert done.whole
    assert len(done.asks) < 40


def test_a_stream_that_never_begins_is_left_to_the_pages() -> None:
    done = drained(stream(status=(500,)), found=with_export(total=COUNT))
    assert done.whole
    assert done.stream.readings <= 4


def test_a_part_of_everything_is_not_taken_for_it() -> None:
    done = drained(stream(status=(206,)), found=with_export(total=COUNT))
    assert done.whole
    assert (done.stream.readings, done.stream.sent) == (4, 0)


def test_a_stream_that_an_unforeseen_error_ends_is_begun_again() -> None:
    done = drained(stream(breaks=lambda reading: 12_000 if reading == 1 else None, trouble=ArithmeticError()))
    assert done.whole
    assert done.stream.readings == 2


def test_a_stream_that_says_less_than_is_told_proves_nothing() -> None:
    done = drained(stream(withheld=500))
    assert done.whole
    assert {shard.checkpoint.proof for shard in done.book.shards.values()} != {"everything at once"}
    assert len(done.asks) > 0


def test_without_a_total_a_stream_is_read_twice() -> None:
    untold = replace(LIST, shape=replace(LIST.shape, total=None))
    done = drained(stream(), found=with_export(limit=10, listed=untold))
    assert done.whole
    assert (done.stream.readings, len(done.asks)) == (2, 0)


def test_no_more_than_two_pages_of_a_stream_wait_for_the_ledger() -> None:
    done = drained(stream(rate=1e9))
    assert done.most_unstored <= 2


def test_bare_ids_are_taken_as_they_come() -> None:
    bare = replace(EXPORT, shape=replace(EXPORT.shape, id="no", time=None))
    done = drained(stream(), found=with_export(limit=10, total=COUNT, export=bare))
    assert done.whole
    assert not any(page.checkpoint for page in done.pages)


async def rest_of(run: Run, pieces: AsyncIterator[bytes]) -> list[StoredPage]:
    call = StreamAsk("export", 1, 1)
    run.claim(call)
    run.courses["export"].begin(0.0)
    return [page async for page in pages_of(run, call, pieces, whole=False)]


def test_rows_before_a_break_are_not_stored_once_all_ends_are_proven() -> None:
    async def scene() -> list[StoredPage]:
        run = StreamDrain(stream(), with_export()).run

        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"no": "1", "at": 5}\n'
            run.shards[1].prove("passed")
            raise Malformed("the body broke off")

        return await rest_of(run, pieces())

    assert play(scene()) == []


def test_a_page_that_waited_for_a_cut_is_not_stored_once_all_ends_are_proven() -> None:
    async def scene() -> list[StoredPage]:
        run = StreamDrain(stream(), with_export()).run

        async def prove() -> None:
            async with run.cutting:
                await run.clock.sleep(1.0)
                run.shards[1].prove("passed")

        async def pieces() -> AsyncIterator[bytes]:
            proving = asyncio.create_task(prove())
            await asyncio.sleep(0)
            yield b'{"no": "1", "at": 5}\n' * PAGE_ROWS
            await proving

        return await rest_of(run, pieces())

    assert play(scene()) == []


def test_a_run_that_was_killed_meets_its_rows_again_and_goes_on() -> None:
    first = drained(stream(breaks=lambda _: 12_000), give_up_after=0.5, found=with_export(limit=1, total=COUNT))
    book = StreamBook(first.clock, shards=first.book.shards, rows=first.book.rows)
    done = drained(stream(), book=book)
    assert done.whole
    assert sum(shard.rows for shard in done.book.shards.values()) == COUNT


def test_a_stream_that_is_cut_as_the_run_is_stopped_has_no_fault() -> None:
    async def scene() -> StreamDrain:
        done = StreamDrain(stream(), with_export(limit=10, total=COUNT))

        async def cut() -> AsyncIterator[bytes]:
            done.run.stop()
            raise Malformed("the body broke off")
            yield b""

        assert [page async for page in pages_of(done.run, StreamAsk("export", 1, 1), cut(), whole=False)] == []
        return done

    live = play(scene()).run.courses["export"].live
    assert (live.faults, live.last_error) == (0, "")
