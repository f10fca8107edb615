"""What a run looks like at a moment: its lanes, pools, shards and health, and how long it may still take."""

from __future__ import annotations

from collections.abc import Iterator

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.axis import mirrored
from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.profile import LEAD
from datasync_crawler.domain.strip import coverage, ends_of
from datasync_crawler.domain.supply import earliest, supply_of
from datasync_crawler.domain.view import FindingView, Health, LaneView, PoolView, State, Strip
from datasync_crawler.flow.courses import State as CourseState
from datasync_crawler.flow.gate import EVERY_CALL
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Run
from datasync_crawler.flow.standing_back import bridging_from
from datasync_crawler.flow.waiting import waits

_CELLS = 60
_MICROS = 1_000_000
# A lane that failed so often in a row is not counted on.
_HOPELESS = 3
# What calls really bring is believed once so many were made.
_ENOUGH_CALLS = 5
_LEAST_YIELD = 0.1
# So long what no limit holds back may take to show how fast it is.
_FIRST_SECONDS = 10.0


def lanes_of(run: Run) -> tuple[LaneView, ...]:
    """All lanes, those of streams last."""
    streams = {name: course.live for name, course in run.courses.items()}
    return tuple(_lane(run, name, live) for name, live in (*run.lanes.items(), *streams.items()))


def _lane(run: Run, name: str, live: LiveLane) -> LaneView:
    pool, now = live.lane.pool, run.clock.monotonic()
    budget, course = run.gate.budgets[pool], run.courses.get(name)
    streaming = course is not None and course.state is CourseState.RUNNING
    return LaneView(
        name=name,
        pool=pool,
        pages=live.pages,
        in_flight=live.in_flight + streaming,
        refused=live.refused,
        faults=live.faults,
        left=budget.left(now),
        limit=None if budget.limit is None else budget.limit.calls,
        opens_in=round(max(run.gate.opens_in(pool), live.not_before - now, bridging_from(run, live) - now), 2),
        last_error=live.last_error,
        latency=live.flight.typical,
    )


def pools_of(run: Run) -> tuple[PoolView, ...]:
    """All pools that calls are counted against, and that of all calls where there is one."""
    announced = {pool.name for pool in run.profile.pools if pool.announced}
    budgets = {**run.gate.budgets, **({} if run.gate.common is None else {EVERY_CALL: run.gate.common})}
    return tuple(_pool(name, budget, run, announced=name in announced) for name, budget in budgets.items())


def _pool(name: str, budget: Budget, run: Run, *, announced: bool) -> PoolView:
    now, limit = run.clock.monotonic(), budget.limit
    used = 0 if limit is None else budget.used(now)
    return PoolView(
        name=name,
        limit=None if limit is None else limit.calls,
        window=None if limit is None else limit.window,
        used=used,
        opens_in=round(max(0.0, budget.free_at(now) - now), 2),
        refused=budget.refused,
        announced=announced,
    )


def strip_of(run: Run) -> Strip:
    """The shards as they cover the axis."""
    shards, outlook = run.shards.values, run.outlook
    ends = ends_of(shards, outlook)
    if ends is None:
        return Strip()
    cells = coverage(shards, *ends, _CELLS)
    if run.shards.numbered:
        return Strip(cells)
    top, bottom = ends
    first, last = (mirrored(place) if run.upwards else place for place in (top - 1, bottom))
    return Strip(cells, first / _MICROS, last / _MICROS)


def findings_of(run: Run) -> tuple[FindingView, ...]:
    """What is known of the service, but for addresses that nobody has looked at."""
    known = (finding for finding in run.profile.findings if finding.subject != LEAD)
    return tuple(FindingView(finding.subject, finding.value, finding.confidence) for finding in known)


