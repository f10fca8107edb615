"""The strip: how much of the axis the shards have walked, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datasync_crawler.domain.planner import Outlook, remaining_rows
from datasync_crawler.domain.shard import Shard


def ends_of(shards: Sequence[Shard], outlook: Outlook) -> tuple[int, int] | None:
    """The places (top, bottom) of all rows, below the one and not below the other; None before any row is seen.

    While the lowest shard is open its lowest row is not known: it lies where the density so far would have it.
    """
    known = [place for shard in shards for place in (shard.low, shard.high, shard.checkpoint.position)]
    places = [place for place in (*known, outlook.newest) if place is not None]
    if not places:
        return None
    lowest = walked = min(places)
    rows = remaining_rows(shards, outlook)
    for shard in shards:
        top = outlook.newest if shard.top is None else shard.top
        if shard.low is None and not shard.done and top is not None and outlook.density:
            lowest = min(walked, top - int(rows[shard.id] / outlook.density))
    return max(places) + 1, lowest


def coverage(shards: Sequence[Shard], top: int, bottom: int, cells: int) -> tuple[float, ...]:
    """The share of each of so many equal parts of [bottom, top) that is walked, the uppermost first."""
    wide = max(1, top - bottom) / cells
    walked = [0.0] * cells
    for low, high in _walked(shards, top, bottom):
        for cell in range(max(0, int((top - high) // wide)), min(cells, int((top - low) // wide) + 1)):
            upper, lower = top - cell * wide, top - (cell + 1) * wide
            walked[cell] += max(0.0, min(high, upper) - max(low, lower)) / wide
    return tuple(round(min(1.0, share), 3) for share in walked)


def _walked(shards: Sequence[Shard], top: int, bottom: int) -> Iterator[tuple[int, int]]:
    for shard in shards:
        high = top if shard.high is None else min(top, shard.high)
        low = bottom if shard.low is None else max(bottom, shard.low)
        reached = low if shard.done else shard.checkpoint.position
        if reached is not None and max(low, reached) < high:
            yield max(low, reached), high
