"""A run that loads without a key: what it counts on is exact, and the key is there before anything is proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.profile import Pool
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.pipelines import LedgerPipeline
from tests.flow.worlds import NEWEST_MICROS, THREE_LANES

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

PROFILE = replace(
    THREE_LANES, totals=(("the overview", 6),), pools=tuple(Pool(pool.name) for pool in THREE_LANES.pools)
)


@pytest.fixture
def ledger_url(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("datasync_crawler.domain.loading._MANY", 1)
    with Ledger.open(postgres_url) as ledger:
        ledger.save_profile(PROFILE.to_json())
    return postgres_url


def run_of(pipeline: LedgerPipeline) -> Any:
    spider: Any = pipeline._crawler.spider
    return spider.run


def page(*numbers: int, proof: str | None = None) -> StoredPage:
    checkpoint = Checkpoint(NEWEST_MICROS - numbers[-1], str(numbers[-1]), proof=proof)
    times: list[int | None] = [NEWEST_MICROS - number for number in numbers]
    return StoredPage(1, 1, "feed", Page([str(number) for number in numbers], times), checkpoint)


def keyed(url: str) -> bool:
    with Ledger.open(url) as ledger:
        return ledger.keyed


async def test_where_no_pool_has_a_limit_rows_come_before_their_key(pipeline: LedgerPipeline, ledger_url: str) -> None:
    await pipeline.process_item(page(0, 1))
    assert not keyed(ledger_url)


async def test_copies_never_make_up_the_total(pipeline: LedgerPipeline, ledger_url: str) -> None:
    await pipeline.process_item(page(0, 1, 2))
    await pipeline.process_item(page(1, 2, 3))
    assert (run_of(pipeline).stored, run_of(pipeline).agrees) == (4, False)
    assert keyed(ledger_url)


async def test_the_last_row_is_counted_with_the_key_built(pipeline: LedgerPipeline, ledger_url: str) -> None:
    await pipeline.process_item(page(0, 1, 2))
    await pipeline.process_item(page(3, 4, 5))
    assert run_of(pipeline).agrees
    assert keyed(ledger_url)


async def test_a_limit_learned_on_the_way_brings_the_key_back(pipeline: LedgerPipeline, ledger_url: str) -> None:
    await pipeline.process_item(page(0))
    run_of(pipeline).gate.budgets["feed"].limit = Limit(10, 60.0)
    await pipeline.process_item(page(1))
    assert keyed(ledger_url)


async def test_a_run_whose_shards_are_done_ends_with_a_key(pipeline: LedgerPipeline, ledger_url: str) -> None:
    run = run_of(pipeline)
    await pipeline.process_item(page(0, 1, proof="passed"))
    run.shards[1].prove("passed")
    await pipeline.close_spider()
    assert keyed(ledger_url)


async def test_a_run_that_ends_early_leaves_the_key_to_the_next(
    pipeline: LedgerPipeline, ledger_url: str, crawler_with: Callable[..., Crawler]
) -> None:
    await pipeline.process_item(page(0, 1))
    await pipeline.process_item(page(1, 2))
    await pipeline.close_spider()
    assert not keyed(ledger_url)
    again = LedgerPipeline.from_crawler(crawler_with(DATABASE_URL=ledger_url))
    await again.open_spider()
    assert run_of(again).stored == 3
    await again.close_spider()
