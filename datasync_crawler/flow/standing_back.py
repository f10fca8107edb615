"""Standing back: when a lane had better not ask, though its budget would let it."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, inf

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.bridging import bridged_from, even_step
from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.supply import Supply, needless, supply_of
from datasync_crawler.domain.ways import best_alone
from datasync_crawler.flow.courses import Course, State
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.liveshard import LiveShard
from datasync_crawler.flow.run import Run

# Seconds within which a stream's pool must open for the other ways to wait for its first rows.
_SOON = 5.0
# The share of a cursor's life that is counted on.
_SAFE = 0.95
# The calls that an end may take behind the last page: mostly the count proves it.
_LOOKS = 1


def held_back(run: Run) -> bool:
    """Whether a stream does best when no other call takes part."""
    now = run.clock.monotonic()
    return any(_alone(run, course, now) for course in run.courses.values())


def is_needless(run: Run, lane: LiveLane) -> bool:
    """Whether lanes of larger pages bring what is left as early as all together would.

    Not while the pages that come hold nothing new: what brings them may go round in circles.
    """
    larger = max((other.endpoint.cap for other in _entering(run)), default=0)
    if run.left is None or larger <= lane.endpoint.cap or run.met_again:
        return False
    coming = sum(call.limit for call in run.flying if isinstance(call, Ask))
    return needless(lane.endpoint.cap, list(_supplies(run)), run.left - coming)


def bridging_from(run: Run, lane: LiveLane) -> float:
    """From when on (monotonic seconds) a lane may ask for the sake of the one chain that nothing else can go on with.

    -inf where the rows can be entered anywhere, where no cursor of this run is known to live, or where the calls left
    are enough for the pages left. No call is kept back longer than the cursor lives.
    """
    lifetime = run.lifetimes.get(lane.endpoint.name)
    if lifetime is None or any(not live.shut for live in _entering(run)):
        return -inf
    chain, now = max(run.shards.open, key=lambda live: live.came_at, default=None), run.clock.monotonic()
    if chain is None:
        return -inf
    # Another call may be needed in between: for one that fails, or for a token.
    spare = int(any(live.faults or live.token for live in run.lanes.values()))
    moments = []
    for budgets in _carrying(run, lane.endpoint.name):
        step = even_step(budgets)
        life = lifetime.counted_on(step)
        life = max(_SAFE * life, min(life, step))
        if life == inf or _pages_left(run, lane, chain) <= sum(budget.left(now) or 0 for budget in budgets):
            continue
        moments.append(min(bridged_from(budgets, life, now, spare=spare), chain.came_at + life))
    return max(moments, default=-inf)


def _pages_left(run: Run, lane: LiveLane, chain: LiveShard) -> float:
    """The calls that a chain takes to its end and to prove it."""
    if run.total is None:
        return inf
    return ceil((max(run.total, run.told or 0) - chain.walked) / lane.endpoint.cap) + _LOOKS


def _carrying(run: Run, endpoint: str) -> Iterator[list[Budget]]:
    """The budgets that an endpoint's chain is carried on through, and the one that all calls count against."""
    lanes = [live for live in run.lanes.values() if live.endpoint.name == endpoint]
    pools = dict.fromkeys(live.lane.pool for live in lanes if not live.shut and live.failures <= 1)
    yield [run.gate.budgets[pool] for pool in pools]
    if run.gate.common is not None:
        yield [run.gate.common]


def _entering(run: Run) -> Iterator[LiveLane]:
    """The lanes that can bring any rows: one that walks along its own chain may come to where that ends."""
    if run.shards.numbered:
        return (lane for lane in run.lanes.values() if lane.endpoint.numbered)
    return (lane for lane in run.lanes.values() if lane.endpoint.positionable)


def _supplies(run: Run) -> Iterator[Supply]:
    caps: dict[str, int] = {}
    for lane in _entering(run):
        caps[lane.lane.pool] = max(caps.get(lane.lane.pool, 0), lane.endpoint.cap)
    now = run.clock.monotonic()
    for pool, cap in caps.items():
        budget = run.gate.budgets[pool]
        if budget.limit is not None:
            yield supply_of(budget, cap, now)


def _alone(run: Run, course: Course, now: float) -> bool:
    if course.state is State.WAITING:
        return not course.failed and run.gate.opens_in(course.lane.pool) < _SOON
    if course.state is State.RUNNING:
        return best_alone(course.pace(now), run.others, run.left, run.total)
    return course.state is State.ENDED
