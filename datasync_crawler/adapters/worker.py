"""A ledger in a thread of its own, so that PostgreSQL never blocks the event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol, TypeVar

from datasync_crawler.adapters.ledger import Call, Ledger, LedgerAway
from datasync_crawler.adapters.recall import note_limits
from datasync_crawler.adapters.shard_book import LEASE
from datasync_crawler.domain.profile import Pool
from datasync_crawler.domain.shard import Shard

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

_JOTTING = 0.25
"""Seconds until calls that nobody waits for are written down."""

_AT_ONCE = 0.2
"""Seconds of waiting that a call's time is not corrected by; who reads it reckons with more."""


class Outage(Protocol):
    """How a database that is away is waited for; see :class:`datasync_crawler.flow.outage.DatabaseOutage`."""

    async def lasts(self, error: LedgerAway) -> bool:
        """Returns when it is time for another try: True; or when there shall be none: False."""

    def over(self) -> None:
        """A try went well."""


class LedgerWorker:
    """One connection and its thread; work is done in the order it was asked for.

    With an ``outage`` a database that is away is waited for, and the work done anew: it must be such that doing it
    twice is no harm. Work that is asked for meanwhile may come first then.
    """

    def __init__(self, url: str, *, id_only: bool = True) -> None:
        self.outage: Outage | None = None
        self._url = url
        self._id_only = id_only
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._ledger: Ledger | None = None
        self._lost = self._given_up = False
        self._busy_since: float | None = None

    async def do(self, work: Callable[[Ledger], Result]) -> Result:
        """What ``work`` returns when it is called with the ledger in its thread; raises what it raises."""
        while True:
            try:
                done = await asyncio.get_running_loop().run_in_executor(self._thread, self._with_ledger, work)
            except LedgerAway as error:
                if self._given_up or self.outage is None or not await self.outage.lasts(error):
                    raise
            else:
                if self.outage is not None:
                    self.outage.over()
                return done

    @property
    def busy_for(self) -> float:
        """The seconds that the work under way has taken so far."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def give_up(self) -> None:
        """Work under way fails at once, and all that is asked for later."""
        self._given_up = True
        if self._ledger is not None:
            self._ledger.cut()

    async def close(self) -> None:
        """Ends the connection and the thread after all work asked for."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    def _with_ledger(self, work: Callable[[Ledger], Result]) -> Result:
        self._busy_since = time.monotonic()
        try:
            self._check()
            ledger = self._connected()
            # It may have been given up while it was made anew: what was cut then was the connection before.
            self._check()
            return work(ledger)
        except LedgerAway:
            self._lost = True
            raise
        finally:
            self._busy_since = None

    def _check(self) -> None:
        if self._given_up:
            raise LedgerAway("the database is not waited for any more")

    def _connected(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger.open(self._url, id_only=self._id_only)
        elif self._lost:
            self._ledger.reconnect()
        self._lost = False
        return self._ledger

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None


class CallNotes:
    """Writes departures down under the key's SHA-256; see :class:`datasync_crawler.flow.gate.CallLog`."""

    def __init__(self, worker: LedgerWorker, key_digest: str) -> None:
        self._worker = worker
        self._key = key_digest
        self._jotted: list[Call] = []
        self._due: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Future[None]] = set()

    async def note(self, pool: str, at: float) -> None:
        """Commits that a call to the pool leaves at the wall time ``at``, and what was jotted down before.

        Where the database had to be waited for they count from when it came back: the call leaves no sooner.
        """
        self._jotted.append(Call(pool, self._key, at))
        await self.settle()

    def jot(self, pool: str, at: float) -> None:
        """Commits the same within a quarter of a second, together with others."""
        self._jotted.append(Call(pool, self._key, at))
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(_JOTTING, self._settle_aside)

    async def settle(self) -> None:
        """Commits what was jotted down."""
        if self._due is not None:
            self._due.cancel()
        calls, self._jotted, self._due = self._jotted, [], None
        if calls:
            asked = time.monotonic()
            await self._worker.do(lambda ledger: ledger.note_calls(_delayed(calls, time.monotonic() - asked)))

    def _settle_aside(self) -> None:
        writing = asyncio.ensure_future(self.settle())
        self._writing.add(writing)
        writing.add_done_callback(self._settled)

    def _settled(self, writing: asyncio.Future[None]) -> None:
        self._writing.discard(writing)
        if not writing.cancelled() and writing.exception() is not None:
            # The pages' own session tells of it, or the next call that has to be written down first.
            logger.warning("calls could not be written down: %s", writing.exception())


def _delayed(calls: list[Call], seconds: float) -> list[Call]:
    return calls if seconds < _AT_ONCE else [replace(call, at=call.at + seconds) for call in calls]


class Cuts:
    """Cuts, finishes and leases shards in the ledger; see :mod:`datasync_crawler.flow.ports`."""

    def __init__(self, worker: LedgerWorker) -> None:
        self._worker = worker

    async def split(self, shard: int, generation: int, at: int) -> tuple[Shard, Shard]:
        """The upper and the lower part of a shard, cut at a time."""
        return await self._worker.do(lambda ledger: ledger.split(shard, generation, at))

    async def finish(self, shard: int, generation: int, proof: str) -> None:
        """Marks a shard done."""
        await self._worker.do(lambda ledger: ledger.finish(shard, generation, proof))

    async def renew(self, generation: int) -> float:
        """Renews the lease of all shards of a generation, and gives the seconds that it runs from now."""
        await self._worker.do(lambda ledger: ledger.renew(generation))
        return LEASE


class Lessons:
    """Keeps what is learned in the ledger; see :class:`datasync_crawler.flow.ports.LessonBook`."""

    def __init__(self, worker: LedgerWorker) -> None:
        self._worker = worker

    async def save_profile(self, document: bytes) -> None:
        """Keeps a profile, as JSON, instead of the one before."""
        await self._worker.do(lambda ledger: ledger.save_profile(document))

    async def note_limits(self, pools: list[Pool]) -> None:
        """Keeps limits that were learned."""
        await self._worker.do(lambda ledger: note_limits(ledger, pools))
