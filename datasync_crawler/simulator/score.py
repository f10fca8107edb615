"""The score of a run: what was called, refused, served and submitted, told only when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from datasync_crawler.simulator.table import EventTable


class Score:
    """Counts as calls happen; rows are kept as spans and added up only by ``report``."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.routes: Counter[str] = Counter()
        self.pools: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.keyed = 0
        self.first_keyed: float | None = None
        self.tokens = 0
        self.cache_hits = 0
        self.submissions: list[dict[str, object]] = []
        self._pages: Counter[tuple[str, int, int]] = Counter()
        self._rows: Counter[int] = Counter()

    def called(self, route: str, now: float, *, keyed: bool) -> None:
        """A call arrived on a route."""
        self.routes[route] += 1
        if keyed:
            self.keyed += 1
            if self.first_keyed is None:
                self.first_keyed = now

    def counted(self, pool: str, *, allowed: bool) -> None:
        """A call counted against a pool."""
        self.pools[pool] += 1
        if not allowed:
            self.refused[pool] += 1

    def served(self, route: str, low: int, high: int, without: Iterable[int] = ()) -> None:
        """Rows ``low`` up to ``high`` of the event set reached a client whole, but for the ids of some rows."""
        if low < high:
            self._pages[route, low, high] += 1
            for row in without:
                self._rows[row] -= 1

    def served_rows(self, rows: Iterable[int]) -> None:
        """Single rows of the event set reached a client."""
        self._rows.update(rows)

    def report(self, table: EventTable, first: int = 0) -> dict[str, object]:
        """Everything as JSON: times in seconds, ``at`` on the wall clock, ``after`` since the simulator began.

        Rows before ``first`` came later than the first call and are not missed.
        """
        twice, never = self._coverage(first, len(table))
        pages = sum(self._pages.values())
        return {
            "events": len(table),
            "began": self.began,
            "calls": {"total": self.routes.total(), "keyed": self.keyed, "by_route": dict(self.routes)},
            "pools": {"calls": dict(self.pools), "refused": dict(self.refused)},
            "statuses": dict(self.statuses),
            "refused": self.refused.total(),
            "first_keyed_call": self._moment(self.first_keyed),
            "tokens": self.tokens,
            "cache_hits": self.cache_hits,
            "faults": dict(self.faults),
            "pages": {"served": pages, "again": pages - len(self._pages)},
            "rows": {"twice": twice, "never": never},
            "submissions": self.submissions,
        }

    def _moment(self, at: float | None) -> dict[str, float] | None:
        return None if at is None else {"at": at, "after": at - self.began}

    def _coverage(self, first: int, count: int) -> tuple[int, int]:
        """How many rows were served more than once, and how many never."""
        changes: Counter[int] = Counter({0: 0, first: 0, count: 0})
        for (_, low, high), times in self._pages.items():
            changes[low] += times
            changes[high] -= times
        for row, times in self._rows.items():
            changes[row] += times
            changes[row + 1] -= times
        spots = sorted(changes)
        twice = never = served = 0
        for spot, following in pairwise(spots):
            served += changes[spot]
            twice += (following - spot) * (served > 1)
            never += (following - spot) * (served < 1 and spot >= first)
        return twice, never
