from __future__ import annotations

from itertools import pairwise
from math import inf

import pytest

from datasync_crawler.domain.bridging import Lifetime, bridged_from, even_step
from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.ratelimit import RateWord


def spent(*stamps: float, calls: int = 10, window: float = 300.0) -> Budget:
    """An announced budget whose calls left at these times."""
    budget = Budget(Limit(calls, window), margin=0.0)
    budget.restore(stamps, 0.0)
    return budget


def departures(calls: int, window: float, life: float, *, spare: int = 0) -> list[float]:
    """When the calls of a chain leave that takes no time itself."""
    budget, now, left_at = Budget(Limit(calls, window), margin=0.0), 0.0, []
    while now < 3 * window:
        now = max(now, budget.free_at(now))
        now = max(now, bridged_from([budget], life, now, spare=spare))
        budget.leave(now)
        budget.heard(RateWord(), now)
        left_at.append(now)
    return left_at


@pytest.mark.parametrize(
    ("calls", "window", "life"), [(10, 300.0, 100.0), (3, 60.0, 30.0), (600, 60.0, 5.0), (2, 9.0, 5.0)]
)
def test_a_cursor_outlives_every_pause_and_no_call_is_lost(calls: int, window: float, life: float) -> None:
    left_at = departures(calls, window, life)
    assert max(b - a for a, b in pairwise(left_at)) <= life + 1e-6
    assert sum(at < 3 * window - 1e-6 for at in left_at) == 3 * calls


def test_a_window_begins_with_a_burst_and_keeps_back_the_calls_that_bridge_its_pause() -> None:
    assert departures(10, 300.0, 100.0)[:11] == [0.0] * 8 + [100.0, 200.0, 300.0]


def test_a_call_is_spared_for_one_that_fails_where_there_are_enough() -> None:
    assert departures(10, 300.0, 100.0, spare=1)[:10] == [0.0] * 7 + [100.0, 200.0, 300.0]
    assert departures(3, 300.0, 100.0, spare=1) == departures(3, 300.0, 100.0)


@pytest.mark.parametrize(
    "budgets",
    [
        pytest.param([spent()], id="nothing was spent"),
        pytest.param([spent(*[0.0] * 10)], id="nothing is left"),
        pytest.param([spent(*[0.0] * 9), Budget()], id="another pool knows no limit"),
        pytest.param([spent(*[0.0] * 9), spent(calls=1_000, window=5.0)], id="another pool has no long pause"),
    ],
)
def test_nothing_is_kept_back_where_no_pause_is_to_be_bridged(budgets: list[Budget]) -> None:
    assert bridged_from(budgets, 100.0, 0.0) <= 0.0


def test_nothing_is_kept_back_where_calls_are_too_few_for_such_a_life() -> None:
    budget = spent(-200.0, -100.0, 0.0)
    assert bridged_from([budget], 20.0, 0.0) == -inf
    assert bridged_from([], 20.0, 0.0) == -inf


def test_a_pool_that_is_closed_brings_nothing_back_before_it_opens() -> None:
    closed = spent(-250.0)
    closed.refuse(1_500.0, -250.0, -250.0)
    alone = bridged_from([spent(*[0.0] * 9)], 100.0, 0.0)
    assert bridged_from([spent(*[0.0] * 9), closed], 100.0, 0.0) == alone


def test_calls_of_several_budgets_leave_evenly_at_the_rates_of_all() -> None:
    assert even_step([spent(), spent(calls=5, window=60.0)]) == pytest.approx(1 / (10 / 300 + 5 / 60))
    assert even_step([spent(), Budget()]) == even_step([]) == 0.0


def test_a_life_that_was_told_is_counted_on() -> None:
    lifetime = Lifetime(told=120.0)
    lifetime.refuse(5.0)
    assert lifetime.counted_on(30.0) == 120.0


def test_a_life_that_is_not_told_lies_between_the_ages_that_were_taken_and_refused() -> None:
    lifetime = Lifetime()
    lifetime.took(3.0)
    lifetime.refuse(2.0)
    assert lifetime.counted_on(30.0) == inf, "a cursor of that age was taken before"
    lifetime.refuse(100.0)
    assert lifetime.counted_on(30.0) == 50.0
    lifetime.refuse(50.0)
    assert lifetime.counted_on(30.0) == 30.0, "the least that calls need was not tried yet"
    lifetime.refuse(29.0)
    assert lifetime.counted_on(30.0) == 14.5
    lifetime.took(70.0)
    assert lifetime.counted_on(30.0) == inf, "what was refused was refused for another reason"
