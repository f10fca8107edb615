"""Outages: a database that is away is waited for with growing pauses, for no longer than a run may stand still."""

from __future__ import annotations

import logging

from datasync_crawler.domain.errors import LedgerError, NotComplete
from datasync_crawler.flow.run import Run

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
_TELL_EVERY = 30.0


class DatabaseOutage:
    """What happens to a run while its database is away: no call is decided on, and what cannot be stored waits.

    After ``give_up_after`` seconds of it the run is stopped with the reason. ``name`` tells the connections of a run
    apart.
    """

    def __init__(self, run: Run, give_up_after: float, name: str = "") -> None:
        self._run = run
        self._name = name
        self._give_up_after = give_up_after
        self._since: float | None = None
        self._told = self._pause = 0.0

    async def lasts(self, error: LedgerError) -> bool:
        """Returns when it is time for another try: True; or as soon as the run is stopped: False."""
        run, now = self._run, self._run.clock.monotonic()
        if run.stopped:
            return False
        if self._since is None:
            self._since, self._told, self._pause = now, float("-inf"), _FIRST_PAUSE
        run.waits_for[self._name] = str(error)
        if now - self._told >= _TELL_EVERY and next(iter(run.waits_for)) == self._name:
            self._told = now
            logger.warning("no call leaves until the database is back (away for %.0f s): %s", now - self._since, error)
        if now - self._since > self._give_up_after:
            run.stop(NotComplete(f"the database was away for {now - self._since:.0f} s: {error}"))
        await self._wait(now + self._pause)
        self._pause = min(_LONGEST_PAUSE, 2 * self._pause)
        return not run.stopped

    def over(self) -> None:
        """The database is back."""
        if self._since is None:
            return
        run = self._run
        away, self._since = run.clock.monotonic() - self._since, None
        run.waits_for.pop(self._name, None)
        if not run.waits_for:
            logger.warning("the database is back after %.0f s", away)
        run.bell.ring()

    async def _wait(self, until: float) -> None:
        run = self._run
        while not run.stopped and (left := until - run.clock.monotonic()) > 0:
            await run.clock.wait(run.bell.event, left)
