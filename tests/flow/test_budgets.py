"""No call leaves without a budget: not in the first window, not after a restart, not where nothing is announced."""

from __future__ import annotations

from itertools import pairwise

from msgspec.structs import replace

from datasync_crawler.domain.profile import Pool
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import EPOCH, play
from tests.flow.fake_service import Meter, Service, Way
from tests.flow.worlds import BY_HEADER, BY_QUERY, FEED_ONLY, FREE, profile, service

TEN_A_MINUTE = profile(BY_HEADER, pools=(Pool("list header", 10, 60.0, announced=True),))
UNTOLD = profile(BY_HEADER)


def metered(calls: int, window: float, *, announced: bool = True, count: int = 1_500) -> Service:
    return service(count=count, meters={"/list header": Meter(calls, window, announced)})


def most_in_a_window(meter: Meter) -> int:
    return max(sum(at <= other < at + meter.window for other in meter.arrivals) for at in meter.arrivals)


def test_a_window_is_used_up_and_never_overdrawn() -> None:
    drained = play(drain(metered(10, 60.0), TEN_A_MINUTE))
    meter = drained.service.meters["/list header"]
    assert meter.refused == 0
    assert most_in_a_window(meter) == 10


def test_calls_to_leave_unused_stay_unused() -> None:
    drained = play(drain(metered(10, 60.0), TEN_A_MINUTE, reserve=3))
    assert most_in_a_window(drained.service.meters["/list header"]) == 7


def test_a_limit_that_discovery_did_not_see_is_learned_from_the_first_answer() -> None:
    drained = play(drain(metered(10, 60.0), UNTOLD))
    assert drained.service.meters["/list header"].refused == 0


def test_a_hidden_limit_costs_one_refusal() -> None:
    drained = play(drain(metered(6, 30.0, announced=False), UNTOLD))
    assert drained.service.meters["/list header"].refused == 1
    assert drained.run.lanes["header"].refused == 1
    assert drained.run.lessons["list header"].calls == 6


def test_a_hidden_limit_once_learned_costs_none() -> None:
    learned = {"list header": Pool("list header", 6, 30.0)}
    drained = play(drain(metered(6, 30.0, announced=False), UNTOLD, learned=learned))
    assert drained.service.meters["/list header"].refused == 0


async def killed_and_begun_again(asked: Service) -> Drain:
    """A drain that is stopped in the middle of its second window, and one that goes on with what the book kept."""
    first = Drain(asked, TEN_A_MINUTE)
    async for call in first.dispatch.calls():
        if len(first.asks) == 13:
            break
        first.pass_on(call)
    return await drain(asked, TEN_A_MINUTE, book=first.book)


def test_a_restart_remembers_the_calls_before_it() -> None:
    drained = play(killed_and_begun_again(metered(10, 60.0)))
    assert drained.service.meters["/list header"].refused == 0
    assert drained.whole


def test_a_learned_limit_is_tried_with_one_call_more_when_asked_and_taught_again_by_one_refusal() -> None:
    learned = {"list header": Pool("list header", 6, 30.0)}
    drained = play(drain(metered(6, 30.0, announced=False), UNTOLD, learned=learned, relearn=True))
    assert drained.whole
    assert drained.service.meters["/list header"].refused == 1
    assert drained.run.lessons["list header"].calls == 6


def test_a_limit_that_was_raised_meanwhile_is_learned_without_a_refusal() -> None:
    learned = {"list header": Pool("list header", 6, 30.0)}
    drained = play(drain(metered(7, 30.0, announced=False), UNTOLD, learned=learned, relearn=True))
    assert drained.service.meters["/list header"].refused == 0
    assert drained.run.lessons["list header"].calls == 7


def test_lanes_that_share_a_pool_share_its_budget() -> None:
    asked = service(count=1_500, meters={"/list": Meter(10, 60.0)})
    together = profile(BY_HEADER, replace(BY_QUERY, pool="list header"), pools=TEN_A_MINUTE.pools)
    drained = play(drain(asked, together))
    assert drained.whole
    assert asked.meters["/list"].refused == 0
    assert most_in_a_window(asked.meters["/list"]) == 10


def test_calls_for_a_token_keep_to_their_pool_too() -> None:
    asked = service(count=1_500, meters={"/token": Meter(1, 20.0, announced=False)})
    asked.token_life = 5.0
    asked.ways["/feed"] = Way(latency=1.0, token=True)
    drained = play(drain(asked, FEED_ONLY, learned={"feed token": Pool("feed token", 1, 20.0)}))
    assert drained.whole
    assert asked.meters["/token"].refused == 0
    assert asked.calls["/token"] > 1


def test_a_call_written_down_in_the_future_counts_as_now() -> None:
    ahead = [("list header", EPOCH + 3_600.0)] * 10
    drained = play(drain(metered(10, 60.0, count=100), TEN_A_MINUTE, calls_before=ahead))
    assert 60.0 <= drained.service.visits[0].at < 61.0


def test_calls_of_another_pool_do_not_count() -> None:
    elsewhere = [("list query", EPOCH)] * 10
    drained = play(drain(metered(10, 60.0, count=100), TEN_A_MINUTE, calls_before=elsewhere))
    assert drained.service.visits[0].at < 1.0


def test_every_call_is_written_down_before_it_leaves() -> None:
    drained = play(drain(service(count=500), FREE))
    written = [at - EPOCH for _, at in drained.book.calls]
    assert len(written) == drained.service.calls.total()
    arrivals = sorted(visit.at for visit in drained.service.visits)
    assert all(early < late for early, late in zip(sorted(written), arrivals, strict=True))


def test_a_pool_of_unknown_size_is_approached_one_call_at_a_time() -> None:
    drained = play(drain(service(count=1_000), FREE))
    arrivals = [visit.at for visit in drained.service.visits]
    echo = drained.run.gate.budgets["list header"].echo
    assert all(late - early > echo - 0.05 for early, late in pairwise(arrivals))


def test_calls_of_another_process_count_from_when_they_may_have_arrived() -> None:
    before = [("list header", EPOCH - 10.0)] * 10
    drained = play(drain(metered(10, 60.0, count=100), TEN_A_MINUTE, calls_before=before))
    assert 51.2 <= drained.service.visits[0].at < 52.0
