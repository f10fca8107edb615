"""Time as the flow sees it: one clock to wait by and to write down, replaced in tests."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds inside a process, stamps across processes, wall seconds for others, and waiting."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def wall(self) -> float:
        """Seconds since the epoch, as they go on from what the machine told at first."""

    def stamp(self) -> float:
        """Seconds since the epoch by which processes count their calls together."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Returns when the event is set or the seconds are over; None waits for the event alone."""


def running() -> float:
    """Seconds since this machine began to run, asleep or not; no step of its wall clock moves them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class SystemClock:
    """The machine's clock. The wall's is read once, so that a run never sees a step of it.

    ``beginning`` is when the machine began to run, in wall seconds, as the first process that wrote stamps saw it; so
    no later one sees a step between two of them either.
    """

    def __init__(self, beginning: float | None = None) -> None:
        self._began = time.time() - running()
        self._beginning = self._began if beginning is None else beginning

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since the epoch, as they go on from what the machine told at first."""
        return self._began + running()

    def stamp(self) -> float:
        """Seconds since the epoch by which processes count their calls together."""
        return self._beginning + running()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Returns when the event is set or the seconds are over; None waits for the event alone."""
        if seconds is None:
            await event.wait()
            return
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
