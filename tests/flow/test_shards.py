"""What a shard remembers while it is walked."""

from __future__ import annotations

from datasync_crawler.domain.shard import Checkpoint, Shard
from datasync_crawler.flow.shards import LiveShard, LiveShards


def failing(*lanes: str) -> LiveShard:
    return LiveShard(Shard(1, None, None), attempt=4, failed_through=set(lanes))


def test_a_lane_that_has_not_failed_at_a_page_asks_for_it_whole() -> None:
    assert failing("feed").tries("header") == 0
    assert failing("feed").tries("feed") == 4
    assert failing("feed", "header").tries("header") == 4


def test_a_page_that_came_clears_what_failed_before_it() -> None:
    live = failing("feed")
    live.advance(Checkpoint(5, "5"), 10, "header")
    assert (live.attempt, live.tries("feed")) == (0, 0)
    assert (live.shard.rows, live.shard.pages, live.shard.lane) == (10, 1, "header")


def test_the_same_end_told_again_is_another_look_and_a_new_end_the_first() -> None:
    live = failing()
    ends = [((5, "5"), 0.0), ((5, "5"), 3.0), ((4, "4"), 4.0), ((4, "4"), 6.0)]
    assert [live.doubt(end, now) for end, now in ends] == [(1, 0.0), (2, 3.0), (1, 0.0), (2, 2.0)]
    live.trust()
    assert live.looks == 0


def test_a_cut_leaves_what_is_under_way_to_the_upper_part() -> None:
    shards = LiveShards([Shard(1, None, None, Checkpoint(90, "9"))])
    shards[1].flying = True
    shards.take_over(Shard(1, 40, None), Shard(2, None, 40))
    assert (shards[1].flying, shards[1].shard.low, shards[1].shard.checkpoint.position) == (True, 40, 90)
    assert (shards[2].flying, shards[2].shard.high, len(shards)) == (False, 40, 2)
    assert not shards.done
