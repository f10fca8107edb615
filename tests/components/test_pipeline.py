"""The pipeline on a real PostgreSQL: rows with their checkpoint, nothing behind a hole, a verdict at the end."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from msgspec.structs import replace
from scrapy.exceptions import CloseSpider, DropItem

from datasync_crawler.adapters.ledger import Call, Fenced, Ledger
from datasync_crawler.domain.completeness import read_verdict
from datasync_crawler.domain.errors import ConfigurationError, KeyExpired, LedgerError, NotComplete, StateBusy
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.page import Page, RejectedRow, StoredPage
from datasync_crawler.domain.profile import Pool
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.flow.run import Flying
from datasync_crawler.flow.tokens import TokenAsk
from datasync_crawler.pipelines import LedgerPipeline
from tests.components.secret import KEY
from tests.flow.worlds import NEWEST_MICROS, THREE_LANES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scrapy.crawler import Crawler

PROFILE = replace(THREE_LANES, totals=(("the overview", 6),))
LAST = Checkpoint(NEWEST_MICROS - 5, "5", proof="second look")


@pytest.fixture
def ledger_url(postgres_url: str) -> str:
    with Ledger.open(postgres_url) as ledger:
        ledger.save_profile(PROFILE.to_json())
    return postgres_url


def spider_of(pipeline: LedgerPipeline) -> Any:
    return pipeline._crawler.spider


def page(*numbers: int, checkpoint: Checkpoint = LAST, generation: int = 1, rejected: int = 0) -> StoredPage:
    lost = tuple(RejectedRow("no id", b"{}") for _ in range(rejected))
    times: list[int | None] = [NEWEST_MICROS - number for number in numbers]
    return StoredPage(1, generation, "feed", Page([str(n) for n in numbers], times, rejected=lost), checkpoint)


def stored(url: str) -> set[str]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM ingested_events")
        return {id_ for (id_,) in cursor.fetchall()}


def checkpoint(url: str) -> Checkpoint:
    with Ledger.open(url) as ledger:
        return ledger.shards()[0].checkpoint


async def test_rows_and_checkpoint_are_stored_and_counted(pipeline: LedgerPipeline, ledger_url: str) -> None:
    item = page(0, 1, 2, checkpoint=Checkpoint(NEWEST_MICROS - 2, "2"))
    assert await pipeline.process_item(item) is item
    assert stored(ledger_url) == {"0", "1", "2"}
    assert checkpoint(ledger_url) == item.checkpoint
    assert spider_of(pipeline).run.stored == 3


async def test_rows_met_again_are_not_counted_twice(pipeline: LedgerPipeline) -> None:
    await pipeline.process_item(page(0, 1, 2))
    await pipeline.process_item(page(2, 3))
    assert spider_of(pipeline).run.stored == 4


async def test_without_a_profile_there_is_nothing_to_open(
    crawler_with: Callable[..., Crawler], postgres_url: str
) -> None:
    pipeline = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=postgres_url))
    with pytest.raises(CloseSpider):
        await pipeline.open_spider()
    await pipeline.close_spider()
    assert spider_of(pipeline).run is None
    assert isinstance(spider_of(pipeline).failure, ConfigurationError)
    assert "discover first" in str(spider_of(pipeline).failure)


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def taken_over(url: str) -> None:
    """As by a crawler that finds a lease which ran out."""
    ask(url, "UPDATE ledger_leases SET until = now()")
    with Ledger.open(url) as other:
        other.lease("another")


async def test_after_a_page_that_could_not_be_stored_no_later_one_is(
    pipeline: LedgerPipeline, ledger_url: str
) -> None:
    await pipeline.process_item(page(0, checkpoint=Checkpoint(NEWEST_MICROS, "0")))
    taken_over(ledger_url)
    with pytest.raises(DropItem, match="could not be stored"):
        await pipeline.process_item(page(1))
    with pytest.raises(DropItem, match="one before"):
        await pipeline.process_item(page(2, generation=2))
    assert stored(ledger_url) == {"0"}
    assert checkpoint(ledger_url).position == NEWEST_MICROS
    assert isinstance(spider_of(pipeline).failure, Fenced)
    assert spider_of(pipeline).failure.exit_code == 5
    assert spider_of(pipeline).run.stopped


async def test_it_fails_closed_whatever_ended_the_run_before(pipeline: LedgerPipeline, ledger_url: str) -> None:
    spider_of(pipeline).run.stop(KeyExpired("over"))
    with pytest.raises(DropItem):
        await pipeline.process_item(page(1, generation=7))
    with pytest.raises(DropItem):
        await pipeline.process_item(page(2))
    assert stored(ledger_url) == set()
    assert isinstance(spider_of(pipeline).failure, KeyExpired)


async def test_it_fails_closed_at_an_error_nobody_foresaw(pipeline: LedgerPipeline, ledger_url: str) -> None:
    unreadable: Any = StoredPage(1, 1, "feed", Page([object()], [None]), LAST)  # type: ignore[list-item]
    with pytest.raises(DropItem):
        await pipeline.process_item(unreadable)
    with pytest.raises(DropItem):
        await pipeline.process_item(page(2))
    assert stored(ledger_url) == set()
    assert isinstance(spider_of(pipeline).failure, LedgerError)


async def test_pages_that_come_after_the_run_was_stopped_are_stored(pipeline: LedgerPipeline, ledger_url: str) -> None:
    spider_of(pipeline).run.stop()
    await pipeline.process_item(page(4))
    assert stored(ledger_url) == {"4"}


CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
SERVER_FULL = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER fail BEFORE UPDATE ON ingestion_progress FOR EACH ROW EXECUTE FUNCTION fail();
"""


