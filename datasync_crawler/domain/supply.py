"""Supply: how many rows budgets can bring by when, and whether a lane of small pages is needed beside larger ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from datasync_crawler.domain.budget import Budget

# Pages of a larger lane are worth waiting for when they hold at least so many times the rows.
_LARGER = 2
# Seconds that are not worth the calls that would save them.
_HARDLY = 8.0
_PRECISION, _LONGEST = 0.01, 1e6


@dataclass(frozen=True, slots=True)
class Supply:
    """A pool whose limit is known: ``cap`` rows a call, ``free`` calls now, spent ones again later.

    ``spent`` are the times when they can leave again, in order and within one window, on a clock that shows ``now``.
    """

    cap: int
    window: float
    free: int
    spent: Sequence[float] = ()
    now: float = 0.0

    def rows_by(self, seconds: float) -> float:
        """The most rows of calls that can leave within so many seconds from now."""
        return self.cap * (self.free * (1 + seconds // self.window) + self._again(seconds))

    def _again(self, seconds: float) -> float:
        """How often spent calls can have left again: all once a window, and some of them in the one under way."""
        over = self.now + seconds - self.spent[0] if self.spent else -1.0
        if over < 0:
            return 0.0
        windows, rest = divmod(over, self.window)
        return windows * len(self.spent) + bisect_right(self.spent, self.spent[0] + rest)


def supply_of(budget: Budget, cap: int, now: float) -> Supply:
    """What a pool of a known limit still gives at a monotonic time; nothing before a pool that is closed opens."""
    assert budget.limit is not None
    window, free, spent = budget.limit.window, budget.left(now) or 0, budget.spent(now)
    if not free:
        opens = budget.free_at(now) - window
        later = spent[bisect_right(spent, opens) :]
        spent = [opens] * (budget.usable - len(later)) + later
    return Supply(cap, window, free, spent, now - window)


def needless(cap: int, supplies: Sequence[Supply], left: float) -> bool:
    """Whether a lane of ``cap`` rows a page would only spend calls on the ``left`` rows.

    It would when lanes of much larger pages bring them all as early as everyone together could, or hardly later.
    """
    larger = [supply for supply in supplies if supply.cap >= _LARGER * cap]
    if not larger or left <= 0:
        return False
    end = earliest(supplies, left) + _HARDLY
    return sum(supply.rows_by(end) for supply in larger) >= left


def earliest(supplies: Sequence[Supply], left: float, pace: float = 0.0) -> float:
    """Seconds until the last call for so many rows can have left, at least as many as anybody waits where none can.

    ``pace`` is in rows a second, of what no limit holds back.
    """
    low, high = -_PRECISION, _LONGEST
    if sum(supply.rows_by(0.0) for supply in supplies) >= left:
        return 0.0
    while high - low > _PRECISION:
        middle = (low + high) / 2
        if pace * middle + sum(supply.rows_by(middle) for supply in supplies) >= left:
            high = middle
        else:
            low = middle
    return high
