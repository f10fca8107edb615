from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.ratelimit import RateWord


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
