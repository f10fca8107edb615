"""What the flow needs of the ledger, as narrow as it needs it."""

from __future__ import annotations

from typing import Protocol

from datasync_crawler.domain.profile import Pool
from datasync_crawler.domain.shard import Shard


class ShardBook(Protocol):
    """Where shards are cut."""

    async def split(self, shard: int, generation: int, at: int) -> tuple[Shard, Shard]:
        """Cuts a shard in two at a time inside what is left of it; gives the upper and the lower part."""

    async def finish(self, shard: int, generation: int, proof: str) -> None:
        """Writes down that a shard's end is proven without a page of its own."""


class LeaseBook(Protocol):
    """Where the lease on the shards is renewed."""

    async def renew(self, generation: int) -> float:
        """Renews a lease and gives the seconds that it runs; raises LedgerError when somebody else has taken over."""


class LessonBook(Protocol):
    """Where a run keeps what it learns for the next one; raises LedgerError when it cannot."""

    async def save_profile(self, document: bytes) -> None:
        """Keeps a profile, as JSON, instead of the one before."""

    async def note_limits(self, pools: list[Pool]) -> None:
        """Keeps limits that were learned."""


class Connection(Protocol):
    """A connection to the ledger, on which one thing is done at a time."""

    @property
    def busy_for(self) -> float:
        """The seconds that the work under way has taken so far."""

    def give_up(self) -> None:
        """Lets the work under way fail at once, and all that is asked for later."""
