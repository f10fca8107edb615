"""Waiting: a page's own latency, and its share of the rate at which all feed pages are served."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from datasync_crawler.simulator.sharing import SharedRate

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasync_crawler.simulator.answers import Answer


def steady_clock() -> Callable[[], float]:
    """Seconds since 1970 that never run backwards."""
    begun = time.time() - time.monotonic()
    return lambda: begun + time.monotonic()


class Pace:
    """Lets answers wait as long as the world says. ``rate`` is rows a second, 0 for no bound."""

    def __init__(self, rate: float, now: Callable[[], float]) -> None:
        self._shared = SharedRate(rate)
        self._now = now
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._alarm: asyncio.TimerHandle | None = None

    async def wait(self, answer: Answer) -> None:
        """Return when both the latency and the shared rate let the answer go."""
        begun = self._now()
        if answer.shared_rows:
            future = asyncio.get_running_loop().create_future()
            self._waiting[self._shared.arrive(begun, answer.shared_rows)] = future
            self._set_alarm()
            await future
        left = begun + answer.latency - self._now()
        if left > 0:
            await asyncio.sleep(left)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        end = self._shared.next_end()
        if end is not None:
            self._alarm = asyncio.get_running_loop().call_later(max(0.0, end - self._now()), self._ring)

    def _ring(self) -> None:
        for ticket in self._shared.ended(self._now()):
            future = self._waiting.pop(ticket)
            if not future.done():
                future.set_result(None)
        self._set_alarm()
