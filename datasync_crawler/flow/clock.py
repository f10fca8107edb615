"""Time as the flow sees it: one clock to wait by and to write down, replaced in tests."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds inside a process, wall seconds across processes, and waiting."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def wall(self) -> float:
        """Seconds since the epoch."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Returns when the event is set or the seconds are over; None waits for the event alone."""


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Returns when the event is set or the seconds are over; None waits for the event alone."""
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return


class Bell:
    """Tells everyone who waits that something changed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def event(self) -> asyncio.Event:
        """Set at the next ring."""
        return self._event

    def ring(self) -> None:
        """Wakes all that wait now."""
        event, self._event = self._event, asyncio.Event()
        event.set()
