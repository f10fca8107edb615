"""How far a run is, in one line."""

from __future__ import annotations

from collections import deque

from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Run

# The pace is measured over this many seconds, so that bursts and waits for a window even out.
_SPAN = 120.0


class Pace:
    """Rows a second over the last minutes."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, now: float, rows: int) -> float:
        """Takes a look at ``now`` (monotonic seconds); gives the pace since the oldest look that still counts."""
        self._marks.append((now, rows))
        while len(self._marks) > 2 and now - self._marks[0][0] > _SPAN:  # noqa: PLR2004 - a pace needs two looks
            self._marks.popleft()
        then, before = self._marks[0]
        return (rows - before) / (now - then) if now > then else 0.0


def describe(run: Run, pace: Pace) -> str:
    """Events, share, pace, time left and every lane, as one line."""
    rate = pace.mark(run.clock.monotonic(), run.stored)
    parts = [f"{run.stored} events"]
    if run.total:
        parts.append(f"{100 * run.stored / run.total:.1f} %")
    parts.append(f"{rate:.0f} events/s")
    if run.total and rate and run.stored < run.total:
        parts.append(f"about {(run.total - run.stored) / rate:.0f} s left")
    if run.key_dies is not None:
        parts.append(f"key lives {(run.key_dies - run.clock.wall()) / 60:.0f} min more")
    still_open = sum(not shard.done for shard in run.shards.values)
    parts.append(f"{still_open} of {len(run.shards)} shards open")
    return ", ".join(parts) + "".join(f" | {name}: {_lane(run, lane)}" for name, lane in run.lanes.items())


def _lane(run: Run, lane: LiveLane) -> str:
    budget = run.gate.budgets[lane.lane.pool]
    left = budget.left(run.clock.monotonic())
    calls = "no known limit" if left is None or budget.limit is None else f"{left}/{budget.limit.calls} calls left"
    parts = [f"{lane.pages} pages", calls, f"{lane.in_flight} in flight"]
    if lane.faults:
        parts.append(f"{lane.faults} faults")
    if lane.refused:
        parts.append(f"{lane.refused} refused")
    return ", ".join(parts)
