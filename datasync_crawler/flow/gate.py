"""The gate: where a call waits until its budget lets it leave; the only thing that decides when a call leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from math import inf
from typing import Protocol

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.flow.clock import Bell, Clock

EVERY_CALL = "every call"
"""The pool that all calls count against, where they turned out to be counted so too."""

# A pool whose window is guessed from another's is tried this much later (seconds), so that one refusal teaches both.
_BEHIND = 0.5


class CallLog(Protocol):
    """Where departures are written down, so that the account survives a kill."""

    async def note(self, pool: str, at: float) -> None:
        """Commits that a call to the pool leaves at ``at``, a clock's stamp (seconds)."""

    def jot(self, pool: str, at: float) -> None:
        """Commits the same a moment later."""


class Gate:
    """Holds the budgets of all pools; calls of one pool pass one after the other.

    ``common`` is the budget of all calls together, where they turned out to be counted so too. From the stamp
    ``held_until`` on none leaves until somebody says otherwise: the budgets may be another's by then.
    """

    def __init__(
        self, budgets: Mapping[str, Budget], clock: Clock, log: CallLog, bell: Bell, common: Budget | None = None
    ) -> None:
        self.budgets = budgets
        self.common = common
        self.held_until = inf
        self._common_turn = asyncio.Lock()
        self._clock = clock
        self._log = log
        self._bell = bell
        self._turns = {pool: asyncio.Lock() for pool in budgets}

    @asynccontextmanager
    async def turn(self, pool: str) -> AsyncIterator[Callable[[], Awaitable[float]]]:
        """Waits until a call to the pool may leave, and holds that place while its caller decides which call it is.

        Gives a function that lets the call leave: it is in the ledger when the function returns, with the monotonic
        time it counts from. Not calling it spends nothing. Once a pool has let calls pass and no limit of it is known,
        there is nothing to overdraw after a kill, and the ledger is not waited for.
        """

        async def leave() -> float:
            # While its caller decided, a refusal may have closed the pool, or all of them together.
            await self._until_free(pool)
            if all(budget.limit is None and budget.departures for budget in self.counting(pool)):
                self._log.jot(pool, self._clock.stamp())
            else:
                await self._log.note(pool, self._clock.stamp())
                while not self._is_free(pool):
                    # A refusal was heard while the ledger was waited for; what leaves later is noted as of then.
                    await self._until_free(pool)
                    await self._log.note(pool, self._clock.stamp())
            now = self._clock.monotonic()
            for budget in self.counting(pool):
                budget.leave(now)
            return now

        async with self._turns[pool]:
            await self._until_free(pool)
            if self.common is None:
                yield leave
                return
            async with self._common_turn:
                await self._until_free(pool)
                yield leave

    def counting(self, pool: str) -> tuple[Budget, ...]:
        """The budgets that a call to the pool counts against."""
        own = self.budgets[pool]
        return (own,) if self.common is None else (own, self.common)

    def refuse(self, pool: str, wait: float | None, now: float, left_at: float) -> Limit | None:
        """A call to the pool was refused; returns a lesson. Where no wait is told, pools share what they learn."""
        others = [budget for name, budget in self.budgets.items() if name != pool]
        usual = max((other.limit.window for other in others if other.limit is not None), default=None)
        if wait is not None:
            return self.budgets[pool].refuse(wait, now, left_at, usual=usual)
        learned = self.budgets[pool].refuse(None, now + (_BEHIND if usual else 0.0), left_at, usual=usual)
        if learned is not None:
            for other in others:
                other.widen(learned, now + _BEHIND)
        return learned

    def refuse_in_common(self, wait: float | None, now: float, left_at: float) -> Limit | None:
        """A call was refused that its own pool had room for: all calls together are counted. Returns a lesson."""
        if self.common is None:
            self.common = Budget()
            self.common.restore((at for budget in self.budgets.values() for at in budget.departures), now)
        windows = [budget.limit.window for budget in self.budgets.values() if budget.limit is not None]
        return self.common.refuse(wait, now, left_at, usual=max(windows, default=None))

    def opens_in(self, pool: str) -> float:
        """Seconds until a call to the pool may leave; 0 when one may now."""
        now = self._clock.monotonic()
        return max(0.0, *(budget.free_at(now) - now for budget in self.counting(pool)))

    @property
    def _is_held(self) -> bool:
        return self._clock.stamp() < self.held_until

    def _is_free(self, pool: str) -> bool:
        return self._is_held and not self.opens_in(pool) > 0

    async def _until_free(self, pool: str) -> None:
        while not self._is_free(pool):
            await self._clock.wait(self._bell.event, self.opens_in(pool) if self._is_held else None)
