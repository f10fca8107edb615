"""A clock for tests: it stands still while anything can go on, and jumps to the next moment anyone waits for."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

Result = TypeVar("Result")

EPOCH = 1_800_000_000.0
"""The wall time at which every play begins, in seconds."""


class Standstill(AssertionError):
    """Raised when every task waits for something that nothing will bring."""


class _Leap(selectors.SelectSelector):
    """Passes the time that a loop would spend asleep."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Standstill
        self.now += max(0.0, timeout)
        return super().select(0)


class _Stage(asyncio.SelectorEventLoop):
    """An event loop whose time is the leaps of its selector."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.now


class FakeClock:
    """See :class:`datasync_crawler.flow.clock.Clock`; seconds since the play began.

    At each of the ``steps`` (moment, seconds) the wall clock is put forward, or back; ``begun_anew`` on a machine that
    began to run anew, so that stamps step with it.
    """

    def __init__(self, *steps: tuple[float, float], begun_anew: bool = False) -> None:
        self._steps = steps
        self._begun_anew = begun_anew

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        now = self.monotonic()
        return EPOCH + now + sum(seconds for moment, seconds in self._steps if moment <= now)

    def stamp(self) -> float:
        return self.wall() if self._begun_anew else EPOCH + self.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def play(scene: Coroutine[Any, Any, Result]) -> Result:
    """Runs a scene under its own clock; raises Standstill when nothing in it can ever go on."""
    with asyncio.Runner(loop_factory=_Stage) as runner:
        return runner.run(scene)
