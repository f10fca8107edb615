"""Keeping views in the ledger, where the next process goes on with them and ``scrapy status`` reads them.

Of each one a sample is kept as well, from which the report draws its time line.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import msgspec
from msgspec.structs import replace

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.worker import LedgerWorker
from datasync_crawler.domain.errors import DatasyncError
from datasync_crawler.domain.sample import MOST_SAMPLES, SAMPLE, sample_of
from datasync_crawler.domain.view import VIEW, View, read_view

logger = logging.getLogger(__name__)

# Seconds that the last view may take to be written down.
_PATIENCE = 1.0


class Keeping:
    """Writes every view down, the last one at the latest a second after the end; a Drawing."""

    every = 5.0

    def __init__(self, url: str, *, id_only: bool) -> None:
        self._ledger = LedgerWorker(url, id_only=id_only)
        self._writing: asyncio.Future[None] | None = None
        self._next: View | None = None

    async def past(self) -> View | None:
        """The last view that an earlier process left; None without one, or where it cannot be read."""
        try:
            document = (await self._ledger.do(lambda ledger: ledger.remembered(VIEW))).get(VIEW)
            return None if document is None else read_view(document)
        except (DatasyncError, msgspec.MsgspecError) as error:
            logger.warning("figures of earlier runs cannot be read: %s", error)
            return None

    async def begin(self) -> None:
        """Nothing is needed."""

    def draw(self, view: View) -> None:
        """Writes the view down as soon as the one before is; of those that wait the newest is enough."""
        self._next = view
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())

    async def end(self) -> None:
        """Writes down what waits, and closes the connection."""
        try:
            async with asyncio.timeout(_PATIENCE):
                if self._writing is not None:
                    await self._writing
                await self._ledger.close()
        except TimeoutError:
            self._ledger.give_up()
            logger.info("the last figures were not written down in time")

    async def _write(self) -> None:
        while self._next is not None:
            view, self._next = self._next, None
            try:
                await self._ledger.do(partial(_keep, view))
            except DatasyncError as error:
                logger.info("figures could not be written down: %s", error)


def _keep(view: View, ledger: Ledger) -> None:
    # What was found is in the profile already.
    ledger.remember(VIEW, VIEW, replace(view, findings=()).to_json())
    sample = sample_of(view)
    ledger.remember(SAMPLE, sample.name, sample.to_json())
    ledger.thin(SAMPLE, MOST_SAMPLES)
