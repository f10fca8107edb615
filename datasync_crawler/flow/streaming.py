"""Streaming: everything at once is asked for, its rows become pages, and its end proves the shards that are open."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from datasync_crawler.domain.ending import EVERYTHING
from datasync_crawler.domain.errors import PageError
from datasync_crawler.domain.judging import judge
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.domain.streams import StreamCutter, in_order
from datasync_crawler.domain.ways import worth_again
from datasync_crawler.flow.courses import Course, State, StreamAsk
from datasync_crawler.flow.liveshard import LiveShard
from datasync_crawler.flow.ports import ShardBook
from datasync_crawler.flow.run import Run

logger = logging.getLogger(__name__)

# Pages of one stream that may wait for the ledger; the connection waits with them.
_MOST_UNSTORED = 2
# Seconds after which rows of a slow stream are stored, full page or not.
_LONGEST_WAIT = 2.0


async def follow(run: Run, book: ShardBook, course: Course, let_go: Callable[[StreamAsk, float], None]) -> None:
    """Asks for a stream until it came to its end once (twice where no total tells), or is not worth it any more."""
    while not run.stopped and course.state is not State.RETIRED:
        event, now = run.bell.event, run.clock.monotonic()
        if course.ends and not course.unstored and (course.state is State.ENDED or run.agrees):
            await _settle(run, book, course)
        elif course.state is not State.WAITING or course.unstored:
            await run.clock.wait(event, None)
        elif course.not_before > now:
            await run.clock.wait(event, course.not_before - now)
        elif course.readings and not worth_again(course.pace(now), run.others, run.left, run.total):
            logger.info("%s is not read again: the other ways are faster", course.lane.name)
            course.state = State.RETIRED
        else:
            await _ask(run, course, let_go)


async def _ask(run: Run, course: Course, let_go: Callable[[StreamAsk, float], None]) -> None:
    async with run.gate.turn(course.lane.pool) as leave:
        call = StreamAsk(course.lane.name, run.generation, course.readings + 1)
        course.begin(run.clock.monotonic())
        run.claim(call)
        let_go(call, await leave())


async def _settle(run: Run, book: ShardBook, course: Course) -> None:
    """What a stream's end means: the proof of all open shards, a second look, or nothing more than its rows."""
    course.state = State.RETIRED
    told = f"{course.lane.name} came to its end with {course.rows} rows, {course.fresh} of them new"
    if run.agrees or (run.total is None and course.ends > 1 and not course.fresh):
        logger.info("%s: that is all", told)
        await _finish(run, book, EVERYTHING)
    elif run.total is None:
        logger.info("%s; no total tells whether that is all, so it is read once more", told)
        course.state = State.WAITING
    else:
        logger.warning("%s, and %s are told of: the other ways look for the rest", told, run.total)
    run.bell.ring()


async def _finish(run: Run, book: ShardBook, proof: str) -> None:
    async with run.cutting:
        for live in run.shards:
            if not live.shard.done:
                await book.finish(live.shard.id, run.generation, proof)
                live.prove(proof)


async def pages_of(
    run: Run, call: StreamAsk, pieces: AsyncIterator[bytes], *, whole: bool
) -> AsyncIterator[StoredPage]:
    """The pages of a stream while it comes; each waits until there is room in the ledger for it."""
    course = run.courses[call.lane]

    try:
        cutter = StreamCutter(course.endpoint.format, course.endpoint.shape, whole=whole, upwards=course.upwards)
        async with aclosing(_cut(run, cutter, pieces)) as cut:
            async for page in cut:
                await _room(run, course)
                placed = None if run.stopped else await _placed(run, course, page)
                if placed is None:
                    return
                yield placed
        course.ended()
    except PageError as error:
        logger.info("%s: %s after %s rows", call.lane, error, course.rows)
        # A run that is being stopped cuts its streams itself.
        if not run.stopped:
            course.broke(str(error), run.clock.monotonic())
    except Exception as error:
        # A course that ends unseen would be waited for.
        logger.exception("%s met an error of its own after %s rows", call.lane, course.rows)
        course.broke(type(error).__name__, run.clock.monotonic())
    finally:
        run.land(call)


async def _cut(run: Run, cutter: StreamCutter, pieces: AsyncIterator[bytes]) -> AsyncGenerator[Page, None]:
    """Pages as they are full, and of a slow stream as they are old; raises PageError behind what is whole of it."""
    since = run.clock.monotonic()
    try:
        async for piece in pieces:
            full = cutter.feed(piece)
            if not full and run.clock.monotonic() - since > _LONGEST_WAIT and (page := cutter.flush()) is not None:
                full = [page]
            for page in full:
                yield page
                since = run.clock.monotonic()
        last = cutter.close()
    except PageError:
        rest = cutter.flush()
        if rest is not None:
            yield rest
        raise
    if last is not None:
        yield last


async def _room(run: Run, course: Course) -> None:
    while course.unstored >= _MOST_UNSTORED and not run.stopped:
        await run.clock.wait(run.bell.event, None)


async def _placed(run: Run, course: Course, page: Page) -> StoredPage | None:
    """The page as an item: it moves the shard that the stream walks, or lies beside all of them.

    None once every end is proven: a shard that an earlier run came to the end of takes no page of this one.
    """
    async with run.cutting:
        if run.shards.done:
            return None
        course.came(len(page.ids), run.clock.monotonic())
        run.key_worked = True
        # Where shards are cut by row numbers, times tell no place in them.
        placed = not run.shards.numbered and not page.rejected
        course.ordered = course.ordered and placed and in_order(page, course.last)
        live, checkpoint = _moved(run, course, page) if course.ordered else (None, None)
        course.last = page.oldest
        if live is None:
            course.let_go()
        holder = live or run.shards.open[0]
    run.bell.ring()
    return StoredPage(holder.shard.id, run.generation, course.lane.name, page, checkpoint)


def _moved(run: Run, course: Course, page: Page) -> tuple[LiveShard | None, Checkpoint | None]:
    """The newest open shard and how far it has come with the page; None while that is another's, or stands lower."""
    live = course.held or run.shards.newest_open
    if live is None or (live.flying and live is not course.held):
        return None, None
    top = live.shard.top
    if top is not None and page.oldest is not None and page.oldest >= top:
        return None, None
    course.held, live.flying = live, True
    after = judge(live.shard, page, top=None, answered_at=run.clock.wall())
    live.advance(after, len(page.ids), course.lane.name)
    if after.proof:
        course.let_go()
    return live, after
