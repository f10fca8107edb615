"""Supply: how many rows budgets can bring by when, and whether a lane of small pages is needed beside larger ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Pages of a larger lane are worth waiting for when they hold at least so many times the rows.
_LARGER = 2
# Seconds that are not worth the calls that would save them.
_HARDLY = 8.0
_PRECISION, _LONGEST = 0.01, 1e6


@dataclass(frozen=True, slots=True)
class Supply:
    """A pool whose limit is known: ``cap`` rows a call, ``free`` calls now, spent ones again in so many seconds."""

    cap: int
    window: float
    free: int
    spent: tuple[float, ...] = ()

    def rows_by(self, seconds: float) -> float:
        """The most rows of calls that can leave within so many seconds from now."""
        again = sum(1 + (seconds - opens) // self.window for opens in self.spent if opens <= seconds)
        return self.cap * (self.free * (1 + seconds // self.window) + again)


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