def health_of(run: Run, idle: float, patience: float) -> Health:
    """How the run does after ``idle`` seconds without progress, of which ``patience`` are nothing unusual."""
    if run.failure is not None:
        return Health(State.FAILED, (str(run.failure),))
    if run.verdict is not None:
        return Health(State.COMPLETE) if run.verdict.complete else Health(State.FAILED, run.verdict.against)
    if waiting := tuple(waits(run)):
        return Health(State.WAITING, waiting)
    away = tuple(dict.fromkeys(run.waits_for.values()))
    if idle > patience:
        return Health(State.STALLED, (f"no progress for {idle:.0f} s", *away, *_troubles(run)))
    return Health(State.HEALTHY, away)


def _troubles(run: Run) -> Iterator[str]:
    """What last went wrong with each lane, and each stream, that does not work now."""
    streams = {name: course.live for name, course in run.courses.items()}
    return (f"{name}: {lane.trouble}" for name, lane in {**run.lanes, **streams}.items() if lane.trouble)


def time_left(run: Run, gained: int, seconds: float, best: float = 0.0) -> float | None:
    """Seconds that the rest takes by what the budgets still allow and by the pace, None where nothing tells.

    ``gained`` rows came in so many seconds of this process: that tells what a call really brings, and how fast what no
    limit holds back is. ``best`` is its best pace, in rows a second; before there is one, the lanes' latencies tell.
    """
    if run.left is None:
        return None
    if run.left == 0:
        return 0.0
    useful = [lane for lane in run.lanes.values() if lane.failures < _HOPELESS]
    limited = [lane for lane in useful if run.gate.budgets[lane.lane.pool].limit is not None]
    free = max(0.0, gained - sum(lane.pages * lane.endpoint.cap for lane in limited)) / seconds if seconds else 0.0
    supplies, share = [], _yield(run, gained)
    for pool in dict.fromkeys(lane.lane.pool for lane in limited):
        cap = max(lane.endpoint.cap for lane in limited if lane.lane.pool == pool)
        supplies.append(supply_of(run.gate.budgets[pool], max(1, round(cap * share)), run.clock.monotonic()))
    untold = not free and len(limited) < len(useful) and seconds < _FIRST_SECONDS
    if untold or not (supplies or free):
        return None
    rows = run.left - share * _coming(run)
    longest = earliest(supplies, rows, free)
    if run.gate.common is not None and run.gate.common.limit is not None:
        cap = max(1, round(_largest(run) * share))
        longest = max(longest, earliest([supply_of(run.gate.common, cap, run.clock.monotonic())], rows))
    longest += max((lane.endpoint.latency for lane in limited), default=0.0)
    pace = best or share * sum(map(_flow, useful))
    return max(longest, run.left / pace) if pace else longest


def _flow(lane: LiveLane) -> float:
    """Rows a second through a lane while no budget holds it back; nothing where its latency is not known."""
    latency = lane.flight.typical or lane.endpoint.latency
    return lane.endpoint.cap * lane.flight.target / latency if latency else 0.0


def _yield(run: Run, gained: int) -> float:
    """What a call brought of what it asked for: pages that are short, refusals and faults make it less than 1."""
    lanes = run.lanes.values()
    asked = sum(lane.endpoint.cap * (lane.pages + lane.faults + lane.refused) for lane in lanes)
    if sum(lane.pages for lane in lanes) < _ENOUGH_CALLS:
        return 1.0
    return min(1.0, max(_LEAST_YIELD, (gained + _unstored(run)) / asked))


def _coming(run: Run) -> int:
    """The rows that were asked for and are not stored yet."""
    return sum(call.limit for call in run.flying if isinstance(call, Ask)) + _unstored(run)


def _unstored(run: Run) -> int:
    return run.unstored * _largest(run)


def _largest(run: Run) -> int:
    """The most rows that a page of a lane may have, of one that is counted on where there is one."""
    lanes = run.lanes.values()
    useful = [lane for lane in lanes if lane.failures < _HOPELESS]
    return max((lane.endpoint.cap for lane in useful or lanes), default=1)