def cut_off(url: str) -> None:
    """Ends the sessions of everybody else."""
    ask(url, CUT_OFF + "pg_backend_pid()")


async def database_away(pipeline: LedgerPipeline) -> None:
    """Returns when the run waits for its database."""
    run = spider_of(pipeline).run
    async with asyncio.timeout(10):
        while not run.waits_for:
            await run.clock.wait(run.bell.event, 0.01)


async def test_a_database_that_was_away_is_waited_for(pipeline: LedgerPipeline, ledger_url: str) -> None:
    await pipeline.process_item(page(0, checkpoint=Checkpoint(NEWEST_MICROS, "0")))
    cut_off(ledger_url)
    await pipeline.process_item(page(1))
    assert stored(ledger_url) == {"0", "1"}
    assert spider_of(pipeline).run.stored == 2
    assert spider_of(pipeline).failure is None


async def test_while_the_database_is_away_no_call_to_a_limited_pool_leaves(
    pipeline: LedgerPipeline, ledger_url: str
) -> None:
    run = spider_of(pipeline).run
    ask(ledger_url, SERVER_FULL.replace("UPDATE ON ingestion_progress", "INSERT ON ledger_calls"))
    async with run.gate.turn("list header") as leave:
        leaving = asyncio.ensure_future(leave())
        await database_away(pipeline)
        assert not leaving.done()
        ask(ledger_url, "DROP TRIGGER fail ON ledger_calls")
        await leaving
    assert not run.waits_for
    assert ask(ledger_url, "SELECT count(*) FROM ledger_calls") == [(1,)]


async def test_a_full_disk_is_waited_for_and_no_page_is_skipped(pipeline: LedgerPipeline, ledger_url: str) -> None:
    ask(ledger_url, SERVER_FULL)
    storing = asyncio.ensure_future(pipeline.process_item(page(0, checkpoint=Checkpoint(NEWEST_MICROS, "0"))))
    later = asyncio.ensure_future(pipeline.process_item(page(1)))
    await database_away(pipeline)
    assert not storing.done()
    ask(ledger_url, "DROP TRIGGER fail ON ingestion_progress")
    await asyncio.gather(storing, later)
    assert stored(ledger_url) == {"0", "1"}


