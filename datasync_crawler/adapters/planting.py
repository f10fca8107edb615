"""Planting: the rows of probes in the ledger, from the first page on; taken out again where a later answer says so."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from datasync_crawler.domain.errors import LedgerError, StateBusy
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

    Until :meth:`settle` they are provisional (:mod:`~datasync_crawler.adapters.seedbed`), and leased for ``holder``
    until :meth:`end`. A ledger in which anything else stands is left as it is. That nothing could be kept is no
    failure of a discovery: the rows are asked for again.
    """

    def __init__(self, ledger: LedgerWorker, holder: str) -> None:
        self.ledger = ledger
        self._holder = holder
        self._mark = uuid4().hex
        self._planted: Beginnings | None = None
        self._shards: Sequence[Shard] = ()
        self._generation: int | None = None

    async def plant(self, begun: Beginnings | None) -> int:
        """Makes the ledger hold these beginnings, and none for None; returns how many rows it has of them.

        What was planted before and goes on in them is left, and added to.
        """
        try:
            return await self.ledger.do(lambda ledger: self._plant(ledger, begun))
        except (LedgerError, StateBusy) as error:
            logger.info("The rows of the probes are not kept: %s", error)
            return 0

    async def settle(self, document: bytes) -> None:
        """Keeps the profile (JSON) that what was planted last is right by."""
        await self.ledger.do(lambda ledger: ledger.take_root(document, self._mark))

    async def end(self) -> None:
        """Leaves what was planted to whoever drains."""
        generation = self._generation
        if generation is None:
            return
        try:
            await self.ledger.do(lambda ledger: ledger.release(generation))
        except LedgerError as error:
            logger.info("The lease of the probes' rows runs out by itself: %s", error)

    def _plant(self, ledger: Ledger, begun: Beginnings | None) -> int:
        before = self._planted
        if before is not None and begun is not None and begun.go_on_from(before):
            self._store(ledger, begun.pages[len(before.pages) :])
        elif before is not None or begun is not None:
            self._planted = None
            sown = ledger.sow(begun.bounds if begun else (), self._holder, self._mark)
            if sown is None:
                return 0
            self._shards, self._generation = sown
            self._store(ledger, begun.pages if begun else ())
        self._planted = begun
        return sum(shard.rows for shard in ledger.shards())

    def _store(self, ledger: Ledger, pages: Sequence[Kept]) -> None:
        assert self._generation is not None
        for kept in pages:
            shard = self._shards[kept.shard].id
            ledger.store(StoredPage(shard, self._generation, kept.lane, kept.page, kept.checkpoint))
