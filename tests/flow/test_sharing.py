"""How lanes share the work: each takes what it asks for at the moment it may, and idle ones cut the largest shard."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.profile import Endpoint, Pool
from datasync_crawler.flow.standing_back import is_needless
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import FakeClock, play
from tests.flow.fake_service import NEWEST, Meter, Service, Way
from tests.flow.worlds import (
    BY_FEED,
    BY_HEADER,
    BY_QUERY,
    FEED,
    FREE,
    LIST,
    NEWEST_MICROS,
    THREE_LANES,
    profile,
    service,
)

ONE_A_MINUTE = Pool("list header", 1, 60.0, announced=True)


def test_a_lane_whose_budget_is_closed_keeps_no_work_from_others() -> None:
    asked = service(count=2_000, meters={"/list header": Meter(1, 60.0)})
    drained = play(drain(asked, profile(BY_HEADER, BY_QUERY, pools=(ONE_A_MINUTE,))))
    assert drained.whole
    assert drained.took < 60.0
    assert len(drained.asked_through("header")) == 1


LARGE_PAGES = profile(BY_HEADER, endpoints=(replace(LIST, cap=500),))
SLOW = {"/list": Way(latency=0.3)}


def test_a_shard_s_last_page_is_asked_for_with_what_should_be_left_of_it() -> None:
    drained = play(drain(Service(FakeClock(), count=30_000, cap=500, ways=SLOW), LARGE_PAGES))
    assert drained.whole
    short = [ask for ask in drained.asks if ask.limit < 500]
    assert 1 <= len(short) < len(drained.book.shards)
    assert len(drained.asks) <= 1.1 * 60


def test_where_more_was_left_whole_pages_follow() -> None:
    """Towards the older end of each of its stretches the set is fifty times as dense."""
    gaps = [1 if number % 3_000 > 1_500 else 50 for number in range(30_000)]
    times = accumulate(gaps[1:], lambda time, gap: time - gap, initial=NEWEST)
    events = [(time, f"{30_000 - at:08d}") for at, time in enumerate(times)]
    drained = play(drain(Service(FakeClock(), cap=500, events=events, ways=SLOW), LARGE_PAGES))
    assert drained.whole
    short = Counter(ask.shard for ask in drained.asks if ask.limit < 500)
    ended = {shard.id for shard in drained.book.shards.values() if shard.low is not None}
    assert set(short.values()) == {1}
    assert short.keys() <= ended
    after_short = [
        ask.limit
        for at, ask in enumerate(drained.asks)
        if any(earlier.shard == ask.shard and earlier.limit < 500 for earlier in drained.asks[:at])
    ]
    assert after_short
    assert set(after_short) == {500}


def test_a_slow_lane_never_hoards() -> None:
    ways = {"/list": Way(latency=0.3), "/feed": Way(latency=25.0, token=True)}
    asked = Service(FakeClock(), count=5_000, ways=ways)
    drained = play(drain(asked, profile(BY_HEADER, BY_FEED, endpoints=(LIST, FEED))))
    assert drained.whole
    assert len(drained.asked_through("feed")) < 0.15 * len(drained.asks)


def test_lanes_work_side_by_side() -> None:
    alone = play(drain(service(), FREE, most_in_flight=1)).took
    together = play(drain(service(), profile(BY_HEADER, BY_QUERY), most_in_flight=1)).took
    assert together < 0.6 * alone


def test_an_idle_lane_takes_about_half_of_what_is_left() -> None:
    drained = play(drain(service(count=6_000), profile(BY_HEADER, BY_QUERY), most_in_flight=1))
    oldest = drained.service.rows[-1][0] * 1_000
    first_cut = drained.book.shards[2].high
    assert first_cut is not None
    assert 0.4 < (first_cut - oldest) / (NEWEST_MICROS - oldest) < 0.6


@pytest.mark.parametrize(("density", "lanes"), [(0.0, 1), (1e-6, 3)])
def test_where_the_density_is_known_no_lane_waits_for_the_first_page(density: float, lanes: int) -> None:
    slow = {"/list": Way(latency=3.0), "/feed": Way(latency=3.0, token=True)}
    known = replace(THREE_LANES, totals=(("all", 3_000),), density=density)
    drained = play(drain(Service(FakeClock(), count=3_000, ways=slow), known))
    assert drained.whole
    pages = [(pool, at) for pool, at in drained.book.calls if pool != "feed token"]
    assert len({pool for pool, at in pages if at < pages[0][1] + 1.0}) == lanes


@pytest.mark.parametrize("density", [1e-14, 1e-9, 1e3])
def test_a_density_that_is_far_off_costs_time_and_nothing_else(density: float) -> None:
    known = replace(THREE_LANES, totals=(("all", 3_000),), density=density)
    drained = play(drain(service(count=3_000), known))
    assert drained.whole


def test_what_nothing_was_seen_of_is_not_believed_to_go_on_for_ever() -> None:
    """The newest rows lie 1.44 times as far apart as the others: by their density the set would go on far below."""
    gaps = [1_440 if number < 1_500 else 1_000 for number in range(30_000)]
    times = list(accumulate(gaps[1:], lambda time, gap: time - gap, initial=NEWEST))
    events = [(time, f"{30_000 - at:08d}") for at, time in enumerate(times)]
    large = (replace(LIST, cap=500), replace(FEED, cap=500))
    known = replace(profile(BY_HEADER, BY_QUERY, BY_FEED, endpoints=large), totals=(("all", 30_000),), density=7e-7)
    ways = {"/list": Way(latency=3.1), "/feed": Way(latency=3.5, token=True)}
    drained = play(drain(Service(FakeClock(), cap=500, events=events, ways=ways), known))
    assert drained.whole
    assert all(shard.rows for shard in drained.book.shards.values())


def test_a_lane_keeps_no_more_calls_in_flight_than_allowed() -> None:
    drained = play(drain(service(count=6_000), FREE, most_in_flight=3))
    assert drained.whole
    assert drained.most_flying == 3


def test_no_more_shards_are_walked_at_once_than_asked_for() -> None:
    drained = play(drain(service(count=6_000), THREE_LANES, most_at_once=2))
    assert drained.whole
    assert drained.most_flying == 2


def test_one_shard_at_a_time_is_never_cut() -> None:
    drained = play(drain(service(), FREE, most_at_once=1))
    assert drained.whole
    assert len(drained.book.shards) == 1


def test_a_small_set_is_not_cut_to_pieces() -> None:
    drained = play(drain(service(count=90), THREE_LANES))
    assert drained.whole
    assert len(drained.asks) <= 4


def test_an_empty_set_is_proven_empty() -> None:
    drained = play(drain(service(count=0), FREE))
    assert drained.run.failure is None
    assert drained.book.rows == set()
    assert [shard.checkpoint.proof for shard in drained.book.shards.values()] == ["second look"]
    assert len(drained.asks) == 2


def test_small_pages_are_needless_beside_large_ones_unless_these_bring_nothing_new() -> None:
    large = replace(FEED, cap=500)
    limits = (Pool("list header", 10, 60.0, announced=True), Pool("feed", 10, 60.0, announced=True))

    async def judged(feed: Endpoint, met_again: int) -> bool:
        known = replace(profile(BY_HEADER, BY_FEED, endpoints=(LIST, feed), pools=limits), totals=(("list", 900),))
        run = Drain(service(), known).run
        run.met_again = met_again
        return is_needless(run, run.lanes["header"])

    assert play(judged(large, 0))
    assert not play(judged(large, 1))
    assert not play(judged(replace(large, cursor=None), 0)), "a chain may come to where it leads no more"


@pytest.mark.parametrize(("met_again", "waits"), [(0, True), (5, False)])
def test_to_wait_for_a_window_is_no_progress_where_only_known_rows_come(met_again: int, waits: bool) -> None:
    async def drained() -> Drain:
        clock = FakeClock()
        asked = Service(clock, count=20, meters={"/list header": Meter(1, 600.0)})
        closed = Pool("list header", 1, 600.0, announced=True)
        run = Drain(
            asked,
            profile(BY_HEADER, pools=(closed,)),
            clock=clock,
            calls_before=[("list header", clock.stamp())],
            give_up_after=30.0,
        )
        run.run.met_again = met_again
        return await run.carry_out()

    ended = play(drained())
    assert (ended.run.failure is None) is waits
    assert (ended.took > 600.0) is waits