async def test_a_run_that_is_stopped_waits_no_longer(pipeline: LedgerPipeline, ledger_url: str) -> None:
    ask(ledger_url, SERVER_FULL)
    storing = asyncio.ensure_future(pipeline.process_item(page(0)))
    await database_away(pipeline)
    spider_of(pipeline).run.stop()
    with pytest.raises(DropItem):
        await storing
    assert "full" in str(spider_of(pipeline).failure)


async def test_a_database_that_stays_away_ends_the_run_with_the_reason(
    crawler_with: Callable[..., Crawler], ledger_url: str
) -> None:
    pipeline = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=ledger_url, GIVE_UP_AFTER="0.01"))
    await pipeline.open_spider()
    ask(ledger_url, SERVER_FULL)
    with pytest.raises(DropItem):
        await pipeline.process_item(page(0))
    failure = spider_of(pipeline).failure
    assert isinstance(failure, NotComplete)
    assert "the database was away for" in str(failure)
    assert "full" in str(failure)
    await pipeline.close_spider()


def stats_of(pipeline: LedgerPipeline) -> dict[str, Any]:
    assert pipeline._crawler.stats is not None
    return pipeline._crawler.stats.get_stats()


def verdict_in(url: str) -> bytes:
    with Ledger.open(url) as ledger:
        return ledger.remembered("verdict")["complete"]


async def test_a_whole_set_is_complete_in_ledger_and_stats(pipeline: LedgerPipeline, ledger_url: str) -> None:
    await pipeline.process_item(page(0, 1, 2, 3, 4, 5))
    await pipeline.close_spider()
    verdict = read_verdict(verdict_in(ledger_url))
    assert (verdict.complete, verdict.count, verdict.against) == (True, 6, ())
    assert spider_of(pipeline).verdict == verdict
    assert (stats_of(pipeline)["datasync/complete"], stats_of(pipeline)["datasync/events"]) == (1, 6)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (page(0, 1, 2, 3, 4), "1 rows short of"),
        (page(0, 1, 2, 3, 4, 5, checkpoint=Checkpoint(NEWEST_MICROS - 5, "5")), "no proven end"),
        (page(0, 1, 2, 3, 4, 5, rejected=1), "1 rows could not be stored"),
    ],
    ids=["short", "open", "rejected"],
)
async def test_what_is_missing_is_named(
    pipeline: LedgerPipeline, ledger_url: str, item: StoredPage, words: str
) -> None:
    await pipeline.process_item(item)
    await pipeline.close_spider()
    verdict = read_verdict(verdict_in(ledger_url))
    assert not verdict.complete
    assert words in " ".join(verdict.against)
    assert stats_of(pipeline)["datasync/complete"] == 0


async def test_a_limit_once_learned_is_known_to_the_next_run(
    pipeline: LedgerPipeline, ledger_url: str, crawler_with: Callable[..., Crawler]
) -> None:
    spider_of(pipeline).run.lessons["feed"] = Limit(200, 300.0)
    await pipeline.process_item(page(0))
    with Ledger.open(ledger_url) as ledger:
        assert b'"limit":200' in ledger.remembered("pool")["feed"]
    again = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=ledger_url))
    await again.open_spider()
    assert spider_of(again).run.gate.budgets["feed"].limit == Limit(200, 300.0)
    await again.close_spider()


async def test_departures_are_kept_under_the_digest_of_the_key(pipeline: LedgerPipeline, ledger_url: str) -> None:
    async with spider_of(pipeline).run.gate.turn("feed") as leave:
        await leave()
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    with Ledger.open(ledger_url) as ledger:
        assert [call.pool for call in ledger.calls(digest, 0.0)] == ["feed"]
        assert ledger.calls(KEY, 0.0) == []


async def test_a_run_opens_with_the_calls_of_the_one_before(
    crawler_with: Callable[..., Crawler], ledger_url: str
) -> None:
    pipeline = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=ledger_url))
    with Ledger.open(ledger_url) as ledger:
        digest, far_ahead = hashlib.sha256(KEY.encode()).hexdigest(), 4e9
        ledger.note_calls([Call("list header", digest, far_ahead)] * 4)
    await pipeline.open_spider()
    run = spider_of(pipeline).run
    assert run.gate.budgets["list header"].left(run.clock.monotonic()) == 6
    await pipeline.close_spider()


