"""Planting: the rows of probes in the ledger, from the first page on; taken out again where a later answer says so."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from datasync_crawler.adapters.postgres import Fenced
from datasync_crawler.domain.errors import StateBusy
from datasync_crawler.domain.page import StoredPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datasync_crawler.adapters.ledger import Ledger
    from datasync_crawler.adapters.worker import LedgerWorker
    from datasync_crawler.domain.discovery.keeping import Beginnings, Kept
    from datasync_crawler.domain.shard import Shard

logger = logging.getLogger(__name__)


class Planting:
    """The first shards of a ledger with the probes' rows in them, while discovery still learns where they belong.

    They are leased for ``holder`` until :meth:`end`. Shards that are there already stay as they are when the ledger
    has a profile or another crawler leases them: they are a drain's. Without either they were left by a discovery
    that was cut off, and are taken out.
    """

    def __init__(self, ledger: LedgerWorker, holder: str) -> None:
        self.ledger = ledger
        self._holder = holder
        self._planted: Beginnings | None = None
        self._shards: Sequence[Shard] = ()
        self._generation: int | None = None

    async def plant(self, begun: Beginnings | None) -> int:
        """Makes the ledger hold these beginnings, and none for None; returns how many rows it has of them.

        What was planted before and goes on in them is left, and added to.
        """
        try:
            return await self.ledger.do(lambda ledger: self._plant(ledger, begun))
        except (Fenced, StateBusy) as error:
            logger.info("The rows of the probes are not kept: %s", error)
            return 0

    async def end(self) -> None:
        """Leaves what was planted to whoever drains."""
        if (generation := self._generation) is not None:
            await self.ledger.do(lambda ledger: ledger.release(generation))

    def _plant(self, ledger: Ledger, begun: Beginnings | None) -> int:
        before = self._planted
        if before is None and not _is_free(ledger):
            return 0
        if before is not None and begun is not None and begun.go_on_from(before):
            self._store(ledger, begun.pages[len(before.pages) :])
        else:
            self._generation = ledger.lease(self._holder)
            if ledger.shards():
                ledger.uproot()
            if begun is not None:
                self._shards = ledger.plant(begun.bounds)
                # Only shards that are there can be leased.
                self._generation = ledger.lease(self._holder)
                self._store(ledger, begun.pages)
        self._planted = begun
        return sum(shard.rows for shard in ledger.shards())

    def _store(self, ledger: Ledger, pages: Sequence[Kept]) -> None:
        assert self._generation is not None
        for kept in pages:
            shard = self._shards[kept.shard].id
            ledger.store(StoredPage(shard, self._generation, kept.lane, kept.page, kept.checkpoint))


def _is_free(ledger: Ledger) -> bool:
    """Whether what stands in a ledger, if anything does, was left by a discovery that was cut off."""
    shards = ledger.shards()
    return not shards or (ledger.profile() is None and ledger.count() == sum(shard.rows for shard in shards))
