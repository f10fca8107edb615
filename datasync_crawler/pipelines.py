"""Pages into the ledger, one transaction each, failing closed; and the verdict over the whole at the end."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import msgspec
from scrapy.exceptions import DropItem

from datasync_crawler.adapters.worker import CallNotes, Cuts, LedgerWorker
from datasync_crawler.domain.choices import Choices, read_choices
from datasync_crawler.domain.completeness import Verdict, judge_set
from datasync_crawler.domain.errors import ConfigurationError, LedgerError, SourceMismatch
from datasync_crawler.domain.page import StoredPage
from datasync_crawler.domain.profile import Pool, Profile, read_profile
from datasync_crawler.flow.clock import SystemClock
from datasync_crawler.flow.dispatch import Dispatch
from datasync_crawler.flow.opening import open_run
from datasync_crawler.flow.reception import Reception

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from datasync_crawler.adapters.ledger import Ledger
    from datasync_crawler.domain.shard import Shard
    from datasync_crawler.flow.run import Run

logger = logging.getLogger(__name__)

# Departures older than this (seconds) are in no window that matters.
_LONGEST_WINDOW = 3 * 3600.0
_WORKING_KEYS, _PLACES = "working key", "places"


class LedgerPipeline:
    """Opens the run from the ledger, stores every page with its checkpoint, and judges the set when the crawl ends.

    After a page that could not be stored no later one is: pages still arrive for a while, and storing them would step
    over the hole.
    """

    def __init__(self, crawler: Crawler, choices: Choices) -> None:
        self._crawler = crawler
        self._choices = choices
        self._key = hashlib.sha256(choices.key.encode()).hexdigest()
        self._pages = LedgerWorker(choices.database or "", id_only=choices.id_only)
        self._calls = LedgerWorker(choices.database or "", id_only=choices.id_only)
        self._lock = asyncio.Lock()
        self._batch: list[StoredPage] = []
        self._lessons: asyncio.Future[None] | None = None
        self._key_kept = False
        self._run: Run | None = None
        self._broken = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler, read_choices(crawler.settings))

    async def open_spider(self) -> None:
        """Makes the run from what the ledger remembers and gives it to the spider."""
        spider: Any = self._crawler.spider
        clock, choices = SystemClock(), self._choices
        since = clock.wall() - _LONGEST_WINDOW
        known = await self._pages.do(lambda ledger: _remembered(ledger, self._key, since))
        self._run = spider.run = open_run(
            known.profile,
            known.shards,
            generation=known.generation,
            stored=known.stored,
            calls=known.calls,
            learned=known.learned,
            key_worked=known.key_worked,
            clock=clock,
            log=CallNotes(self._calls, self._key),
            most_in_flight=choices.most_in_flight,
            reserve=choices.reserve,
            whole=not choices.id_only,
            cursor_margin=choices.cursor_threshold,
        )
        self._run.key_dies = None if known.first_call is None else known.first_call + choices.key_life
        self._lessons = asyncio.ensure_future(self._keep_lessons(self._run))
        spider.whole = not choices.id_only
        spider.reception = Reception(self._run)
        spider.dispatch = Dispatch(
            self._run, Cuts(self._pages), give_up_after=choices.give_up_after, most_at_once=choices.most_shards
        )

    async def process_item(self, item: StoredPage) -> StoredPage:
        """Stores a page, alone or with its batch; raises DropItem once any page failed."""
        async with self._lock:
            if not self._broken:
                self._batch.append(item)
                # An empty page counts as a row, so that the proof it may carry is not left lying.
                full = sum(max(1, len(page.page.ids)) for page in self._batch) >= self._choices.batch_rows
                # A stream waits until its pages are stored, and for no more of them.
                if full or (self._run is not None and item.lane in self._run.courses):
                    await self._flush()
            if self._broken:
                raise DropItem("a page could not be stored, this one or one before")
        return item

    async def _flush(self) -> None:
        spider: Any = self._crawler.spider
        batch, self._batch = self._batch, []
        try:
            outcomes = await self._pages.do(lambda ledger: ledger.store_all(batch))
            await self._keep_key()
            await self._write_lessons()
        except Exception as error:  # noqa: BLE001 - whatever it is, no later page may be stored
            self._broken = True
            failure = error if isinstance(error, LedgerError) else LedgerError(f"the ledger failed: {error!r}")
            spider.run.stop(failure)
            logger.error("%d pages could not be stored: %s", len(batch), failure)  # noqa: TRY400 - one line
            return
        for page, stored in zip(batch, outcomes, strict=True):
            spider.reception.stored(stored.inserted, stored.met, page.lane)

    async def close_spider(self) -> None:
        """Judges the set from the database and leaves the verdict in the ledger and in the stats."""
        if self._lessons is not None:
            self._lessons.cancel()
        try:
            if self._run is not None and self._batch:
                await self._flush()
            if self._run is not None and not self._broken:
                await self._write_lessons()
                verdict = await self._pages.do(self._judge)
                self._tell(verdict)
        except LedgerError as error:
            self._run.stop(error) if self._run is not None else None
        finally:
            await self._pages.close()
            await self._calls.close()

    async def _keep_key(self) -> None:
        """Writes down, once, that the key opens pages: what refuses it later says that it has expired."""
        if not self._key_kept:
            self._key_kept = True
            await self._pages.do(lambda ledger: ledger.remember(_WORKING_KEYS, self._key, b"true"))

    async def _keep_lessons(self, run: Run) -> None:
        """Writes down what is learned of limits at once: after a refusal no page may come for a whole window."""
        while True:
            event = run.bell.event
            await self._write_lessons()
            await event.wait()

    async def _write_lessons(self) -> None:
        run = self._run
        if run is None or not run.lessons:
            return
        lessons = [Pool(name, limit.calls, limit.window) for name, limit in run.lessons.items()]
        run.lessons.clear()
        await self._pages.do(lambda ledger: _write_down(ledger, lessons))

    def _judge(self, ledger: Ledger) -> Verdict:
        assert self._run is not None
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
        spider.verdict = verdict
        stats = self._crawler.stats
        assert stats is not None
        assert self._run is not None
        stats.set_value("datasync/complete", int(verdict.complete))
        stats.set_value("datasync/events", verdict.count)
        for kind in ("announced", "hidden"):
            stats.set_value(f"datasync/refused/{kind}", 0)
        announced = {pool.name for pool in self._run.profile.pools if pool.announced}
        for name, budget in self._run.gate.budgets.items():
            stats.inc_value(f"datasync/refused/{'announced' if name in announced else 'hidden'}", budget.refused)
        for sentence in verdict.against:
            logger.error("not complete: %s", sentence)
        for sentence in verdict.noted:
            logger.info("noted: %s", sentence)


def _write_down(ledger: Ledger, lessons: list[Pool]) -> None:
    for pool in lessons:
        ledger.remember("pool", pool.name, msgspec.json.encode(pool))


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger remembers of earlier runs; times are wall seconds."""

    profile: Profile
    shards: list[Shard]
    generation: int
    stored: int
    calls: list[tuple[str, float]]
    learned: dict[str, Pool]
    first_call: float | None
    key_worked: bool


def _check_places(ledger: Ledger, profile: Profile) -> None:
    """Raises SourceMismatch when the shards' places mean numbers and the profile's times, or the other way."""
    kept = ledger.remembered(_PLACES).get(_PLACES)
    mine = msgspec.json.encode("numbers" if profile.numbered else "times")
    if kept is not None and kept != mine and ledger.count():
        raise SourceMismatch("the new profile cuts the set otherwise than the ledger's shards: use another database")
    ledger.remember(_PLACES, _PLACES, mine)


def _remembered(ledger: Ledger, key: str, since: float) -> _Known:
    document = ledger.profile()
    if document is None:
        raise ConfigurationError("no profile yet: run scrapy crawl discover first")
    profile = read_profile(document)
    _check_places(ledger, profile)
    ledger.plant([(None, None)])
    return _Known(
        generation=ledger.lease(),
        profile=profile,
        shards=ledger.shards(),
        stored=ledger.count(),
        calls=[(call.pool, call.at) for call in ledger.calls(key, since)],
        learned={name: msgspec.json.decode(text, type=Pool) for name, text in ledger.remembered("pool").items()},
        first_call=ledger.first_call(key),
        key_worked=key in ledger.remembered(_WORKING_KEYS),
    )
