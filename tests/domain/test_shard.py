from __future__ import annotations

import dataclasses

import pytest

from datasync_crawler.domain.shard import Checkpoint, Shard, ShardState


def test_a_shard_is_done_exactly_when_its_end_is_proven() -> None:
    open_ = Checkpoint(5, "x", "c", 9.0)
    proven = open_.proven("passed")
    assert (open_.state, proven.state) == (ShardState.OPEN, ShardState.DONE)
    assert (Shard(1, 0, 9, open_).done, Shard(1, 0, 9, proven).done) == (False, True)


def test_a_proof_does_not_move_the_checkpoint() -> None:
    before = Checkpoint(5, "x", "c", 9.0)
    assert dataclasses.replace(before.proven("second look"), proof=None) == before


@pytest.mark.parametrize(
    ("high", "position", "top"), [(None, None, None), (9, None, 9), (None, 5, 5), (9, 5, 5), (9, 0, 0)]
)
def test_what_is_left_ends_at_the_position_or_at_the_upper_bound(
    high: int | None, position: int | None, top: int | None
) -> None:
    assert Shard(1, None, high, Checkpoint(position)).top == top


def test_a_checkpoint_never_changes_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Checkpoint(5).position = 4  # type: ignore[misc]
