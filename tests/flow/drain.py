"""A whole drain without Scrapy and without a database: what flow decides, carried out on the fake service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.page import RejectedRow, StoredPage
from datasync_crawler.domain.profile import Pool, Profile
from datasync_crawler.domain.shard import Shard
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.dispatch import Dispatch
from datasync_crawler.flow.opening import lessons_of, one_more, open_run
from datasync_crawler.flow.reception import Reception
from datasync_crawler.flow.run import Call, Run
from datasync_crawler.flow.secrets import Secrets
from tests.flow.fake_clock import FakeClock
from tests.flow.fake_service import KEY, Service, Torn

STORING = 0.03
"""Seconds that the ledger takes for a page."""


@dataclass(slots=True)
class Book:
    """What the ledger would hold; pages and cuts are carried out in the order they were asked for."""

    clock: FakeClock
    shards: dict[int, Shard] = field(default_factory=lambda: {1: Shard(1, None, None)})
    rows: set[str] = field(default_factory=set)
    rejected: list[RejectedRow] = field(default_factory=list)
    calls: list[tuple[str, float]] = field(default_factory=list)
    pages: list[StoredPage] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def note(self, pool: str, at: float) -> None:
        await self.clock.sleep(0.001)
        self.calls.append((pool, at))

    def jot(self, pool: str, at: float) -> None:
        self.calls.append((pool, at))

    async def split(self, shard: int, generation: int, at: int) -> tuple[Shard, Shard]:
        assert generation == 1
        async with self.turn:
            await self.clock.sleep(STORING)
            whole = self.shards[shard]
            assert whole.low is None or whole.low < at, "a cut must be inside"
            assert whole.top is None or at < whole.top, "a cut must be inside"
            lower = Shard(max(self.shards) + 1, whole.low, at)
            self.shards[shard], self.shards[lower.id] = replace(whole, low=at), lower
            return self.shards[shard], lower

    async def store(self, page: StoredPage) -> int:
        async with self.turn:
            await self.clock.sleep(STORING)
            known, ids = self.shards[page.shard], set(page.page.ids)
            fresh = len(ids - self.rows)
            self.rows |= ids
            self.rejected += page.page.rejected
            self.pages.append(page)
            self.shards[page.shard] = replace(
                known, checkpoint=page.checkpoint, rows=known.rows + fresh, met=known.met + len(ids) - fresh
            )
            return fresh

    async def finish(self, shard: int, generation: int, proof: str) -> None:
        assert generation == 1
        async with self.turn:
            await self.clock.sleep(STORING)
            known = self.shards[shard]
            self.shards[shard] = replace(known, checkpoint=known.checkpoint.proven(proof))


class Drain:
    """A run against a service, from what the book remembers to the last end or the first failure."""

    def __init__(
        self,
        service: Service,
        profile: Profile,
        *,
        book: Book | None = None,
        learned: Mapping[str, Pool] | None = None,
        give_up_after: float = 1800.0,
        most_at_once: int | None = None,
        most_in_flight: int = 32,
        reserve: int = 0,
        relearn: bool = False,
        calls_before: Iterable[tuple[str, float]] = (),
        clock: FakeClock | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.service = service
        self.book = book or Book(self.clock)
        self.asks: list[Ask] = []
        self.most_flying = 0
        self.took = 0.0
        self.run: Run = open_run(
            profile,
            list(self.book.shards.values()),
            generation=1,
            stored=len(self.book.rows),
            calls=[*calls_before, *self.book.calls],
            learned=(known := one_more(learned or {}) if relearn else learned or {}),
            clock=self.clock,
            log=self.book,
            most_in_flight=most_in_flight,
            reserve=reserve,
        )
        self.run.lessons |= lessons_of(known) if relearn else {}
        self.dispatch = Dispatch(self.run, self.book, give_up_after=give_up_after, most_at_once=most_at_once)
        self.reception = Reception(self.run)
        self._secrets = Secrets(KEY)
        self._under_way: list[asyncio.Task[None]] = []

    async def carry_out(self) -> Drain:
        """Goes on until no call is left, and gives itself back; ``took`` is how long it was, in seconds."""
        async for call in self.dispatch.calls():
            self.pass_on(call)
        self.took = self.clock.monotonic()
        await asyncio.gather(*self._under_way)
        return self

    def pass_on(self, call: Call) -> None:
        """Sends a call on its way."""
        if isinstance(call, Ask):
            self.asks.append(call)
            self.most_flying = max(self.most_flying, sum(isinstance(other, Ask) for other in self.run.flying))
        self._under_way.append(asyncio.ensure_future(self._send(call)))

    def kill(self) -> int:
        """Ends whatever is under way, and tells how many calls that were."""
        return sum(task.cancel() for task in self._under_way)

    @property
    def whole(self) -> bool:
        """Whether every row of the service is in the book, and the run ended well."""
        return self.run.failure is None and self.book.rows == {number for _, number in self.service.rows}

    def asked_through(self, lane: str) -> list[Ask]:
        """The pages asked for through a lane."""
        return [ask for ask in self.asks if ask.lane == lane]

    async def _send(self, call: Call) -> None:
        self.run.sent(call)
        try:
            answer = await self._answer(call)
        except Torn as torn:
            self.reception.failed(call, type(torn).__name__)
            return
        self.reception.heard(call, answer)
        if isinstance(call, Ask):
            page = self.reception.answered(call, answer)
            if page is not None:
                self.reception.stored(fresh := await self.book.store(page), len(page.page.ids) - fresh)
        elif (token := self.reception.granted(call, answer)) is not None:
            self._secrets.keep_token(call.endpoint, token)

    async def _answer(self, call: Call) -> Answer:
        if isinstance(call, Ask):
            method, url, headers = "GET", call.url, self.run.lanes[call.lane].headers
        else:
            grant = self.run.profile.endpoint(call.endpoint).grant
            assert grant is not None
            method, url, headers = grant.method, grant.url, dict(grant.headers)
        filled = {name: self._secrets.fill(value) for name, value in headers.items()}
        return await self.service.answer(method, self._secrets.fill(url, encode=True), filled)


async def drain(service: Service, profile: Profile, **options: Any) -> Drain:
    """A drain that was carried out."""
    return await Drain(service, profile, **options).carry_out()
