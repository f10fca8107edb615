from __future__ import annotations

import math
import random
from bisect import insort
from collections.abc import Iterable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from datasync_crawler.domain.budget import Budget, Limit, learn_limit
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


def spend(budget: Budget, now: float, calls: int) -> None:
    for _ in range(calls):
        budget.leave(now)


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


class Account(RuleBasedStateMachine):
    """Any interleaving of calls, answers, refusals, restarts and steps of time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.departures: list[float] = []
        self.flying: list[float] = []

    @initialize(calls=st.integers(1, 6), window=st.sampled_from([0.5, 6.0, 60.0]), reserve=st.integers(0, 7))
    def open(self, calls: int, window: float, reserve: int) -> None:
        self.limit, self.reserve = Limit(calls, window), reserve
        self.budget = Budget(self.limit, reserve=reserve)

    @rule(seconds=st.one_of(st.just(0.0), st.floats(0.001, 90.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(most=st.integers(1, 12))
    def calls_leave(self, most: int) -> None:
        for _ in range(most):
            if self.budget.free_at(self.now) > self.now:
                break
            self.leave()

    @rule()
    def a_call_waits_and_leaves(self) -> None:
        self.now = max(self.now, self.budget.free_at(self.now))
        self.leave()

    @rule(wait=st.one_of(st.none(), st.floats(0, 30)), place=st.integers(0, 99))
    def a_refusal_comes(self, wait: float | None, place: int) -> None:
        if self.flying:
            self.budget.refuse(wait, self.now, self.flying.pop(place % len(self.flying)))
            if wait is not None:
                assert self.budget.free_at(self.now) >= self.now + wait

    @rule(remaining=st.integers(0, 6), place=st.integers(0, 99))
    def an_answer_comes(self, remaining: int, place: int) -> None:
        if self.flying:
            left_at = self.flying.pop(place % len(self.flying))
            self.budget.heard(RateWord(self.limit.calls, min(remaining, self.limit.calls)), self.now, left_at)

    @rule()
    def a_call_is_lost(self) -> None:
        if self.flying:
            self.flying.pop()
            self.budget.failed()

    @rule()
    def the_process_is_killed(self) -> None:
        self.budget, self.flying = Budget(self.limit, reserve=self.reserve), []
        self.budget.restore(self.departures, self.now)

    def leave(self) -> None:
        self.budget.leave(self.now)
        self.departures.append(self.now)
        self.flying.append(self.now)

    @invariant()
    def no_window_holds_more_than_the_limit(self) -> None:
        usable = max(1, self.limit.calls - self.reserve)
        for first, late in zip(self.departures, self.departures[usable:], strict=False):
            assert late - first > self.limit.window

    @invariant()
    def what_is_left_may_leave_at_once(self) -> None:
        if self.budget.left(self.now):
            assert self.budget.free_at(self.now) <= self.now + self.budget.margin


TestAccount = Account.TestCase
TestAccount.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_full_pool_opens_when_its_oldest_call_leaves_the_window() -> None:
    budget = Budget(Limit(3, 60.0), margin=0.5)
    for now in (0.0, 1.0, 2.0):
        assert budget.free_at(now) <= now
        budget.leave(now)
    assert budget.free_at(3.0) == 60.5
    assert budget.left(3.0) == 0
    assert budget.left(61.0) == 2


def test_the_reserve_is_left_unused_but_one_call_always_goes() -> None:
    budget = Budget(Limit(3, 60.0), reserve=2)
    budget.leave(0.0)
    assert budget.free_at(1.0) > 60
    greedy = Budget(Limit(3, 60.0), reserve=9)
    assert (greedy.left(0.0), greedy.free_at(0.0)) == (1, -math.inf)


def test_a_call_that_was_sent_late_counts_from_then() -> None:
    budget = Budget(Limit(1, 60.0))
    budget.leave(0.0)
    budget.sent(0.0, 5.0)
    assert budget.free_at(6.0) >= 65.0


def test_a_pool_of_unknown_size_waits_for_the_answer_or_the_echo() -> None:
    budget = Budget(echo=0.2)
    assert budget.left(0.0) is None
    budget.leave(0.0)
    assert budget.free_at(0.1) == 0.2
    budget.heard(RateWord(), 0.1)
    assert budget.free_at(0.1) <= 0.1
    budget.leave(0.1)
    budget.failed()
    assert budget.free_at(0.1) <= 0.1


def test_restored_calls_count_and_a_stamp_in_the_future_counts_as_now() -> None:
    budget = Budget(Limit(2, 60.0), margin=0.0)
    budget.restore([-10.0, 500.0], now=0.0)
    assert budget.free_at(0.0) == 50.0
    budget.leave(50.0)
    assert budget.free_at(50.0) == 60.0


def test_an_announced_limit_goes_down_at_once_and_up_at_the_next_window() -> None:
    budget = Budget(Limit(10, 60.0))
    budget.heard(RateWord(limit=4), 0.0)
    assert budget.limit == Limit(4, 60.0)
    budget.heard(RateWord(limit=20), 1.0)
    budget.free_at(60.0)
    assert budget.limit == Limit(4, 60.0)
    budget.free_at(61.0)
    assert budget.limit == Limit(20, 60.0)


def test_what_was_told_last_is_what_the_limit_goes_up_to() -> None:
    budget = Budget(Limit(4, 60.0))
    budget.heard(RateWord(limit=20), 0.0)
    budget.heard(RateWord(limit=7), 1.0)
    budget.free_at(60.0)
    assert budget.limit == Limit(7, 60.0)
    budget.heard(RateWord(limit=20), 61.0)
    budget.heard(RateWord(limit=7), 62.0)
    budget.free_at(500.0)
    assert budget.limit == Limit(7, 60.0)


def test_a_longer_window_is_believed_at_once_and_a_shorter_one_later() -> None:
    budget = Budget(Limit(10, 60.0))
    budget.heard(RateWord(limit=10, window=300.0), 0.0)
    assert budget.limit == Limit(10, 300.0)
    budget.heard(RateWord(limit=10, window=30.0), 0.0)
    assert budget.limit == Limit(10, 300.0)
    budget.free_at(300.0)
    assert budget.limit == Limit(10, 30.0)


@pytest.mark.parametrize(
    ("word", "limit"),
    [
        (RateWord(limit=10), None),
        (RateWord(limit=10, remaining=9, reset=300.0), Limit(10, 300.0)),  # first call of a window: all of it
        (RateWord(limit=10, remaining=4, reset=12.0), Limit(10, 60.0)),  # others came before: it is longer
        (RateWord(limit=10, remaining=4, reset=120.0), Limit(10, 120.0)),
        (RateWord(limit=10, window=6.0), Limit(10, 6.0)),
        (RateWord(remaining=4, reset=12.0), None),
    ],
)
def test_a_window_is_unknown_until_it_is_told(word: RateWord, limit: Limit | None) -> None:
    budget = Budget()
    budget.leave(0.0)
    budget.heard(word, 0.1)
    assert budget.limit == limit


def test_a_reset_beyond_the_window_tells_that_it_is_longer() -> None:
    budget = Budget(Limit(10, 25.0))
    budget.heard(RateWord(limit=10, remaining=9, reset=60.0), 0.0)
    assert budget.limit == Limit(10, 60.0)


def test_calls_of_others_fill_the_account() -> None:
    budget = Budget(Limit(10, 60.0))
    budget.leave(0.0)
    budget.heard(RateWord(limit=10, remaining=2, reset=60), 1.0, 0.0)
    assert budget.left(1.0) == 2
    assert budget.left(62.0) == 10


def test_own_calls_that_grow_old_under_way_are_not_taken_for_others() -> None:
    budget = Budget(Limit(10, 60.0))
    spend(budget, 0.0, 7)
    budget.leave(58.0)
    # The service counted eight; when the answer comes the seven have left the window.
    budget.heard(RateWord(limit=10, remaining=2), 61.0, 58.0)
    assert budget.left(61.0) == 9


@pytest.mark.parametrize(("wait", "opens"), [(5.0, 61.0), (100.0, 101.0), (None, 61.0)])
def test_a_refusal_that_the_account_does_not_explain_closes_for_a_window(wait: float | None, opens: float) -> None:
    budget = Budget(Limit(10, 60.0), margin=0.0)
    budget.leave(1.0)
    assert budget.refuse(wait, 1.0, 1.0) is None
    assert budget.free_at(1.0) == opens
    assert budget.refused == 1


def test_a_later_refusal_never_opens_a_pool_earlier() -> None:
    budget = Budget(Limit(2, 60.0), margin=0.0)
    spend(budget, 0.0, 4)
    budget.refuse(90.0, 0.0, 0.0)
    budget.refuse(1.0, 0.5, 0.0)
    assert budget.free_at(1.0) == 90.0


def test_a_refused_call_counts_too() -> None:
    budget = Budget(Limit(2, 60.0), margin=0.0)
    for now in (0.0, 30.0):
        budget.leave(now)
    budget.leave(40.0)
    budget.refuse(20.0, 40.0, 40.0)
    assert budget.free_at(40.0) == 90.0


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


def test_a_refusal_that_comes_late_is_learned_from_the_call_it_refused() -> None:
    budget = Budget(echo=0.0)
    for step in range(14):
        budget.leave(step * 2.0)
    # The eleventh was refused; three more had left when that was heard.
    assert budget.refuse(40.0, 27.0, 20.0) == Limit(10, 60.0)


def test_a_first_refusal_without_a_wait_takes_the_last_minute() -> None:
    assert learn_limit([step * 2.0 for step in range(11)], None) == Limit(10, 60.0)
    assert learn_limit([0.0, *(200 + step * 2.0 for step in range(11))], None) == Limit(10, 60.0)


def test_a_pool_that_refuses_its_only_call_allows_one() -> None:
    assert learn_limit([3.0], 30.0) == Limit(1, 30.0)
    assert learn_limit([3.0], None) == Limit(1, 60.0)
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
    lessons = [budget.refuse(None, 26.0, left) for left in (20.0, 22.0, 24.0)]
    assert lessons == [Limit(10, 60.0), None, None]


def test_a_long_drain_does_not_grow_the_account() -> None:
    budget = Budget(Limit(10, 60.0))
    now = 0.0
    for _ in range(2000):
        now = max(now, budget.free_at(now))
        budget.leave(now)
    assert len(budget._log) <= 4 * 10 + 65
