"""A stream beside the fake service's pages: what it sends, when, and where it breaks off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec.structs import replace as changed

from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.page import StoredPage
from datasync_crawler.domain.profile import Credential, Endpoint, Lane, Pool, Profile, RowShape
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.courses import StreamAsk
from datasync_crawler.flow.run import Call
from datasync_crawler.flow.streaming import pages_of
from tests.flow.drain import STORING, Book, Drain
from tests.flow.fake_service import Service
from tests.flow.worlds import BASE, BY_HEADER, LIST, profile

EXPORT = Endpoint("export", f"{BASE}/export", RowShape((), "no", time="at"), cap=5_000, format="ndjson")
BY_EXPORT = Lane("export", "export", Credential("header", "X-Key"), "export")
ROWS_A_PIECE = 100


@dataclass(slots=True)
class Stream:
    """Sends the service's rows, so many a second; ``breaks`` tells after how many rows a reading breaks off.

    The last ``withheld`` rows never come. ``status`` is that of each reading in turn, the last one for all others, and
    ``trouble`` what it breaks off with.
    """

    service: Service
    rate: float = 10_000.0
    breaks: Callable[[int], int | None] = lambda _: None
    status: tuple[int, ...] = (200,)
    shuffled: bool = False
    withheld: int = 0
    trouble: Exception = field(default_factory=lambda: Malformed("the body broke off"))
    readings: int = 0
    sent: int = 0

    def answer(self) -> Answer:
        self.readings += 1
        return Answer(self.status[min(self.readings, len(self.status)) - 1], {}, b"")

    async def pieces(self, clock: Any) -> AsyncIterator[bytes]:
        rows = self.service.rows[::-1] if self.shuffled else self.service.rows
        end = self.breaks(self.readings)
        for first in range(0, len(rows) - self.withheld if end is None else end, ROWS_A_PIECE):
            await clock.sleep(ROWS_A_PIECE / self.rate)
            found = rows[first : first + ROWS_A_PIECE]
            self.sent += len(found)
            yield b"".join(json.dumps({"no": no, "at": at}).encode() + b"\n" for at, no in found)
        if end is not None:
            raise self.trouble


@dataclass(slots=True)
class StreamBook(Book):
    """A book that knows pages beside the shards, and proofs without a page."""

    async def finish(self, shard: int, generation: int, proof: str) -> None:
        assert generation == 1
        known = self.shards[shard]
        self.shards[shard] = replace(known, checkpoint=known.checkpoint.proven(proof))

    async def store(self, page: StoredPage) -> int:
        if page.checkpoint is not None:
            return await Book.store(self, page)
        async with self.turn:
            await self.clock.sleep(STORING)
            known, ids = self.shards[page.shard], set(page.page.ids)
            fresh = len(ids - self.rows)
            self.rows |= ids
            self.pages.append(page)
            self.shards[page.shard] = replace(known, rows=known.rows + fresh, met=known.met + len(ids) - fresh)
            return fresh


class StreamDrain(Drain):
    """A drain that can read the stream."""

    def __init__(self, stream: Stream, found: Profile, **options: Any) -> None:
        super().__init__(stream.service, found, **options)
        self.book = options.get("book") or StreamBook(self.clock)
        self.dispatch._book = self.book
        self.run.gate._log = self.book
        self.stream = stream
        self.most_unstored = 0

    @property
    def pages(self) -> list[StoredPage]:
        """The pages of the stream, in the order they were stored."""
        return [page for page in self.book.pages if page.lane == "export"]

    async def _send(self, call: Call) -> None:
        if not isinstance(call, StreamAsk):
            await super()._send(call)
            return
        self.run.sent(call)
        if not self.reception.begun(call, self.stream.answer()):
            return
        # The stream goes on while its pages are stored.
        async with asyncio.TaskGroup() as storing:
            async for item in pages_of(self.run, call, self.stream.pieces(self.clock), whole=False):
                self.most_unstored = max(self.most_unstored, self.run.courses[call.lane].unstored)
                storing.create_task(self._keep(item))

    async def _keep(self, item: StoredPage) -> None:
        fresh = await self.book.store(item)
        self.reception.stored(fresh, len(item.page.ids) - fresh, item.lane)


ALONE = profile(BY_EXPORT, endpoints=(EXPORT,))
"""The stream and no other way."""


def with_export(
    *, limit: int | None = None, total: int | None = None, export: Endpoint = EXPORT, listed: Endpoint = LIST
) -> Profile:
    """A profile of the list and the stream."""
    pools = (Pool("list header", limit, 60.0 if limit else None, announced=limit is not None),)
    made = profile(BY_HEADER, BY_EXPORT, endpoints=(listed, export), pools=pools)
    return changed(made, totals=(("list", total),) if total is not None else ())
