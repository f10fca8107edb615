"""Waiting: what a run stands still for while nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from datasync_crawler.flow.courses import State
from datasync_crawler.flow.run import Run
from datasync_crawler.flow.standing_back import bridging_from

# After so many refusals without a row between them waiting is no progress.
_REFUSALS_IN_VAIN = 10


def waits(run: Run) -> Iterator[str]:
    """In words, the pools that open later and the calls that are kept for a cursor's life, while none is under way.

    None where the run is blocked or done; being refused again and again is no such wait.
    """
    if run.flying or run.waits_for or run.shards.done or run.refused_in_vain > _REFUSALS_IN_VAIN:
        return
    streams = (course.live for course in run.courses.values() if course.state is State.WAITING)
    for pool in dict.fromkeys(lane.lane.pool for lane in (*run.lanes.values(), *streams)):
        seconds = run.gate.opens_in(pool)
        if seconds > 0:
            yield f"pool {pool} opens in {seconds:.0f} s"
    for name, lane in run.lanes.items():
        seconds = bridging_from(run, lane) - run.clock.monotonic()
        if seconds > 0:
            yield f"lane {name} keeps its calls for as long as its cursor lives, {seconds:.0f} s more"
