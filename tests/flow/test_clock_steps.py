"""The wall clock is put forward or back while a run goes on, or between two of them: no row and no budget is lost."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.profile import Pool
from tests.flow.drain import Drain, drain
from tests.flow.fake_clock import FakeClock, play
from tests.flow.fake_service import Meter, Service
from tests.flow.worlds import BY_HEADER, BY_QUERY, FEED_ONLY, profile, service

HOUR = 3_600.0
POOLS = (Pool("list header", 10, 60.0, announced=True), Pool("list query", 5, 60.0, announced=True))
LIMITED = profile(BY_HEADER, BY_QUERY, pools=POOLS)
STEPS = [pytest.param(HOUR, id="forward"), pytest.param(-HOUR, id="back")]


def limited(count: int = 2_000) -> Service:
    return service(count=count, meters={"/list header": Meter(10, 60.0), "/list query": Meter(5, 60.0)})


def refused(asked: Service) -> int:
    return sum(meter.refused for meter in asked.meters.values())


@pytest.mark.parametrize("step", STEPS)
def test_a_step_within_a_run_costs_neither_a_row_nor_a_refusal_nor_time(step: float) -> None:
    usual = play(drain(limited(), LIMITED))
    drained = play(drain(limited(), LIMITED, clock=FakeClock((100.0, step), (130.0, -step))))
    assert drained.whole
    assert refused(drained.service) == 0
    assert drained.took == pytest.approx(usual.took, abs=5.0)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_within_a_run_spoils_no_token_and_no_cursor_of_our_making(step: float) -> None:
    drained = play(drain(service(), FEED_ONLY, clock=FakeClock((1.0, step))))
    assert drained.whole
    assert drained.service.statuses["/feed", 200] == drained.service.calls["/feed"]


async def begun_again(asked: Service, clock: FakeClock) -> Drain:
    """A run that is killed in the middle of a window, and the one that goes on under another clock."""
    first = Drain(asked, LIMITED)
    async for call in first.dispatch.calls():
        if len(first.asks) == 20:
            break
        first.pass_on(call)
    first.kill()
    return await drain(asked, LIMITED, book=first.book, clock=clock)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_between_two_runs_costs_no_refusal(step: float) -> None:
    drained = play(begun_again(limited(), FakeClock((0.0, step))))
    assert drained.whole
    assert refused(drained.service) == 0


def test_a_clock_that_is_behind_after_the_machine_began_to_run_anew_costs_a_wait_and_no_refusal() -> None:
    drained = play(begun_again(limited(), FakeClock((0.0, -HOUR), begun_anew=True)))
    assert drained.whole
    assert refused(drained.service) == 0
