from __future__ import annotations

import random
import time

import pytest

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.supply import Supply, earliest, needless, supply_of

LARGE = Supply(cap=2_000, window=60.0, free=3)
SMALL = Supply(cap=200, window=60.0, free=15)


@pytest.mark.parametrize(("seconds", "rows"), [(0.0, 6_000), (59.9, 6_000), (60.0, 12_000), (125.0, 18_000)])
def test_every_window_brings_as_many_calls_again(seconds: float, rows: int) -> None:
    assert LARGE.rows_by(seconds) == rows


def test_a_spent_call_comes_again_when_its_window_ends() -> None:
    supply = Supply(cap=10, window=60.0, free=1, spent=(5.0, 20.0))
    assert [supply.rows_by(seconds) for seconds in (0.0, 5.0, 20.0, 60.0, 65.0)] == [10, 20, 30, 40, 50]


def test_spent_calls_come_again_once_a_window_each_at_its_own_time() -> None:
    dice = random.Random(5)
    opens = sorted(dice.uniform(0.0, 60.0) for _ in range(50))
    supply = Supply(cap=1, window=60.0, free=0, spent=[1_000.0 + at for at in opens], now=1_000.0)
    for seconds in (dice.uniform(0.0, 400.0) for _ in range(50)):
        assert supply.rows_by(seconds) == sum(1 + (seconds - at) // 60.0 for at in opens if at <= seconds)


def spent(calls: int, limit: int, *, step: float) -> Budget:
    """An announced budget of whose calls so many left, one after the other, up to time 0."""
    budget = Budget(Limit(limit, 60.0))
    budget.restore((-step * number for number in range(calls)), 0.0)
    return budget


def test_a_budget_gives_what_is_left_and_what_comes_back() -> None:
    supply = supply_of(spent(4, 10, step=5.0), 100, 0.0)
    assert [supply.rows_by(seconds) for seconds in (0.0, 45.0, 60.0)] == [600, 700, 1_600]


def test_a_budget_that_is_closed_gives_nothing_until_it_opens_and_then_a_whole_window() -> None:
    budget = spent(4, 10, step=5.0)
    budget.refuse(200.0, 0.0, 0.0)
    supply = supply_of(budget, 100, 0.0)
    assert supply.rows_by(199.0) == 0
    assert supply.rows_by(201.0) == 100 * budget.usable
    assert earliest([supply], 100.0) < 210


def test_so_many_spent_calls_are_looked_through_within_a_moment() -> None:
    budget = spent(200_000, 200_000, step=0.0002)
    began = time.process_time()
    earliest([supply_of(budget, 100, 0.0)], 1e9)
    assert time.process_time() - began < 0.1


def test_small_pages_are_needless_when_large_ones_bring_all_as_early() -> None:
    assert needless(200, [LARGE, SMALL], 12_000)


def test_small_pages_are_asked_for_when_they_save_a_window() -> None:
    assert not needless(200, [LARGE, SMALL], 20_000)


def test_small_pages_bring_the_end_that_large_ones_would_have_to_wait_for() -> None:
    spent = Supply(cap=2_000, window=60.0, free=0, spent=(40.0, 40.0, 40.0))
    assert not needless(200, [spent, SMALL], 400)


def test_no_lane_is_needless_beside_others_of_its_size() -> None:
    assert not needless(2_000, [LARGE, SMALL], 6_000)
    assert not needless(150, [SMALL], 1_000)


def test_small_pages_go_on_while_no_row_is_known_to_be_left() -> None:
    assert not needless(200, [LARGE, SMALL], 0)


def test_so_many_small_pages_leave_as_are_missing_for_the_earliest_end() -> None:
    left, free = 20_000, 15
    while not needless(200, [LARGE, Supply(200, 60.0, free, spent=(60.0,) * (15 - free))], left):
        left, free = left - 200, free - 1
    assert left == 18_000


def test_a_few_seconds_are_not_worth_the_calls_that_save_them() -> None:
    spent = Supply(cap=2_000, window=60.0, free=0, spent=(7.0,))
    assert needless(200, [spent, SMALL], 2_000)
