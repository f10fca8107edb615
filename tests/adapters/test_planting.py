"""The probes' rows stand in the ledger from the first page on, and where later answers say that they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.planting import Planting
from datasync_crawler.adapters.queries import QUERIES
from datasync_crawler.adapters.worker import LedgerWorker
from datasync_crawler.domain.discovery.keeping import Beginnings, Kept
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.shard import Checkpoint
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

MINE, OTHERS = "mine", "theirs"


def kept(numbers: Iterable[int], *, shard: int, proof: str | None = None) -> Kept:
    ids = uuids(numbers)
    return Kept(shard, "list", Page(ids, [900] * len(ids)), Checkpoint(position=900, last_id=ids[-1], proof=proof))


NEWEST, NEXT = kept(range(5), shard=0, proof="probe"), kept(range(4, 9), shard=1)
EARLY = Beginnings(((900, None), (None, 900)), (NEWEST,))
WHOLE = Beginnings(EARLY.bounds, (NEWEST, NEXT))
CHAIN = Beginnings(((None, None),), (kept(range(5), shard=0),))


@pytest.fixture
async def worker(postgres_url: str) -> AsyncIterator[LedgerWorker]:
    opened = LedgerWorker(postgres_url)
    yield opened
    await opened.close()


def bounds(ledger: Ledger) -> list[tuple[int | None, int | None]]:
    return [(shard.low, shard.high) for shard in ledger.shards()]


@pytest.fixture
async def planting(worker: LedgerWorker) -> Planting:
    return Planting(worker, MINE)


async def test_the_first_page_stays_and_the_next_is_added(planting: Planting, ledger: Ledger) -> None:
    assert await planting.plant(EARLY) == 5
    (newest, rest) = ledger.shards()
    assert (newest.done, newest.rows, rest.rows) == (True, 5, 0)
    assert await planting.plant(WHOLE) == 9
    (newest, rest) = ledger.shards()
    assert (newest.pages, rest.pages, rest.rows, rest.met) == (1, 1, 4, 1)
    assert ledger.count() == 9


@pytest.mark.parametrize("later", [CHAIN, None])
async def test_what_later_answers_place_otherwise_is_taken_out(
    planting: Planting, ledger: Ledger, later: Beginnings | None
) -> None:
    await planting.plant(EARLY)
    rows = await planting.plant(later)
    assert rows == ledger.count() == (5 if later else 0)
    assert bounds(ledger) == list(later.bounds if later else ())
    assert ledger.lane_pages() == ({"list": 1} if later else {})


async def test_a_discovery_that_was_cut_off_left_nothing_that_binds_the_next(
    worker: LedgerWorker, ledger: Ledger
) -> None:
    await Planting(worker, MINE).plant(CHAIN)
    assert await Planting(worker, MINE).plant(EARLY) == 5
    assert bounds(ledger) == list(EARLY.bounds)


async def test_what_a_drain_goes_on_from_stays(worker: LedgerWorker, ledger: Ledger) -> None:
    mine = Planting(worker, MINE)
    await mine.plant(CHAIN)
    await mine.settle(b"{}")
    assert await Planting(worker, MINE).plant(EARLY) == 0
    assert bounds(ledger) == list(CHAIN.bounds)
    assert ledger.profile() == b"{}"


async def test_a_profile_that_another_discovery_made_is_kept_without_what_was_sown_by_the_one_before(
    worker: LedgerWorker, ledger: Ledger
) -> None:
    await Planting(worker, MINE).plant(EARLY)
    theirs = Planting(worker, OTHERS)
    assert await theirs.plant(CHAIN) == 0
    await theirs.settle(b"{}")
    assert (bounds(ledger), ledger.count(), ledger.profile()) == ([], 0, b"{}")


async def test_what_others_drained_meanwhile_is_not_taken_out(worker: LedgerWorker, ledger: Ledger) -> None:
    mine, theirs = Planting(worker, MINE), Planting(worker, OTHERS)
    await mine.plant(EARLY)
    await mine.end()
    await theirs.plant(EARLY)
    await theirs.settle(b"{}")
    await theirs.end()
    ledger.store(page_of(uuids(range(100, 200)), ledger.lease(OTHERS), shard=ledger.shards()[1].id))
    assert await mine.plant(CHAIN) == 0
    assert (bounds(ledger), ledger.count()) == (list(EARLY.bounds), 105)


@pytest.mark.parametrize("later", [EARLY, CHAIN])
async def test_a_table_that_holds_rows_already_is_left_as_it_is(
    planting: Planting, ledger: Ledger, execute: Callable[..., object], later: Beginnings
) -> None:
    execute("INSERT INTO ingested_events VALUES (%s)", uuids([77])[0])
    assert await planting.plant(EARLY) == 0
    assert await planting.plant(later) == 0
    assert (bounds(ledger), ledger.count()) == ([], 1)


async def test_the_mode_may_change_after_a_discovery_that_was_cut_off(worker: LedgerWorker, postgres_url: str) -> None:
    await worker.do(lambda ledger: ledger.bind("http://h"))
    await Planting(worker, MINE).plant(EARLY)
    with Ledger.open(postgres_url, id_only=False) as other:
        other.bind("http://h")
        assert (bounds(other), other.count()) == ([], 0)


async def test_a_reader_that_does_not_end_holds_nothing_up(
    planting: Planting, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await planting.plant(EARLY)
    monkeypatch.setitem(QUERIES, "wait_little_for_locks", "SET LOCAL lock_timeout = '50ms'")
    with ledger.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM ingested_events")
        assert await planting.plant(CHAIN) == 5
    with ledger.transaction() as cursor:
        cursor.execute("LOCK TABLE ingestion_progress IN ACCESS EXCLUSIVE MODE")
        assert await planting.plant(EARLY) == 0
    assert ledger.count() == 5


async def test_rows_that_no_shard_claims_stay(
    worker: LedgerWorker, ledger: Ledger, execute: Callable[..., object]
) -> None:
    await Planting(worker, MINE).plant(CHAIN)
    execute("INSERT INTO ingested_events VALUES (%s)", uuids([77])[0])
    assert await Planting(worker, MINE).plant(EARLY) == 0
    assert ledger.count() == 6


async def test_another_crawler_leaves_alone_what_is_being_planted(worker: LedgerWorker, ledger: Ledger) -> None:
    mine, theirs = Planting(worker, MINE), Planting(worker, OTHERS)
    await mine.plant(EARLY)
    assert await theirs.plant(CHAIN) == 0
    assert await mine.plant(WHOLE) == 9
    await mine.end()
    assert ledger.leased_for(OTHERS) is None


async def test_nothing_is_added_to_what_another_crawler_has_taken(worker: LedgerWorker, ledger: Ledger) -> None:
    mine, theirs = Planting(worker, MINE), Planting(worker, OTHERS)
    await mine.plant(EARLY)
    await mine.end()
    assert await theirs.plant(EARLY) == 5
    assert await mine.plant(WHOLE) == 0
    assert ledger.count() == 5


async def test_whoever_drains_goes_on_at_once(planting: Planting, ledger: Ledger) -> None:
    await planting.plant(EARLY)
    await planting.end()
    generation = ledger.lease(OTHERS)
    ledger.store(page_of(uuids([100]), generation, shard=ledger.shards()[1].id))
    assert ledger.count() == 6
