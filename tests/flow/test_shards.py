"""What a shard remembers while it is walked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datasync_crawler.domain.planner import Outlook
from datasync_crawler.domain.profile import Endpoint, RowShape
from datasync_crawler.domain.shard import Checkpoint, Shard
from datasync_crawler.flow.liveshard import LiveShard
from datasync_crawler.flow.shards import LiveShards

LIST = Endpoint("list", "http://h/list", RowShape(("rows",), "id"), 10, until_param="until", until_inclusive=False)


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


def test_a_page_that_was_under_way_when_its_shard_was_proven_takes_nothing_of_the_proof() -> None:
    live = failing()
    live.prove("everything at once")
    live.advance(Checkpoint(5, "5"), 10, "header")
    assert live.shard.done
    assert live.shard.checkpoint == Checkpoint(5, "5", proof="everything at once")


def test_the_same_end_told_again_is_another_look_and_a_new_end_the_first() -> None:
    live = failing()
    ends = [((5, "5"), 0.0), ((5, "5"), 3.0), ((4, "4"), 4.0), ((4, "4"), 6.0)]
    assert [live.doubt(end, now) for end, now in ends] == [(1, 0.0), (2, 3.0), (1, 0.0), (2, 2.0)]
    live.trust(Checkpoint(6, "6"), Checkpoint(4, "4"), chained=True)
    assert live.looks == 2, "a chain that began again passes by what it had before"
    live.trust(Checkpoint(4, "4"), Checkpoint(3, "3"), chained=True)
    assert live.looks == 0


def test_rows_without_a_place_lie_behind_an_end_when_they_come_right_after_its_row() -> None:
    live = failing()
    live.doubt((None, "4"), 0.0)
    for before, after, chained in (("4", "9", False), ("9", "6", True), ("6", "4", True)):
        live.trust(Checkpoint(None, before), Checkpoint(None, after), chained=chained)
        assert live.looks == 1, "a chain that began again passes by what it had before"
    live.trust(Checkpoint(None, "4"), Checkpoint(None, "3"), chained=True)
    assert live.looks == 0


def test_a_cut_leaves_what_is_under_way_to_the_upper_part() -> None:
    shards = LiveShards([Shard(1, None, None, Checkpoint(90, "9"))])
    shards[1].flying = True
    shards.take_over(Shard(1, 40, None), Shard(2, None, 40))
    assert (shards[1].flying, shards[1].shard.low, shards[1].shard.checkpoint.position) == (True, 40, 90)
    assert (shards[2].flying, shards[2].shard.high, len(shards)) == (False, 40, 2)
    assert not shards.done


def behind(*shards: Shard) -> LiveShards:
    shards_ = LiveShards(shards, homes={"list": "list", "feed": "feed"}, fixed={"feed"})
    for live in shards_:
        live.shard = replace(live.shard, lane="feed" if live.shard.id == 1 else "list")
    return shards_


def test_an_empty_shard_is_witnessed_by_two_answers_that_nothing_is_there() -> None:
    shards = behind(Shard(1, 50, None, Checkpoint(60, "6"), rows=9), Shard(2, 20, 50), Shard(3, None, 20))
    assert shards.witnessed() == []
    shards[1].looks = 1
    assert shards.witnessed() == []
    shards[2].looks = 1
    assert [live.shard.id for live in shards.witnessed()] == [2, 3]


def test_rows_below_an_end_end_its_witness() -> None:
    shards = behind(Shard(1, 50, None), Shard(2, 20, 50, rows=1), Shard(3, None, 20))
    shards[1].looks = shards[3].looks = 1
    assert shards.witnessed() == []


def test_a_void_shard_waits_until_all_else_is_at_its_end() -> None:
    shards = behind(Shard(1, 50, None), Shard(2, None, 50))
    shards[2].void = True
    assert free(shards) == 1
    shards[1].void = True
    shards[1].shard = replace(shards[1].shard, rows=1)
    assert free(shards) is not None


def test_a_void_shard_does_not_wait_for_one_whose_end_was_told() -> None:
    shards = behind(Shard(1, 50, None), Shard(2, None, 50, Checkpoint(40, "1"), rows=10))
    shards[1].void, shards[1].looks = True, 1
    shards[2].looks, shards[2].not_before = 3, 99.0
    assert free(shards) == 1


def test_where_all_rows_are_in_an_end_that_was_given_up_is_asked_about_once_more() -> None:
    shards = behind(Shard(1, None, None, Checkpoint(40, "1"), rows=10))
    shards[1].looks, shards[1].in_vain = 4, True
    assert free(shards) is None
    shards.look_again()
    assert free(shards) == 1


def two(*, left: int, looks: int = 1) -> LiveShards:
    """An upper shard that has ``left`` of its 50 rows left, and a lower one whose end was told behind 50."""
    shards = behind(
        Shard(1, 50, None, Checkpoint(50 + left, "9"), rows=50 - left), Shard(2, None, 50, Checkpoint(0, "1"), rows=50)
    )
    shards[1].flying, shards[2].looks = True, looks
    return shards


def test_an_end_is_not_asked_about_while_the_others_hold_what_is_missing() -> None:
    assert free(two(left=20), total=100) is None
    assert free(two(left=20), total=105) is None
    assert free(two(left=20), total=120) == 2


@pytest.mark.parametrize(("void", "asked"), [(True, None), (False, 2)])
def test_an_end_above_a_part_without_rows_is_not_asked_about_again_either(void: bool, asked: int | None) -> None:
    shards = behind(
        Shard(1, 50, None, Checkpoint(70, "9"), rows=30),
        Shard(2, -900, 50, Checkpoint(0, "1"), rows=50),
        Shard(3, None, -900),
    )
    shards[1].flying, shards[2].looks = True, 1
    shards[3].void, shards[3].flying = void, not void
    assert free(shards, total=100) == asked


def test_what_a_shard_has_left_that_was_told_an_end_above_rows_is_still_to_come() -> None:
    shards = behind(
        Shard(1, 80, None, Checkpoint(100, "9"), rows=30),
        Shard(2, 50, 80, Checkpoint(70, "8"), rows=10),
        Shard(3, None, 50, Checkpoint(0, "1"), rows=50),
    )
    shards[1].flying, shards[2].flying, shards[2].looks, shards[3].looks = True, True, 1, 1
    assert free(shards, total=130) is None
    assert free(shards, total=180) == 3
    shards[1].flying, shards[2].looks = False, 2
    shards[1].shard = replace(shards[1].shard, checkpoint=Checkpoint(80, "9", proof="passed"))
    assert free(shards, total=90) == 3


@pytest.mark.parametrize("looks", [1, 2])
def test_where_more_is_stored_than_told_of_an_end_waits_for_no_count(looks: int) -> None:
    shards = two(left=0, looks=looks)
    assert free(shards, total=90, counting=True) is None
    assert free(shards, total=90, counting=True, surplus=True) == 2


def test_an_end_that_was_told_twice_may_be_proven_by_the_count_as_well() -> None:
    shards = two(left=0, looks=2)
    shards[1].shard = replace(shards[1].shard, checkpoint=Checkpoint(50, "9", proof="passed"))
    shards[1].flying = False
    assert free(shards, total=100, counting=True) is None
    assert free(shards, total=100) == 2


def test_an_end_that_was_told_twice_and_not_believed_is_asked_about_again() -> None:
    assert free(two(left=20, looks=2), total=100) == 2


def test_where_all_is_in_the_end_is_asked_about_unless_a_count_may_prove_it() -> None:
    shards = two(left=0)
    shards[1].shard = replace(shards[1].shard, checkpoint=Checkpoint(50, "9", proof="passed"))
    shards[1].flying = False
    assert free(shards, total=100) == 2
    assert free(shards, total=100, counting=True) is None


def free(shards: LiveShards, *, total: int | None = None, **known: bool) -> int | None:
    outlook = Outlook.over(shards.values, total=total, newest=100, page_rows=10, unit=1, **known)
    found = shards.next_free(LIST, outlook, 0.0)
    return None if found is None else found.shard.id


def test_a_chain_is_left_to_the_endpoint_that_can_only_walk_while_there_is_other_work() -> None:
    chain = Checkpoint(90, "9", cursor="c")
    assert free(behind(Shard(1, 50, None, chain), Shard(2, None, 50))) == 2
    assert free(behind(Shard(1, None, None, chain))) == 1
