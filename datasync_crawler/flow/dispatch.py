"""Dispatch: which call leaves next.

A lane decides what it asks for only when its budget opens, so no work is hoarded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator
from math import inf

import msgspec

from datasync_crawler.domain.addresses import readdressed
from datasync_crawler.domain.asking import Ask, ceiling, chained, page_url, resizable, rows_wanted, start_of
from datasync_crawler.domain.ending import Belief
from datasync_crawler.domain.errors import DatasyncError, NotComplete
from datasync_crawler.domain.planner import Outlook, rows_to_the_end
from datasync_crawler.flow.courses import State
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.liveshard import LiveShard
from datasync_crawler.flow.ports import ShardBook
from datasync_crawler.flow.run import Call, Run
from datasync_crawler.flow.standing_back import bridging_from, held_back, is_needless
from datasync_crawler.flow.streaming import follow
from datasync_crawler.flow.tokens import TokenAsk, TokenState
from datasync_crawler.flow.waiting import waits

logger = logging.getLogger(__name__)

# A page that failed this often is asked for in smaller pieces, halved with every further try.
_TRIES_WHOLE = 3
_FEWEST_ROWS = 10
# Seconds until it is looked again whether a stream still does best alone.
_ANOTHER_LOOK = 1.0


class Dispatch:
    """Lets the calls of a run leave, each at its moment, until all ends are proven or the run is stopped."""

    def __init__(
        self,
        run: Run,
        book: ShardBook,
        *,
        give_up_after: float,
        most_at_once: int | None = None,
        most_bytes: float = inf,
    ) -> None:
        self._run = run
        self._book = book
        self._give_up_after = give_up_after
        self._most_at_once = most_at_once
        self._most_bytes = most_bytes
        self._calls: asyncio.Queue[Call | None] = asyncio.Queue()

    async def calls(self) -> AsyncIterator[Call]:
        """Every call of the run at the moment it may leave."""
        tasks = [asyncio.ensure_future(self._guarded(loop)) for loop in self._loops()]
        try:
            while (call := await self._calls.get()) is not None:
                yield call
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _loops(self) -> Iterator[Coroutine[None, None, None]]:
        yield self._watch()
        for lane in self._run.lanes.values():
            yield self._drive(lane)
        for endpoint, token in self._run.tokens.items():
            yield self._renew(endpoint, token)
        for course in self._run.courses.values():
            yield follow(self._run, self._book, course, self._let_go)

    async def _guarded(self, loop: Coroutine[None, None, None]) -> None:
        try:
            await loop
        except DatasyncError as error:
            self._run.stop(error)
        except Exception:
            # A lane that ends unseen would leave the others to wait for it.
            logger.exception("the drain met an error of its own")
            self._run.stop(NotComplete("the drain met an error of its own; the log tells which"))

    async def _watch(self) -> None:
        try:
            await self._look_after()
        finally:
            # Whatever ended the watch, nobody may wait for a call that never comes.
            self._calls.put_nowait(None)

    async def _look_after(self) -> None:
        run = self._run
        while not run.stopped:
            await self._conclude()
            if run.shards.done or (run.shards.exhausted and not run.unstored):
                break
            if not self._may_go_on():
                run.stop(NotComplete("no way that is known leads into the shards that are open: run discover --fresh"))
            if any(waits(run)) and run.met_again <= run.stored:
                run.progress_at = run.clock.monotonic()
            idle = run.clock.monotonic() - run.progress_at
            if idle > self._give_up_after:
                run.stop(NotComplete(f"no row was stored for {idle:.0f} s; {self._blocked_by()}"))
            if not run.stopped:
                await run.clock.wait(run.bell.event, self._give_up_after - idle + 1)

    async def _conclude(self) -> None:
        """Proves ends without a further call, once the rows stored are as many as were told.

        Those of empty shards that two answers agree on; and those that one answer told, where the count is exact: what
        such an end could hide would have to be rows that no total knows.
        """
        run = self._run
        async with run.cutting:
            proven = [(live, Belief.PROVEN) for live in run.shards.witnessed()] if run.agrees else []
            proven += [(live, Belief.COUNTED) for live in run.shards.told()] if run.exact else []
            for live, belief in proven:
                await self._book.finish(live.shard.id, run.generation, belief.value)
                live.prove(belief.value)
                run.bell.ring()

    def _may_go_on(self) -> bool:
        """Whether a lane can enter what is open, or a stream may still bring it."""
        run = self._run
        paged = any(run.shards.has_work(lane.endpoint) for lane in run.lanes.values())
        return paged or any(course.state is not State.RETIRED for course in run.courses.values())

    def _blocked_by(self) -> str:
        lanes = [f"{name}: {lane.trouble}" for name, lane in self._run.lanes.items() if lane.trouble]
        troubles = [*self._run.waits_for.values(), *lanes]
        return "; ".join(troubles) or "no lane had a call to make"

    async def _drive(self, lane: LiveLane) -> None:
        run = self._run
        while not run.stopped:
            event, obstacle = run.bell.event, self._obstacle(lane)
            if obstacle != 0:
                await run.clock.wait(event, obstacle)
                continue
            async with run.gate.turn(lane.lane.pool) as leave:
                ask = await self._take(lane)
                if ask is not None:
                    self._let_go(ask, await leave())

    def _obstacle(self, lane: LiveLane) -> float | None:
        """Seconds until another look at the lane is worth it; 0 when it can go, None when only a change can help."""
        run, pause = self._run, self._pause(lane)
        if pause != 0:
            return pause
        now, outlook = run.clock.monotonic(), run.outlook
        if run.shards.next_free(lane.endpoint, outlook, now) is not None or run.shards.cut(lane.endpoint, outlook):
            return 0
        due = run.shards.next_due(lane.endpoint, outlook)
        return None if due is None else max(0.001, due - now)

    def _pause(self, lane: LiveLane) -> float | None:
        """The same without a look at whether there is a page for it."""
        run, now = self._run, self._run.clock.monotonic()
        if lane.token is not None and not lane.token.usable(now):
            return None
        if run.waits_for or lane.room <= 0 or self._crowded() or self._bulky(lane):
            return None
        if held_back(run) or is_needless(run, lane):
            return _ANOTHER_LOOK
        return max(0, lane.not_before - now, bridging_from(run, lane) - now)

    def _bulky(self, lane: LiveLane) -> bool:
        """Whether the answers under way may be larger than memory should hold; one at a time always may come."""
        underway = sum(other.in_flight * other.bulk for other in self._run.lanes.values())
        return underway > 0 and underway + lane.bulk > self._most_bytes

    def _crowded(self) -> bool:
        return self._most_at_once is not None and len(self._run.flying) >= self._most_at_once

    async def _take(self, lane: LiveLane) -> Ask | None:
        run = self._run
        async with self._run.cutting:
            if self._pause(lane) != 0:
                return None
            outlook = run.outlook
            live = run.shards.next_free(lane.endpoint, outlook, run.clock.monotonic())
            live = live or await self._cut(lane, outlook)
            if live is None:
                return None
            ask = self._ask(lane, live, outlook)
            run.claim(ask, lane.token.version if lane.token else 0)
            return ask

    async def _cut(self, lane: LiveLane, outlook: Outlook) -> LiveShard | None:
        run = self._run
        found = run.shards.cut(lane.endpoint, outlook)
        if found is None:
            return None
        live, at = found
        upper, lower = await self._book.split(live.shard.id, run.generation, at)
        run.shards.take_over(upper, lower)
        return run.shards[lower.id]

    def _ask(self, lane: LiveLane, live: LiveShard, outlook: Outlook) -> Ask:
        run, endpoint, now = self._run, lane.endpoint, self._run.clock.wall()
        shard = run.shards.seen_by(endpoint, live)
        if live.blind and endpoint.cursor_param is not None and shard.checkpoint.cursor is not None:
            # The position stands above what cannot be stored, where a cursor of our own would lead again.
            endpoint = msgspec.structs.replace(endpoint, cursor=None)
        limit = max(_FEWEST_ROWS, endpoint.cap >> max(0, live.tries(lane.lane.name) - _TRIES_WHOLE + 1))
        limit, start = min(limit, endpoint.cap), None
        chain = not run.shards.numbered and chained(endpoint, shard, now)
        if run.shards.numbered:
            limit, start = rows_wanted(endpoint, run.reach(shard), limit), start_of(shard)
        elif not resizable(endpoint, shard, now):
            limit = endpoint.cap
        elif endpoint.limit_param is not None and not live.trimmed and not chain:
            limit = min(limit, rows_to_the_end(shard, outlook, endpoint.cap))
            live.trimmed = limit < endpoint.cap
        sample = run.profile.sample_id or "0"
        url = page_url(endpoint, lane.lane.credential, shard, limit, now, sample, start)
        if lane.token is not None and lane.token.address is not None:
            url = readdressed(url, endpoint.url, lane.token.address)
        top = None if run.shards.numbered else ceiling(endpoint, shard, now)
        return Ask(shard.id, run.generation, lane.lane.name, url, limit, top, live.attempt, start, chain)

    async def _renew(self, endpoint: str, token: TokenState) -> None:
        run = self._run
        while not run.stopped:
            event, now = run.bell.event, run.clock.monotonic()
            if not token.wants_renewal(now):
                await run.clock.wait(event, token.next_look(now) if not token.pending else None)
                continue
            call = TokenAsk(endpoint, run.generation, token.version)
            async with run.gate.turn(run.pool_of(call)) as leave:
                token.asked()
                run.claim(call)
                self._let_go(call, await leave())

    def _let_go(self, call: Call, at: float) -> None:
        self._run.depart(call, at)
        self._calls.put_nowait(call)
