"""How a ledger stands: what the database alone says about whether the set is whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import inf, isinf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from datasync_crawler.domain.shard import Shard

Range = tuple[int | None, int | None]

UNKEYED = "the table has no key yet, so some of its rows may be copies; scrapy crawl events builds it"


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts and faults of a ledger.

    ``events`` are in the table, ``claimed`` by the shards; ``gaps`` and ``overlaps`` are half-open ranges in
    microseconds, None an open end; ``rejected`` counts the rows that could not be stored and did not come otherwise.
    Unless the table is ``keyed``, some of its rows may be copies.
    """

    events: int
    claimed: int
    open_shards: tuple[int, ...]
    gaps: tuple[Range, ...]
    overlaps: tuple[Range, ...]
    rejected: int
    keyed: bool = True

    @property
    def faults(self) -> tuple[str, ...]:
        """A sentence for each thing that stands against the proof, but for rejected rows, which a user may accept."""
        told = [] if self.keyed else [UNKEYED]
        if self.events != self.claimed:
            told.append(f"the table has {self.events} events, the shards stored {self.claimed}")
        if self.open_shards:
            told.append(f"without a proven end: shards {', '.join(map(str, self.open_shards))}")
        told += [f"no shard covers {_written(gap)}" for gap in self.gaps]
        told += [f"two shards cover {_written(overlap)}" for overlap in self.overlaps]
        return tuple(told)

    @property
    def proven(self) -> bool:
        """Whether the set is whole but for rejected rows."""
        return not self.faults


def _written(bounds: Range) -> str:
    low, high = ("…" if bound is None else str(bound) for bound in bounds)
    return f"[{low}, {high})"


def holes(shards: Sequence[Shard]) -> tuple[tuple[Range, ...], tuple[Range, ...]]:
    """The gaps and the overlaps of the shards' bounds over the whole of time."""
    gaps: list[tuple[float, float]] = []
    overlaps: list[tuple[float, float]] = []
    covered = -inf
    for low, high in sorted(map(_span, shards)):
        if low > covered:
            gaps.append((covered, low))
        elif low < covered:
            overlaps.append((low, min(covered, high)))
        covered = max(covered, high)
    if covered < inf:
        gaps.append((covered, inf))
    return tuple(map(_range, gaps)), tuple(map(_range, overlaps))


def _span(shard: Shard) -> tuple[float, float]:
    return -inf if shard.low is None else shard.low, inf if shard.high is None else shard.high


def _range(span: tuple[float, float]) -> Range:
    low, high = (None if isinf(bound) else int(bound) for bound in span)
    return low, high


def ids_of(raws: Iterable[bytes], names: frozenset[str]) -> list[str | None]:
    """The id of each rejected row, None where it shows none; ``names`` are the fields that hold ids."""
    return [_id_of(raw, names) for raw in raws]


def _id_of(raw: bytes, names: frozenset[str]) -> str | None:
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError):  # the latter where values are nested some thousand deep
        return None
    found = [row[name] for name in names if name in row] if isinstance(row, dict) else [row]
    return next((str(value) for value in found if type(value) in {str, int}), None)
