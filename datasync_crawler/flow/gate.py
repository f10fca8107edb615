"""The gate: where a call waits until its budget lets it leave; the only thing that decides when a call leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from datasync_crawler.domain.budget import Budget
from datasync_crawler.flow.clock import Bell, Clock


class CallLog(Protocol):
    """Where departures are written down, so that the account survives a kill."""

    async def note(self, pool: str, at: float) -> None:
        """Commits that a call to the pool leaves at the wall time ``at`` (seconds)."""


class Gate:
    """Holds the budgets of all pools; calls of one pool pass one after the other."""

    def __init__(self, budgets: Mapping[str, Budget], clock: Clock, log: CallLog, bell: Bell) -> None:
        self.budgets = budgets
        self._clock = clock
        self._log = log
        self._bell = bell
        self._turns = {pool: asyncio.Lock() for pool in budgets}

    @asynccontextmanager
    async def turn(self, pool: str) -> AsyncIterator[Callable[[], Awaitable[float]]]:
        """Waits until a call to the pool may leave, and holds that place while its caller decides which call it is.

        Gives a function that lets the call leave: it is in the ledger when the function returns, with the monotonic
        time it counts from. Not calling it spends nothing.
        """
        async with self._turns[pool]:
            await self._until_free(self.budgets[pool])

            async def leave() -> float:
                await self._log.note(pool, self._clock.wall())
                now = self._clock.monotonic()
                self.budgets[pool].leave(now)
                return now

            yield leave

    def opens_in(self, pool: str) -> float:
        """Seconds until the pool lets a call leave; 0 when one may now."""
        now = self._clock.monotonic()
        return max(0.0, self.budgets[pool].free_at(now) - now)

    async def _until_free(self, budget: Budget) -> None:
        while (seconds := budget.free_at(now := self._clock.monotonic()) - now) > 0:
            await self._clock.wait(self._bell.event, seconds)
