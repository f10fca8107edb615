"""Commits of which nobody heard, and commits that a crash took back: nothing is lost and nothing counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from datasync_crawler.adapters.ledger import Fenced, Ledger, LedgerAway, Stored
from datasync_crawler.domain.errors import LedgerError
from datasync_crawler.domain.page import RejectedRow
from tests.adapters.cutting import break_at_commit
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datasync_crawler.domain.page import StoredPage

    Execute = Callable[..., list[tuple[Any, ...]]]

HAPPENED = pytest.mark.parametrize("happened", [True, False], ids=["it happened", "it did not"])


@pytest.fixture
def generation(ledger: Ledger) -> int:
    """The holder of two shards."""
    ledger.plant([(None, 10), (10, None)])
    return ledger.lease()


def store_in_the_end(ledger: Ledger, pages: Sequence[StoredPage]) -> list[Stored]:
    with pytest.raises(LedgerAway):
        ledger.store_all(pages)
    ledger.reconnect()
    return ledger.store_all(pages)


def counted(ledger: Ledger) -> list[tuple[int, int, int]]:
    return [(shard.pages, shard.rows, shard.met) for shard in ledger.shards()]


@HAPPENED
def test_a_connection_cut_while_it_commits_neither_loses_nor_doubles_a_page(
    ledger: Ledger, generation: int, *, happened: bool
) -> None:
    ledger.store(page_of(uuids([1, 2]), generation, position=40))
    break_at_commit(ledger, happened=happened)
    assert store_in_the_end(ledger, [page_of(uuids([3, 4, 4]), generation, position=30)]) == [Stored(2, 1)]
    assert counted(ledger) == [(2, 4, 1), (0, 0, 0)]
    assert ledger.shards()[0].checkpoint.position == 30
    assert list(ledger.ids()) == uuids([1, 2, 3, 4])


@HAPPENED
def test_the_first_page_of_all_may_be_the_one_in_doubt(ledger: Ledger, generation: int, *, happened: bool) -> None:
    break_at_commit(ledger, happened=happened)
    assert store_in_the_end(ledger, [page_of(uuids([1]), generation)]) == [Stored(1, 0)]
    assert counted(ledger) == [(1, 1, 0), (0, 0, 0)]


@HAPPENED
@pytest.mark.parametrize("after", [0, 1, 2])
def test_of_pages_that_are_stored_one_by_one_only_the_rest_is_stored_again(
    ledger: Ledger, generation: int, *, after: int, happened: bool
) -> None:
    ledger.store(page_of(uuids([1]), generation))
    pages = [page_of(uuids(ids), generation, shard=shard) for shard, ids in [(1, [1, 2]), (2, [3]), (1, [3, 4])]]
    break_at_commit(ledger, happened=happened, after=after)
    outcomes = store_in_the_end(ledger, pages)
    assert (sum(it.inserted for it in outcomes), sum(it.met for it in outcomes)) == (3, 2)
    assert counted(ledger) == [(3, 3, 2), (1, 1, 0)]
    assert list(ledger.ids()) == uuids([1, 2, 3, 4])


@HAPPENED
def test_a_page_of_rejected_rows_is_kept_once(
    ledger: Ledger, generation: int, execute: Execute, *, happened: bool
) -> None:
    break_at_commit(ledger, happened=happened)
    store_in_the_end(ledger, [page_of(uuids([1]), generation, rejected=[RejectedRow("no id", b"{}")])])
    assert execute("SELECT reason FROM rejected_rows") == [("no id",)]


def test_the_next_batch_begins_anew_after_one_that_failed_for_good(ledger: Ledger, generation: int) -> None:
    with pytest.raises(Fenced):
        ledger.store_all([page_of(uuids([1]), generation), page_of(uuids([2]), generation - 1)])
    assert ledger.store(page_of(uuids([1]), generation)) == Stored(1, 0)
    assert ledger.store(page_of(uuids([1]), generation)) == Stored(0, 1)


@HAPPENED
def test_a_cut_of_a_shard_is_made_once(ledger: Ledger, generation: int, *, happened: bool) -> None:
    break_at_commit(ledger, happened=happened)
    with pytest.raises(LedgerAway):
        ledger.split(2, generation, 50)
    ledger.reconnect()
    upper, lower = ledger.split(2, generation, 50)
    assert [(it.low, it.high) for it in (upper, lower)] == [(50, None), (10, 50)]
    assert len(ledger.shards()) == 3


@pytest.fixture
def loading(ledger: Ledger, generation: int) -> int:
    """The same holder, of a table whose key is left out: commits do not wait for the disk."""
    ledger.drop_key()
    ledger.store(page_of(uuids([0]), generation, shard=2))
    ledger.store(page_of(uuids([1]), generation, position=9))
    ledger.store_all([page_of(uuids([2]), generation, position=8), page_of(uuids([3, 3]), generation, position=7)])
    return generation


def take_back(execute: Execute, *, pages: int, ids: Sequence[str]) -> None:
    """As a crash of the server does with commits that were not on its disk."""
    execute("DELETE FROM ingested_events WHERE id = ANY(%s::uuid[])", list(ids))
    execute("UPDATE ingestion_progress SET pages = %s, rows = %s, met = 0, position = 9 WHERE shard = 1", pages, pages)


@HAPPENED
def test_what_a_crash_took_back_is_stored_again(
    ledger: Ledger, loading: int, execute: Execute, *, happened: bool
) -> None:
    break_at_commit(ledger, happened=False)
    with pytest.raises(LedgerAway):
        ledger.store(page_of(uuids([4]), loading, position=6))
    if not happened:
        take_back(execute, pages=1, ids=uuids([2, 3]))
    ledger.reconnect()
    assert ledger.store(page_of(uuids([4]), loading, position=6)) == Stored(1, 0)
    assert counted(ledger) == [(4, 4, 1), (1, 1, 0)]
    assert ledger.shards()[0].checkpoint.position == 6
    assert (ledger.count(), ledger.build_key()) == (5, 0)


def test_what_was_in_doubt_and_had_happened_may_still_be_taken_back(
    ledger: Ledger, loading: int, execute: Execute
) -> None:
    break_at_commit(ledger, happened=True)
    store_in_the_end(ledger, [page_of(uuids([4]), loading, position=6)])
    take_back(execute, pages=3, ids=uuids([4]))
    ledger.reconnect()
    assert (ledger.count(), counted(ledger)[0]) == (5, (4, 4, 0))


def test_a_connection_lost_while_it_is_stored_again_is_no_harm(ledger: Ledger, loading: int, execute: Execute) -> None:
    take_back(execute, pages=1, ids=uuids([2, 3]))
    ledger._store_warily(ledger._unsettled.lost(ledger._counts())[0])
    ledger.reconnect()
    assert counted(ledger) == [(3, 3, 1), (1, 1, 0)]
    assert ledger.store(page_of(uuids([4]), loading)) == Stored(1, 0)


def test_commits_that_are_gone_and_not_known_any_more_end_the_run(
    ledger: Ledger, loading: int, execute: Execute
) -> None:
    ledger.build_key()
    ledger.store(page_of(uuids([4]), loading))
    ledger.store(page_of(uuids([5]), loading))
    take_back(execute, pages=1, ids=uuids([2, 3, 4, 5]))
    with pytest.raises(LedgerError, match="took back 4 pages of shard 1") as told:
        ledger.reconnect()
    assert not isinstance(told.value, LedgerAway)


def test_now_and_then_a_commit_waits_for_the_disk(ledger: Ledger, loading: int) -> None:
    ledger._unsettled._most = 6
    ledger.store(page_of(uuids([4, 5]), loading))
    assert ledger._unsettled.full
    ledger.store(page_of(uuids([6]), loading))
    assert not ledger._unsettled.full
    assert ledger._unsettled.lost(dict.fromkeys(ledger._counts(), next(iter(ledger._counts().values())))) == []


def test_shards_that_others_hold_by_now_are_left_to_them(ledger: Ledger, loading: int, execute: Execute) -> None:
    take_back(execute, pages=1, ids=uuids([2, 3]))
    ledger.lease()
    ledger.reconnect()
    assert counted(ledger)[0] == (1, 1, 0)
    with pytest.raises(Fenced):
        ledger.store(page_of(uuids([4]), loading))
