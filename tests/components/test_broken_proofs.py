"""The proof can fail: whatever is done to a ledger that was complete, it is seen, and no command says otherwise."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2
import pytest
from msgspec.structs import replace

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.commands.crawl import _ready
from datasync_crawler.commands.proof import prove
from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.monitors import CompletenessSuite
from datasync_crawler.pipelines import LedgerPipeline
from tests.components.test_monitors import failed
from tests.flow.worlds import THREE_LANES

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

PROFILE = replace(THREE_LANES, totals=(("the overview", 6),))
BREAKS = {
    "a row deleted": "DELETE FROM ingested_events WHERE id = '3'",
    "a foreign row": "INSERT INTO ingested_events VALUES ('stranger')",
    "a row replaced, uncounted": "UPDATE ingestion_progress SET rows = rows - 1 WHERE shard = 1",
    "a shard's end shifted": "UPDATE ingestion_progress SET low = low + 1 WHERE shard = 1",
    "a shard's end beyond its neighbour's": "UPDATE ingestion_progress SET low = low - 1 WHERE shard = 1",
    "a shard gone": "DELETE FROM ingestion_progress WHERE shard = 2",
    "a proof dropped": "UPDATE ingestion_progress SET proof = NULL WHERE shard = 2",
    "a row rejected": "INSERT INTO rejected_rows (shard, page, reason, raw) VALUES (1, 1, 'no id', '{}')",
    "the key dropped, a row doubled": (
        "ALTER TABLE ingested_events DROP CONSTRAINT ingested_events_pkey; INSERT INTO ingested_events VALUES ('3')"
    ),
}


@pytest.fixture
def ledger_url(postgres_url: str) -> str:
    """A complete ledger of two shards."""
    with Ledger.open(postgres_url) as ledger:
        ledger.bind("http://service.test")
        ledger.save_profile(PROFILE.to_json())
        ledger.plant([(3, None), (None, 3)])
        generation = ledger.lease()
        for shard, ids in ((1, ["5", "4", "3"]), (2, ["2", "1", "0"])):
            page = Page(ids, [int(id_) for id_ in ids])
            end = Checkpoint(int(ids[-1]), ids[-1], proof="passed")
            ledger.store(StoredPage(shard, generation, "feed", page, end))
    return postgres_url


def execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


async def judged(crawler: Crawler) -> list[str]:
    """The monitors that fail after a run that asks for nothing."""
    pipeline = LedgerPipeline.from_crawler(crawler)
    await pipeline.open_spider()
    await pipeline.close_spider()
    return failed(crawler, CompletenessSuite, {})


def proven(url: str) -> bool:
    with Ledger.open(url) as ledger:
        try:
            prove(ledger)
        except NotComplete:
            return False
    return True


def crawls_again(crawler: Crawler, url: str) -> bool:
    """Whether ``crawl events`` does not take the set for complete."""
    choices = read_choices(crawler.settings)
    return _ready(choices, url, recheck=False) is None


@pytest.fixture
def crawler(crawler_with: Callable[..., Crawler], ledger_url: str) -> Crawler:
    return crawler_with(DATABASE_URL=ledger_url, API_BASE_URL="http://service.test/api")


async def test_a_whole_ledger_is_proven(crawler: Crawler, ledger_url: str) -> None:
    assert "CompletenessMonitor" not in await judged(crawler)
    assert proven(ledger_url)
    assert not crawls_again(crawler, ledger_url)


@pytest.mark.parametrize("broken", BREAKS)
async def test_whatever_is_done_to_it_the_proof_fails(
    crawler: Crawler, crawler_with: Callable[..., Crawler], ledger_url: str, broken: str
) -> None:
    await judged(crawler)
    execute(ledger_url, BREAKS[broken])
    assert not proven(ledger_url)
    assert crawls_again(crawler, ledger_url)
    again = crawler_with(DATABASE_URL=ledger_url, API_BASE_URL="http://service.test/api")
    assert "CompletenessMonitor" in await judged(again)
    assert not proven(ledger_url)


async def test_a_larger_total_turns_the_monitor_red(
    crawler: Crawler, crawler_with: Callable[..., Crawler], ledger_url: str
) -> None:
    await judged(crawler)
    with Ledger.open(ledger_url) as ledger:
        ledger.save_profile(replace(PROFILE, totals=(("the overview", 7),)).to_json())
    again = crawler_with(DATABASE_URL=ledger_url, API_BASE_URL="http://service.test/api")
    assert "CompletenessMonitor" in await judged(again)
    assert not proven(ledger_url)


async def test_a_total_changed_in_the_proof_itself_is_seen(crawler: Crawler, ledger_url: str) -> None:
    await judged(crawler)
    execute(ledger_url, "UPDATE ledger_memory SET document = replace(document, ',6]', ',7]') WHERE kind = 'verdict'")
    assert not proven(ledger_url)
    assert crawls_again(crawler, ledger_url)
