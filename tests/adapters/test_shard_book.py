from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.ledger import Fenced, Ledger
from datasync_crawler.domain.ending import Belief
from datasync_crawler.domain.shard import Checkpoint
from tests.adapters.pages import page_of, uuids

if TYPE_CHECKING:
    from datasync_crawler.domain.shard import Shard


def bounds(shards: list[Shard]) -> list[tuple[int | None, int | None]]:
    return [(shard.low, shard.high) for shard in shards]


def test_shards_are_planted_once(ledger: Ledger) -> None:
    first = ledger.plant([(None, 10), (10, None)])
    assert bounds(first) == [(None, 10), (10, None)]
    assert ledger.plant([(None, None)]) == ledger.shards() == first


def test_a_lease_takes_open_shards_only(ledger: Ledger) -> None:
    ledger.plant([(None, 10), (10, None)])
    old = ledger.lease()
    ledger.finish(1, old, "passed its low end")
    new = ledger.lease()
    assert new > old
    with pytest.raises(Fenced):
        ledger.finish(2, old, "too late")
    with pytest.raises(Fenced):
        ledger.finish(1, new, "not ours")
    ledger.finish(2, new, "in time")
    assert [shard.checkpoint.proof for shard in ledger.shards()] == ["passed its low end", "in time"]


def test_a_lease_of_nothing_still_fences(ledger: Ledger) -> None:
    assert ledger.lease() < ledger.lease()


def test_planted_shards_must_be_leased_first(ledger: Ledger) -> None:
    ledger.plant([(None, None)])
    with pytest.raises(Fenced):
        ledger.store(page_of(uuids([1]), ledger.lease() - 1))


def test_no_shard_is_finished_without_a_proof(ledger: Ledger) -> None:
    ledger.plant([(None, None)])
    with pytest.raises(ValueError, match="proof"):
        ledger.finish(1, ledger.lease(), "")


def test_a_split_leaves_the_upper_part_and_its_checkpoint(ledger: Ledger) -> None:
    ledger.plant([(0, 100)])
    generation = ledger.lease()
    ledger.store(page_of(uuids([1]), generation, position=60))
    upper, lower = ledger.split(1, generation, 30)
    assert (upper.id, upper.low, upper.high, upper.checkpoint.position, upper.rows) == (1, 30, 100, 60, 1)
    assert (lower.low, lower.high, lower.checkpoint, lower.rows) == (0, 30, Checkpoint(), 0)
    assert ledger.shards() == [upper, lower]
    ledger.store(page_of(uuids([2]), generation, shard=lower.id))


@pytest.mark.parametrize("at", [-1, 0, 60, 61, 100, 101])
def test_a_split_outside_of_what_is_left_is_refused(ledger: Ledger, at: int) -> None:
    ledger.plant([(0, 100)])
    generation = ledger.lease()
    ledger.store(page_of(uuids([1]), generation, position=60))
    with pytest.raises(ValueError, match="not inside"):
        ledger.split(1, generation, at)
    assert bounds(ledger.shards()) == [(0, 100)]


def test_a_position_beyond_the_upper_bound_is_no_room_for_a_cut(ledger: Ledger) -> None:
    ledger.plant([(0, 100)])
    generation = ledger.lease()
    ledger.store(page_of(uuids([1]), generation, position=160))
    with pytest.raises(ValueError, match="not inside"):
        ledger.split(1, generation, 130)
    assert bounds(ledger.split(1, generation, 60)[:1]) == [(60, 100)]


def test_open_ends_can_be_split_anywhere(ledger: Ledger) -> None:
    ledger.plant([(None, None)])
    upper, lower = ledger.split(1, ledger.lease(), -5)
    assert bounds([upper, lower]) == [(-5, None), (None, -5)]


def test_a_finished_shard_is_not_split(ledger: Ledger) -> None:
    ledger.plant([(0, 100)])
    generation = ledger.lease()
    ledger.finish(1, generation, "empty")
    with pytest.raises(ValueError, match="not inside"):
        ledger.split(1, generation, 50)


def test_a_stale_generation_splits_nothing(ledger: Ledger) -> None:
    ledger.plant([(0, 100)])
    old = ledger.lease()
    ledger.lease()
    with pytest.raises(Fenced):
        ledger.split(1, old, 50)
    assert bounds(ledger.shards()) == [(0, 100)]


def test_only_ends_behind_which_nothing_came_are_opened_again(ledger: Ledger) -> None:
    ledger.plant([(500, None), (300, 500), (100, 300), (None, 100)])
    generation = ledger.lease()
    for shard, proof in enumerate(("passed", "second look", Belief.COUNTED.value, "everything at once"), start=1):
        ledger.finish(shard, generation, proof)
    ledger.reopen()
    assert [shard.checkpoint.proof for shard in ledger.shards()] == ["passed", None, None, None]
