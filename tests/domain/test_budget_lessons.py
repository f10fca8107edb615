from __future__ import annotations

import math
import random
from bisect import insort
from collections.abc import Iterable

import pytest

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.lessons import Limit, learn_limit
from datasync_crawler.domain.ratelimit import RateWord


class SlidingLog:
    """A service that counts every arrival, refused or not."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.arrivals: list[float] = []

    def arrive(self, now: float) -> bool:
        allowed = self.counted(now) < self.limit.calls
        insort(self.arrivals, now)
        return allowed

    def counted(self, now: float) -> int:
        return sum(1 for stamp in self.arrivals if now - self.limit.window < stamp <= now)

    def wait(self, now: float) -> float:
        return next(stamp for stamp in self.arrivals if stamp > now - self.limit.window) + self.limit.window - now


def drain(budget: Budget, service: SlidingLog, times: Iterable[float], *, rounded: bool = True) -> float | None:
    """Lets calls leave as soon as both the times and the budget say so, until one is refused; gives that moment."""
    for planned in times:
        now = max(planned, budget.free_at(planned))
        budget.leave(now)
        if not service.arrive(now):
            wait = service.wait(now)
            budget.refuse(math.ceil(wait) if rounded else wait, now, now)
            return now
        budget.heard(RateWord(), now, now)
    return None


def uniform(pace: float, start: float = 0.0) -> Iterable[float]:
    return (start + step * pace for step in range(5000))


def bursty(seed: int, start: float, gap: float) -> Iterable[float]:
    random_, now = random.Random(seed), start
    for _ in range(5000):
        now += random_.choice([0.0, 0.01, 0.02, gap, 2 * gap])
        yield now


SHAPES = [(200, 300.0, 1.1), (200, 30.0, 0.11), (10, 60.0, 3.1), (10, 6.0, 0.31), (5, 60.0, 7.0), (100, 60.0, 0.4)]


@pytest.mark.parametrize(("calls", "window", "pace"), SHAPES)
@pytest.mark.parametrize("rounded", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_one_refusal_is_enough_to_learn_a_limit(
    calls: int, window: float, pace: float, seed: int, rounded: bool
) -> None:
    service, budget = SlidingLog(Limit(calls, window)), Budget(echo=0.0, margin=0.01)
    for early in range(seed):  # a discovery long before
        when = -2.37 * window - 0.8 * early
        service.arrive(when)
        budget.restore([when], 0.0)
    refused = drain(budget, service, uniform(pace) if seed % 2 else bursty(seed, 0.0, pace), rounded=rounded)
    assert refused is not None
    assert budget.limit == Limit(calls, window)
    # The next calls leave when a log that counts the refused one lets them, and none is refused any more.
    assert drain(budget, service, [refused] * (2 * calls)) is None


def test_a_discovery_just_before_counts_in_the_lesson() -> None:
    service, budget = SlidingLog(Limit(200, 30.0)), Budget(echo=0.0)
    for when in (-6.0, -5.2, -2.9):
        service.arrive(when)
        budget.restore([when], 0.0)
    assert drain(budget, service, uniform(0.1)) is not None
    assert budget.limit == Limit(200, 30.0)


def test_calls_of_a_killed_run_teach_by_their_stamps_though_they_cost_as_if_they_came_later() -> None:
    budget = Budget(echo=0.0)
    budget.restore([-1.125, -1.0625, -0.875], 0.0, way=0.25)
    for step in range(3):
        budget.leave(step * 0.01)
    assert budget.refuse(1.0, 0.02, usual=1.0) == Limit(3, 1.0)
    assert budget.used(0.03) == 6


def test_what_left_after_the_refused_call_teaches_nothing_whoever_wrote_it_down() -> None:
    budget = Budget(echo=0.0)
    budget.restore([step * 0.5 for step in range(41)], 20.5)
    assert budget.refuse(50.0, 20.5, 10.0) == Limit(20, 60.0)


def test_a_call_of_long_ago_does_not_stretch_the_window_of_a_few() -> None:
    assert learn_limit([0.0, 280.0, 285.0], 55.0) == Limit(1, 60.0)
    assert learn_limit([0.0, 30.0, 35.0], 25.0) == Limit(1, 30.0)


def test_a_refusal_that_comes_late_is_learned_from_the_call_it_refused() -> None:
    budget = Budget(echo=0.0)
    for step in range(14):
        budget.leave(step * 2.0)
    # The eleventh was refused; three more had left when that was heard.
    assert budget.refuse(40.0, 27.0, 20.0) == Limit(10, 60.0)


def test_a_first_refusal_without_a_wait_takes_the_window_of_others_or_a_short_one() -> None:
    assert learn_limit([step * 2.0 for step in range(11)], None, 60.0) == Limit(10, 60.0)
    assert learn_limit([0.0, *(200 + step * 2.0 for step in range(11))], None, 60.0) == Limit(10, 60.0)
    assert learn_limit([0.0, *(200 + step * 0.2 for step in range(11))], None) == Limit(10, 3.0)


def test_a_pool_that_refuses_its_only_call_allows_one() -> None:
    assert learn_limit([3.0], 30.0) == Limit(1, 30.0)
    assert learn_limit([3.0], None, 60.0) == Limit(1, 60.0)
    assert Budget().refuse(30.0, 3.0) == Limit(1, 30.0)


def test_untold_waits_end_in_a_pace_that_a_hidden_limit_allows() -> None:
    service, budget = SlidingLog(Limit(200, 300.0)), Budget(echo=0.0)
    now, refusals = 0.0, []
    while now < 4000:
        now = max(now + 1.0, budget.free_at(now))
        budget.leave(now)
        if service.arrive(now):
            budget.heard(RateWord(), now, now)
        else:
            refusals.append(now)
            budget.refuse(None, now, now)
    assert len(refusals) <= 4
    assert refusals[-1] < 1500
    assert budget.limit is not None
    assert budget.limit.calls / budget.limit.window <= 200 / 300


def test_calls_under_way_together_are_one_lesson_when_no_wait_is_told() -> None:
    budget = Budget(echo=0.0)
    for step in range(13):
        budget.leave(step * 2.0)
    lessons = [budget.refuse(None, 26.0, left, usual=60.0) for left in (20.0, 22.0, 24.0)]
    assert lessons == [Limit(10, 60.0), None, None]


def test_a_limit_that_lies_is_learned_at_one_refusal_though_its_rest_lies_as_well() -> None:
    budget = Budget(Limit(15, 60.0))
    for step in range(10):
        budget.leave(float(step))
        budget.heard(RateWord(limit=15, remaining=round((9 - step) * 1.5)), step + 0.1, float(step))
    budget.leave(10.0)
    assert budget.refuse(50.0, 10.1, 10.0) == Limit(10, 60.0)
    budget.heard(RateWord(limit=15, remaining=14), 80.0, 70.0)
    assert budget.limit == Limit(10, 60.0)


def test_the_upper_half_of_a_limit_that_nothing_proved_is_approached_call_by_call() -> None:
    budget = Budget(Limit(10, 60.0), echo=0.5)
    left = []
    for _ in range(10):
        now = max(left[-1] if left else 0.0, budget.free_at(left[-1] if left else 0.0))
        budget.leave(now)
        left.append(now)
    assert left == [0.0] * 5 + [0.5, 1.0, 1.5, 2.0, 2.5]
