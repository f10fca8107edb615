"""Shards: the parts of the record set, each walked by one chain of requests from its uppermost row to its lowest.

A shard is the half-open range of places ``[low, high)`` in microseconds; ``None`` is an open end. Places are times, or
what stands for them (:mod:`~datasync_crawler.domain.axis`). Bounds partition the set; rows outside of them are stored
as well, and the table's key removes the second copy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class ShardState(StrEnum):
    """What is left to do in a shard."""

    OPEN = "open"
    """More rows may come."""

    DONE = "done"
    """Its end is proven."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a shard has come: everything above (``position``, ``last_id``) is stored.

    ``position`` is None before the first row. ``cursor`` is the server's own for the next page, good until the wall
    time ``cursor_expires`` (seconds since the epoch). ``proof`` says how the end was proven; it is set once, with
    DONE.
    """

    position: int | None = None
    last_id: str | None = None
    cursor: str | None = None
    cursor_expires: float | None = None
    proof: str | None = None

    def proven(self, proof: str) -> Checkpoint:
        """The same place, with its end proven."""
        return replace(self, proof=proof)

    @property
    def state(self) -> ShardState:
        """DONE exactly when there is a proof."""
        return ShardState.DONE if self.proof else ShardState.OPEN


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard as the ledger has it; ``rows`` were new, ``met`` were there already."""

    id: int
    low: int | None
    high: int | None
    checkpoint: Checkpoint = Checkpoint()
    lane: str = ""
    rows: int = 0
    met: int = 0
    pages: int = 0

    @property
    def top(self) -> int | None:
        """The upper end of what is left."""
        return self.high if self.checkpoint.position is None else self.checkpoint.position

    @property
    def done(self) -> bool:
        """Whether the end is proven."""
        return self.checkpoint.proof is not None
