"""Whatever calls, answers, waits, kills, reboots and steps of the clock follow each other: no call is refused."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.profile import Pool
from datasync_crawler.domain.ratelimit import RateWord
from datasync_crawler.flow import opening
from tests.flow.fake_service import Meter
from tests.flow.worlds import BY_HEADER, profile

POOL = BY_HEADER.pool
STEPS = st.sampled_from([-3_600.0, -7.0, 0.0, 7.0, 3_600.0])
# Of delays it is the shortest and the longest that go wrong, if any do.
NOTING = st.sampled_from([0.0, 0.1])
"""Seconds from a call's stamp to its departure, as the ledger takes them."""
WAYS = st.sampled_from([0.0, 0.07])
"""Seconds from a departure to the arrival: their spread is within the budget's margin."""


@dataclass
class Machine:
    """A clock whose stamps belong to the time since the machine began to run; times are the service's own seconds."""

    now: float = 10_000.0
    ahead: float = 0.0
    beginning: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.ahead

    def stamp(self) -> float:
        return self.now + self.beginning


class AcrossProcesses(RuleBasedStateMachine):
    """One pool as the service sees it, and the budget that is made anew of what the ledger holds."""

    @initialize(calls=st.integers(1, 4), window=st.sampled_from([2.0, 6.0, 60.0]), told=st.booleans())
    def open(self, calls: int, window: float, told: bool) -> None:
        self.machine = Machine()
        self.meter = Meter(calls, window)
        self.pool = Pool(POOL, calls, window, announced=told)
        self.notes: list[tuple[str, float]] = []
        self.flying: list[tuple[float, RateWord]] = []
        self.budget = self.made_anew()

    def made_anew(self) -> Budget:
        learned = {} if self.pool.announced else {POOL: self.pool}
        known = profile(BY_HEADER, pools=(self.pool,))
        return opening._budgets(known, learned, self.machine, self.notes, 0)[POOL]  # type: ignore[arg-type]

    def may_leave(self) -> bool:
        return self.budget.free_at(self.machine.now) <= self.machine.now

    def calls(self, noting: float, way: float) -> None:
        """A call is written down, leaves and arrives; what the service says of it comes later."""
        self.notes.append((POOL, self.machine.stamp()))
        self.machine.now += noting
        left = self.machine.now
        self.budget.leave(left)
        self.arrives(left + way)
        self.flying.append((left, self.word()))

    def arrives(self, at: float) -> None:
        admitted, self.told = self.meter.arrive(at)
        assert admitted, f"refused: {self.meter.arrivals[-8:]}"

    def word(self) -> RateWord:
        if not self.pool.announced:
            return RateWord()
        rest, reset = int(self.told["RateLimit-Remaining"]), float(self.told["RateLimit-Reset"])
        return RateWord(self.meter.calls, rest, reset)

    @rule(seconds=st.one_of(st.just(0.01), st.floats(0.0, 70.0)))
    def time_passes(self, seconds: float) -> None:
        self.machine.now += seconds

    @rule(noting=NOTING, way=WAYS, most=st.integers(1, 8))
    def calls_leave_while_they_may(self, noting: float, way: float, most: int) -> None:
        for _ in range(most):
            if not self.may_leave():
                break
            self.calls(noting, way)

    @rule(noting=NOTING, way=WAYS)
    def a_call_waits_and_leaves(self, noting: float, way: float) -> None:
        self.machine.now = max(self.machine.now, self.budget.free_at(self.machine.now))
        self.calls(noting, way)

    @precondition(lambda self: self.flying)
    @rule(place=st.integers(0, 99), lost=st.booleans())
    def a_call_is_answered_or_lost(self, place: int, lost: bool) -> None:
        left, word = self.flying.pop(place % len(self.flying))
        self.machine.now = max(self.machine.now, left + 0.08)
        if lost:
            self.budget.failed()
        else:
            self.budget.heard(word, self.machine.now, left)

    @rule(step=STEPS)
    def the_wall_clock_is_put(self, step: float) -> None:
        self.machine.ahead += step

    @rule(pause=st.floats(0.0, 3.0))
    def it_is_killed_and_begins_again(self, pause: float) -> None:
        self.machine.now += pause
        self.budget, self.flying = self.made_anew(), []

    @rule(share=st.sampled_from([0.0, 1.0]), leaves=st.booleans())
    def it_is_killed_as_a_call_leaves(self, share: float, leaves: bool) -> None:
        way = share * max(0.25, 0.018 * self.meter.window)
        self.machine.now = max(self.machine.now, self.budget.free_at(self.machine.now))
        self.notes.append((POOL, self.machine.stamp()))
        if leaves:
            self.arrives(self.machine.now + way)
        self.machine.now += way
        self.budget, self.flying = self.made_anew(), []

    @rule(behind=st.sampled_from([0.0, 1.0, 3_600.0]), pause=st.floats(0.0, 100.0))
    def the_machine_is_begun_anew_with_a_clock_that_is_behind(self, behind: float, pause: float) -> None:
        self.machine.now += pause
        self.machine.beginning -= behind
        self.budget, self.flying = self.made_anew(), []

    @invariant()
    def no_window_holds_more_than_the_limit(self) -> None:
        arrivals = sorted(self.meter.arrivals)
        for first, late in zip(arrivals, arrivals[self.meter.calls :], strict=False):
            assert late - first >= self.meter.window

    @invariant()
    def a_call_may_leave_some_time(self) -> None:
        # Resets are told in whole seconds, and a call that overtakes another is told of more than a window.
        assert self.budget.free_at(self.machine.now) <= self.machine.now + self.meter.window + 1 + self.budget.margin


TestAcrossProcesses = AcrossProcesses.TestCase
TestAcrossProcesses.settings = settings(max_examples=250, stateful_step_count=40, deadline=None, derandomize=True)
