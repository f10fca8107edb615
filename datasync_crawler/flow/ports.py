"""What the flow needs of the ledger, as narrow as it needs it."""

from __future__ import annotations

from typing import Protocol

from datasync_crawler.domain.shard import Shard


class ShardBook(Protocol):
    """Where shards are cut."""

    async def split(self, shard: int, generation: int, at: int) -> tuple[Shard, Shard]:
        """Cuts a shard in two at a time inside what is left of it; gives the upper and the lower part."""

    async def finish(self, shard: int, generation: int, proof: str) -> None:
        """Writes down that a shard's end is proven without a page of its own."""
