"""Pages that lie beside the shards: their rows are stored and counted, and no checkpoint moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.ledger import Fenced, Stored
from datasync_crawler.domain.page import Page, StoredPage
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from datasync_crawler.adapters.ledger import Ledger


@pytest.fixture
def generation(ledger: Ledger) -> int:
    ledger.plant([(None, None)])
    return ledger.lease()


def beside(numbers: range, generation: int) -> StoredPage:
    return StoredPage(1, generation, "export", Page(uuids(numbers), [None] * len(numbers)), None)


def test_rows_are_counted_and_the_checkpoint_stays(ledger: Ledger, generation: int) -> None:
    ledger.store(page_of(uuids(range(5)), generation, position=7))
    assert ledger.store(beside(range(3, 9), generation)) == Stored(inserted=4, met=2)
    (shard,) = ledger.shards()
    assert (shard.checkpoint.position, shard.lane, shard.rows, shard.met) == (7, "feed", 9, 2)


def test_a_proof_that_follows_makes_the_set_whole(ledger: Ledger, generation: int) -> None:
    ledger.store(beside(range(9), generation))
    ledger.finish(1, generation, "everything at once")
    assert ledger.standing().proven


def test_a_stale_holder_stores_nothing(ledger: Ledger, generation: int) -> None:
    ledger.lease()
    with pytest.raises(Fenced):
        ledger.store(beside(range(9), generation))
    assert ledger.count() == 0
