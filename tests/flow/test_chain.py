"""Where nothing can be entered in the middle one chain of the server's own cursors is walked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.errors import NotComplete
from datasync_crawler.domain.profile import Profile
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.tokens import TokenAsk
from tests.flow import fake_service
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import EPOCH, FakeClock, play
from tests.flow.fake_service import CURSOR_LIFE, Fault, Meter, Visit, Way, document, failure
from tests.flow.worlds import (
    BY_FEED,
    BY_HEADER,
    BY_QUERY,
    CHAIN,
    FEED,
    FEED_ONLY,
    FREE,
    GRANT,
    ONE_CHAIN,
    profile,
    service,
)

OPAQUE = Way(latency=0.3, chain=True)


def test_a_chain_is_walked_one_page_at_a_time() -> None:
    drained = play(drain(service(way=OPAQUE), profile(BY_HEADER, BY_QUERY, endpoints=(CHAIN,))))
    assert drained.whole
    assert drained.most_flying == 1
    assert len(drained.asks) <= 62


def test_all_lanes_carry_the_chain_on() -> None:
    drained = play(drain(service(way=OPAQUE), profile(BY_HEADER, BY_QUERY, endpoints=(CHAIN,))))
    assert {ask.lane for ask in drained.asks} == {"header", "query"}


def test_a_chain_whose_cursor_died_in_a_pause_begins_again() -> None:
    def fault(visit: Visit) -> Answer | None:
        return failure(503) if 2.0 < visit.at < 2.0 + 2 * CURSOR_LIFE else None

    drained = play(drain(service(way=OPAQUE, fault=fault), ONE_CHAIN))
    assert drained.whole
    assert drained.service.statuses["/list", 400] == 0


def test_a_chain_whose_cursor_is_refused_begins_again() -> None:
    def fault(visit: Visit) -> Answer | None:
        if visit.number == 30:
            gone.add(visit.query["after"])
        return failure(400) if visit.query.get("after") in gone else None

    gone: set[str] = set()
    drained = play(drain(service(way=OPAQUE, fault=fault), ONE_CHAIN))
    assert drained.whole
    assert drained.service.statuses["/list", 400] == 1
    assert len(drained.asks) < 60 + 30 + 5
    assert drained.run.shards[1].walked == 3_000 - 50, "all but the last page, which has no cursor"


def bridged(
    calls: int,
    window: float = 300.0,
    *,
    count: int = 3_000,
    found: Profile = ONE_CHAIN,
    fault: Fault = lambda _: None,
) -> Drain:
    """A drain along one chain, of so many calls in a window, whose cursors live for two minutes."""
    asked = service(way=OPAQUE, meters={"/list": Meter(calls, window)}, count=count, fault=fault)
    return play(drain(asked, found, give_up_after=3_000))


def test_calls_are_kept_back_for_a_pause_that_a_cursor_would_not_outlive() -> None:
    drained = bridged(10)
    assert drained.whole
    assert len(drained.asks) == 60
    assert [round(at - EPOCH, -1) for _, at in drained.book.calls[:10]] == [0] * 8 + [70, 190]


def test_no_call_is_kept_back_where_those_left_are_enough_for_the_pages_left() -> None:
    assert bridged(20, 600.0, count=850).took < 10
    assert bridged(100).took < 60


def test_a_call_that_fails_does_not_end_a_chain_that_is_kept_alive() -> None:
    drained = bridged(5, fault=lambda visit: failure(503) if visit.number % 20 == 0 else None)
    assert drained.whole
    assert len(drained.asks) < 60 + 30, "after the first one a call is spared"


def test_a_call_is_spared_for_a_token_of_the_same_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_service, "CURSOR_LIFE", 50.0)
    meter = Meter(10, 300.0)
    asked = service(
        others={"/feed": Way(latency=0.3, token=True, chain=True)},
        meters={"/feed": meter, "/token": meter},
        count=1_500,
    )
    feed = replace(FEED, cursor=None, grant=replace(GRANT, pool="feed"))
    assert play(drain(asked, profile(BY_FEED, endpoints=(feed,)), give_up_after=3_000)).whole


def test_no_call_is_kept_back_where_another_pool_carries_the_chain_over_the_pause() -> None:
    found = profile(BY_HEADER, BY_QUERY, endpoints=(CHAIN,))
    meters = {"/list header": Meter(10, 300.0), "/list query": Meter(5, 60.0)}
    drained = play(drain(service(way=OPAQUE, meters=meters, count=700), found))
    assert drained.whole
    assert drained.took < 20


def test_no_call_is_kept_back_where_rows_can_be_entered_anywhere() -> None:
    drained = bridged(10, found=FREE)
    assert drained.whole
    assert max(at for _, at in drained.book.calls[:10]) < EPOCH + 10


UNTOLD = profile(BY_HEADER, endpoints=(replace(CHAIN, shape=replace(CHAIN.shape, cursor_life=None)),))


def test_how_long_cursors_live_is_learned_where_it_is_not_told() -> None:
    drained = bridged(10, found=UNTOLD)
    assert drained.whole
    assert drained.service.statuses["/list", 400] <= 3
    assert len(drained.asks) < 60 + 3 * 10


def test_a_call_that_is_refused_for_another_reason_teaches_nothing_of_cursors() -> None:
    drained = bridged(10, found=UNTOLD, fault=lambda visit: failure(400) if visit.number == 5 else None)
    assert drained.whole


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_lane_that_does_not_work_carries_no_chain_over_a_pause(status: int) -> None:
    found = profile(BY_HEADER, BY_QUERY, endpoints=(CHAIN,))
    drained = bridged(10, found=found, fault=lambda visit: failure(status) if "k" in visit.query else None)
    assert drained.whole


def test_a_run_that_was_resumed_learns_how_long_cursors_live_from_its_own_calls() -> None:
    async def scene() -> Drain:
        asked, clock = service(way=OPAQUE, meters={"/list": Meter(10, 300.0)}), FakeClock()
        first = Drain(asked, UNTOLD, clock=clock)
        async for call in first.dispatch.calls():
            first.pass_on(call)
            if len(first.asks) == 3:
                await clock.sleep(1.0)
                first.run.stop()
        return await drain(asked, UNTOLD, clock=clock, book=first.book, give_up_after=3_000)

    drained = play(scene())
    assert drained.whole
    assert drained.run.lifetimes["list"].taken < 300


@pytest.mark.parametrize("empty_page", [False, True])
def test_the_end_of_bare_ids_is_believed_though_the_chain_begins_again_between_two_looks(*, empty_page: bool) -> None:
    bare = replace(CHAIN, shape=replace(CHAIN.shape, time=None, type=None, total=None))
    asked = service(
        way=OPAQUE,
        meters={"/list": Meter(3, 300.0)},
        count=500,
        fault=lambda visit: asked.page(visit, more=True) if empty_page else None,
    )
    drained = play(drain(asked, profile(BY_HEADER, endpoints=(bare,)), give_up_after=3_000))
    assert drained.whole
    assert len(drained.asks) <= 4 * 11


def led_back(visits: range) -> Drain:
    """A drain in which so many visits are given the newest page, wherever their cursor stands."""

    def fault(visit: Visit) -> Answer | None:
        begin = Visit(visit.path, visit.number, {"size": "50"}, visit.headers, visit.at)
        return asked.page(begin) if visit.number in visits else None

    asked = service(way=OPAQUE, fault=fault)
    return play(drain(asked, ONE_CHAIN, give_up_after=300))


def test_a_page_from_elsewhere_is_asked_for_again() -> None:
    assert led_back(range(10, 61, 10)).whole


def test_a_chain_that_leads_back_is_given_up_at_the_second_look() -> None:
    drained = led_back(range(10, 1_000))
    assert isinstance(drained.run.failure, NotComplete)
    assert len(drained.asks) <= 12


async def answered_late() -> tuple[Drain, object, object]:
    drained = await drain(service(count=500), FREE)
    rows, asks = len(drained.book.rows), drained.asks[3]
    page = drained.reception.answered(asks, document({"rows": [{"no": "x", "at": 1}], "more": False}))
    old = Ask(1, 0, "header", "http://service.test/list", 50, None)
    drained.reception.failed(old, "reset")
    drained.reception.heard(old, Answer(200, {"RateLimit-Limit": "1"}, b""))
    assert len(drained.book.rows) == rows
    return drained, page, drained.reception.answered(old, failure(429))


def test_a_call_of_an_earlier_run_changes_nothing() -> None:
    drained, page, other = play(answered_late())
    assert page is None
    assert other is None
    assert drained.run.lanes["header"].refused == 0
    assert drained.run.lanes["header"].in_flight == 0
    assert (limit := drained.run.gate.budgets["list header"].limit) is None, limit


async def token_of_an_earlier_run() -> str | None:
    drained = await drain(service(count=100), FEED_ONLY)
    answer = document({"pass": "stale", "for": "/stale", "lives": 300})
    return drained.reception.granted(TokenAsk("feed", 0, 0), answer)


def test_a_token_of_an_earlier_run_is_dropped() -> None:
    assert play(token_of_an_earlier_run()) is None


def test_a_page_too_big_for_its_endpoint_is_never_asked_for() -> None:
    small = profile(BY_HEADER, endpoints=(replace(CHAIN, cap=4),))
    drained = play(drain(service(count=50), small))
    assert {ask.limit for ask in drained.asks} == {4}
