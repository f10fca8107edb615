"""Pages into the ledger, failing closed; and the verdict over the whole at the end."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import CloseSpider, DropItem

from datasync_crawler.adapters.beginning import beginning
from datasync_crawler.adapters.recall import note_working_key, recall
from datasync_crawler.adapters.state import identity
from datasync_crawler.adapters.worker import CallNotes, Cuts, LedgerWorker, Lessons
from datasync_crawler.domain.choices import Choices, read_choices
from datasync_crawler.domain.completeness import Verdict, judge_set
from datasync_crawler.domain.errors import DatasyncError, LedgerError
from datasync_crawler.domain.page import StoredPage
from datasync_crawler.flow.clock import SystemClock
from datasync_crawler.flow.dispatch import Dispatch
from datasync_crawler.flow.holding import Holding
from datasync_crawler.flow.opening import lessons_of, one_more, open_run
from datasync_crawler.flow.outage import DatabaseOutage
from datasync_crawler.flow.reception import Reception
from datasync_crawler.flow.remembering import Remembering
from datasync_crawler.flow.turn import in_turn
from datasync_crawler.flow.writing import Writer

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from datasync_crawler.adapters.ledger import Ledger, Stored
    from datasync_crawler.flow.run import Run

logger = logging.getLogger(__name__)

# Departures older than this (seconds) are in no window that matters.
_LONGEST_WINDOW = 3 * 3600.0


class LedgerPipeline:
    """Opens the run from the ledger, stores every page with its checkpoint, and judges the set when the crawl ends.

    Where nothing but the machine bounds the drain the table's key is left out at first. It is built as soon as that
    changes, or as many rows are in as the service tells of (the flow goes by that figure, and some may be copies), and
    before the verdict in any case; what an earlier run left out is built before anything is asked for.
    """

    def __init__(self, crawler: Crawler, choices: Choices) -> None:
        self._crawler = crawler
        self._choices = choices
        self._key = choices.key_digest
        self._pages = LedgerWorker(choices.database or "", id_only=choices.id_only)
        self._calls = LedgerWorker(choices.database or "", id_only=choices.id_only)
        self._notes = CallNotes(self._calls, self._key)
        self._writer = Writer(self._store, self._failed, least_rows=choices.batch_rows)
        self._aside: list[asyncio.Future[None]] = []
        self._key_kept = False
        self._run: Run | None = None
        self._memory: Remembering | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler, read_choices(crawler.settings))

    async def open_spider(self) -> None:
        """Makes the run from what the ledger remembers and gives it to the spider, or the reason why there is none."""
        spider: Any = self._crawler.spider
        try:
            await self._open(spider)
        except DatasyncError as error:
            spider.unopened = error
            # Anything else would hide the reason behind a traceback, and the exit code with it.
            raise CloseSpider("not opened") from error

    async def _open(self, spider: Any) -> None:
        choices, clock = self._choices, SystemClock(await self._pages.do(beginning))
        since = clock.stamp() - _LONGEST_WINDOW
        holder = identity(Path(choices.state))
        known = await in_turn(
            lambda: self._pages.do(lambda ledger: recall(ledger, self._key, since, holder)),
            clock,
            choices.give_up_after,
        )
        learned = one_more(known.learned) if choices.relearn else known.learned
        self._run = spider.run = open_run(
            known.profile,
            known.shards,
            generation=known.generation,
            stored=known.stored,
            calls=known.calls,
            learned=learned,
            key_worked=known.key_worked,
            clock=clock,
            log=self._notes,
            most_in_flight=choices.most_in_flight,
            reserve=choices.reserve,
            whole=not choices.id_only,
            cursor_margin=choices.cursor_threshold,
        )
        self._run.loading, self._run.key_life = known.loading, choices.key_life
        self._run.lessons |= lessons_of(learned) if choices.relearn else {}
        # What is there by now stays: the collector need not look at it again, page after page.
        gc.freeze()
        if known.first_call is not None:
            self._run.key_dies = known.first_call + clock.wall() - clock.stamp() + choices.key_life
        self._hold_on(self._run)
        self._equip(spider, self._run)

    def _equip(self, spider: Any, run: Run) -> None:
        choices = self._choices
        spider.whole = not choices.id_only
        spider.reception = Reception(run)
        spider.dispatch = Dispatch(
            run,
            Cuts(self._pages),
            give_up_after=choices.give_up_after,
            most_at_once=choices.most_shards,
            most_bytes=choices.most_bytes_in_flight,
        )

    def _hold_on(self, run: Run) -> None:
        patience = self._choices.give_up_after
        self._pages.outage = DatabaseOutage(run, patience, "pages")
        self._calls.outage = DatabaseOutage(run, patience, "calls")
        holding = Holding(run, Cuts(self._calls), (self._pages, self._calls), patience)
        self._memory = Remembering(run, Lessons(self._pages))
        self._aside = [asyncio.ensure_future(it) for it in (self._memory.keep(), holding.renew(), holding.watch())]

    async def process_item(self, item: StoredPage) -> StoredPage:
        """Stores a page, alone or with others; raises DropItem once any page failed."""
        # A stream waits until its pages are stored, and for no more of them; the last page of all has none after it.
        at_once = self._run is not None and (item.lane in self._run.courses or not self._run.flying)
        if not await self._writer.take(item, at_once=at_once):
            raise DropItem("a page could not be stored, this one or one before")
        return item

    async def _store(self, pages: Sequence[StoredPage]) -> None:
        spider: Any = self._crawler.spider
        outcomes = await self._pages.do(lambda ledger: ledger.store_all(pages))
        if self._run is not None and self._run.loading:
            outcomes[-1] = await self._loaded(sum(stored.inserted for stored in outcomes), outcomes[-1])
        await self._keep_key()
        if self._memory is not None:
            await self._memory.write()
        for page, stored in zip(pages, outcomes, strict=True):
            spider.reception.stored(stored.inserted, stored.met, page.lane)

    async def _loaded(self, rows: int, last: Stored) -> Stored:
        """So many rows more are in the table without a key; gives the last outcome less the copies, once they tell."""
        run = self._run
        assert run is not None
        enough = run.total is not None and run.stored + rows >= run.total
        if not enough and not run.limited:
            return last
        run.loading = False
        # What the key's building tells may be lost with the connection; the shards tell it as well.
        claimed = await self._pages.do(lambda ledger: ledger.claimed())
        await self._pages.do(lambda ledger: ledger.build_key())
        copies = claimed - await self._pages.do(lambda ledger: ledger.claimed())
        return replace(last, inserted=last.inserted - copies, met=last.met + copies)

    def _failed(self, error: Exception, pages: int) -> None:
        spider: Any = self._crawler.spider
        failure = error if isinstance(error, LedgerError) else LedgerError(f"the ledger failed: {error!r}")
        spider.run.stop(failure)
        logger.error("%d pages could not be stored: %s", pages, failure)

    async def close_spider(self) -> None:
        """Judges the set from the database and leaves the verdict in the ledger and in the stats."""
        run = self._run
        try:
            if run is not None:
                await self._conclude(run)
        finally:
            for task in self._aside:
                task.cancel()
            await self._pages.close()
            await self._calls.close()

    async def _conclude(self, run: Run) -> None:
        """Settles what is left and judges the set; whatever comes of that, others need not wait for the lease."""
        try:
            await self._notes.settle()
            await self._writer.finish()
            if not self._writer.broken:
                if self._memory is not None:
                    await self._memory.write()
                self._tell(await self._pages.do(self._judge))
        except LedgerError as error:
            run.stop(error)
        finally:
            await self._release(run)

    async def _release(self, run: Run) -> None:
        try:
            await self._pages.do(lambda ledger: ledger.release(run.generation))
        except LedgerError as error:
            run.stop(error)

    async def _keep_key(self) -> None:
        """Writes down, once, that the key opens pages: what refuses it later says that it has expired."""
        if not self._key_kept:
            self._key_kept = True
            await self._pages.do(lambda ledger: note_working_key(ledger, self._key))

    def _judge(self, ledger: Ledger) -> Verdict:
        assert self._run is not None
        if self._run.shards.done:
            ledger.build_key()
        standing = ledger.standing()
        named = [(name, told) for name, told in self._run.profile.totals]
        totals = [("the pages' total", self._run.total)] if self._run.total is not None else []
        verdict = judge_set(
            count=standing.events,
            claimed=standing.claimed,
            open_shards=len(standing.open_shards),
            holes=len(standing.gaps) + len(standing.overlaps),
            lost=standing.rejected,
            totals=[*totals, *named],
            accept_rejected=self._choices.accept_rejected,
        )
        ledger.remember("verdict", "complete", verdict.to_json())
        return verdict

    def _tell(self, verdict: Verdict) -> None:
        spider: Any = self._crawler.spider
        stats = self._crawler.stats
        assert stats is not None
        assert self._run is not None
        spider.verdict = self._run.verdict = verdict
        stats.set_value("datasync/complete", int(verdict.complete))
        stats.set_value("datasync/events", verdict.count)
        for sentence in verdict.against:
            logger.error("not complete: %s", sentence)
        for sentence in verdict.noted:
            logger.info("noted: %s", sentence)