async def test_a_run_goes_on_where_the_ledger_stands(
    pipeline: LedgerPipeline, ledger_url: str, crawler_with: Callable[..., Crawler]
) -> None:
    await pipeline.process_item(page(0, 1, checkpoint=Checkpoint(NEWEST_MICROS - 1, "1", cursor="c")))
    again = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=ledger_url))
    await again.open_spider()
    run = spider_of(again).run
    assert (run.stored, run.generation) == (2, 2)
    assert run.shards[1].shard.checkpoint == Checkpoint(NEWEST_MICROS - 1, "1", cursor="c")
    await again.close_spider()


async def test_a_second_crawler_has_nothing_to_drain_while_the_lease_of_the_first_runs(
    pipeline: LedgerPipeline, ledger_url: str, crawler_with: Callable[..., Crawler], tmp_path: Path
) -> None:
    elsewhere = crawler_with(DATABASE_URL=ledger_url, STATE_DIR=str(tmp_path / "elsewhere"), GIVE_UP_AFTER="0.01")
    second = LedgerPipeline.from_crawler(elsewhere)
    with pytest.raises(CloseSpider):
        await second.open_spider()
    await second.close_spider()
    assert isinstance(spider_of(second).failure, StateBusy)
    await pipeline.process_item(page(0))
    assert stored(ledger_url) == {"0"}


async def test_a_lease_ends_with_its_run(pipeline: LedgerPipeline, ledger_url: str) -> None:
    assert ask(ledger_url, "SELECT count(*) FROM ledger_leases WHERE until > now()") == [(1,)]
    await pipeline.close_spider()
    assert ask(ledger_url, "SELECT count(*) FROM ledger_leases") == [(0,)]


async def test_a_lease_ends_although_the_set_cannot_be_judged(
    pipeline: LedgerPipeline, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Ledger) -> None:
        raise RecursionError

    monkeypatch.setattr(pipeline, "_judge", broken)
    with pytest.raises(RecursionError):
        await pipeline.close_spider()
    assert ask(ledger_url, "SELECT count(*) FROM ledger_leases") == [(0,)]
    spider_of(pipeline).verdict = None


def test_pools_that_the_profile_announces_are_known_as_such() -> None:
    assert [pool.announced for pool in PROFILE.pools] == [True, True, False]
    assert PROFILE.pool("feed") == Pool("feed")


async def test_a_page_is_not_kept_waiting_for_a_batch_when_no_other_is_under_way(
    crawler_with: Callable[..., Crawler], ledger_url: str
) -> None:
    pipeline = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=ledger_url, BATCH_SIZE="100000"))
    await pipeline.open_spider()
    await pipeline.process_item(page(0, 1, checkpoint=Checkpoint(NEWEST_MICROS - 1, "1")))
    assert stored(ledger_url) == {"0", "1"}
    await pipeline.close_spider()


async def test_a_batch_is_stored_when_it_is_full_and_its_rest_at_the_end(
    crawler_with: Callable[..., Crawler], ledger_url: str
) -> None:
    pipeline = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=ledger_url, BATCH_SIZE="3"))
    await pipeline.open_spider()
    spider_of(pipeline).run.flying[TokenAsk("feed", 1, 0)] = Flying(0.0)
    await pipeline.process_item(page(0, 1, checkpoint=Checkpoint(NEWEST_MICROS - 1, "1")))
    assert stored(ledger_url) == set()
    await pipeline.process_item(page(2, checkpoint=Checkpoint(NEWEST_MICROS - 2, "2")))
    assert stored(ledger_url) == {"0", "1", "2"}
    await pipeline.process_item(page(3, checkpoint=Checkpoint(NEWEST_MICROS - 3, "3")))
    await pipeline.close_spider()
    assert stored(ledger_url) == {"0", "1", "2", "3"}
    assert checkpoint(ledger_url).position == NEWEST_MICROS - 3
