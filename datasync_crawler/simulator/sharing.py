"""Processor sharing: pages under way share a number of rows a second evenly. Times in seconds."""

from __future__ import annotations

import heapq


class SharedRate:
    """Serves ``rate`` rows a second in all, the same to each page under way.

    Kept in virtual time: the rows that a page present from the beginning would have been given. A page that arrives at
    virtual time v with w rows is done at v + w, however many come and go meanwhile.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._virtual = 0.0
        self._now = 0.0
        self._waiting: list[tuple[float, int]] = []
        self._count = 0

    def arrive(self, now: float, rows: int) -> int:
        """A page of ``rows`` begins; returns its ticket. ``now`` never runs backwards."""
        self._advance(now)
        self._count += 1
        heapq.heappush(self._waiting, (self._virtual + rows, self._count))
        return self._count

    def next_end(self) -> float | None:
        """When the next page ends if nobody else arrives, or None when none is under way."""
        if not self._waiting:
            return None
        rows_left = self._waiting[0][0] - self._virtual
        return self._now + max(0.0, rows_left) * len(self._waiting) / self._rate

    def ended(self, now: float) -> list[int]:
        """Take out the tickets that have ended by now, in the order of their ends."""
        tickets = []
        while (end := self.next_end()) is not None and end <= now:
            self._virtual, self._now = self._waiting[0][0], max(self._now, end)
            tickets.append(heapq.heappop(self._waiting)[1])
        self._advance(now)
        return tickets

    def _advance(self, now: float) -> None:
        if self._waiting:
            self._virtual += max(0.0, now - self._now) * self._rate / len(self._waiting)
        self._now = max(self._now, now)
