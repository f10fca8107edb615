"""Holding on to the ledger: the lease is renewed while a run lasts, and work that hangs does not hold up its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from datasync_crawler.domain.errors import LedgerError, NotComplete
from datasync_crawler.flow.ports import Connection, LeaseBook
from datasync_crawler.flow.run import Run

_RENEW_EVERY = 15.0
_LOOK_EVERY = 1.0
# Seconds that a commit under way still gets when the run is stopped.
_LAST_MOMENTS = 2.0
# Seconds that the judging of the set may always take.
_LEAST_TIME = 60.0


class Holding:
    """The hold of one run on its ledger, which it works with through some connections."""

    def __init__(self, run: Run, book: LeaseBook, connections: Sequence[Connection], give_up_after: float) -> None:
        self._run = run
        self._book = book
        self._connections = connections
        self._give_up_after = give_up_after

    async def renew(self) -> None:
        """Renews the lease again and again; stops the run when somebody else has taken over.

        No call leaves while it is not known that the lease runs, as in a crawler that was frozen for a while.
        """
        run = self._run
        while True:
            asked = run.clock.stamp()
            try:
                seconds = await self._book.renew(run.generation)
            except LedgerError as error:
                run.stop(error)
                return
            run.gate.held_until = asked + seconds
            run.bell.ring()
            # At once where the answer took that long: what it tells may be over by now.
            await self._wait(max(0.0, asked + _RENEW_EVERY - run.clock.stamp()))

    async def watch(self) -> None:
        """Stops a run whose database has not answered for too long, and breaks what hangs when a run is stopped.

        What comes after the stop may take its time: keys are built and rows counted. It is broken as late as a run
        that stands still.
        """
        run = self._run
        while not run.stopped:
            await self._wait(_LOOK_EVERY)
            hung = max(connection.busy_for for connection in self._connections)
            if hung > self._give_up_after:
                run.stop(NotComplete(f"the database has not answered for {hung:.0f} s"))
        await self._wait(_LAST_MOMENTS)
        broken = self._break(_LAST_MOMENTS, self._connections)
        while True:
            await self._wait(_LOOK_EVERY)
            broken += self._break(max(self._give_up_after, _LEAST_TIME), self._connections)
            # One that was just being made anew has to be broken once more.
            self._break(_LAST_MOMENTS, broken)

    def _break(self, seconds: float, connections: Sequence[Connection]) -> list[Connection]:
        """Gives up those that have worked on something for so long."""
        hanging = [connection for connection in connections if connection.busy_for > seconds]
        for connection in hanging:
            connection.give_up()
        return hanging

    async def _wait(self, seconds: float) -> None:
        await self._run.clock.wait(asyncio.Event(), seconds)
