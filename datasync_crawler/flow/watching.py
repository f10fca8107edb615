"""Watching a run: one view after the other, each going on with what the ones before saw."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from datasync_crawler.domain.view import LaneView, Point, PoolView, State, Trouble, View
from datasync_crawler.flow.run import Run
from datasync_crawler.flow.viewing import findings_of, health_of, lanes_of, pools_of, strip_of, time_left

_RATE_SPAN = 10.0
# In less time (seconds) a batch of pages more or less makes another pace.
_LEAST_SPAN = 3.0
_MOST_POINTS = 240
# While so little is done, what is learned of the budgets still changes the plan.
_BEGINNING = 0.1


class Watch:
    """Looks at one run; ``past`` is the last view of an earlier process on the same ledger.

    What counts as standing still is no progress for ``patience`` seconds.
    """

    def __init__(self, run: Run, past: View | None = None, *, patience: float = 120.0) -> None:
        self._run, self._patience = run, patience
        self._past = past if past is not None else View(run.clock.wall(), "events", base=run.stored)
        self._began = self._lively = self._unlagged = run.clock.monotonic()
        self._stored = run.stored
        self._seen = (run.stored, run.progress_at)
        self._best = 0.0
        self._marks: deque[tuple[float, int]] = deque()
        self._history = list(self._past.history)
        self._planned = self._past.planned
        self._longest_idle, self._longest_lag = self._past.longest_idle, self._past.longest_lag
        self._uses: dict[str, tuple[float, int]] = {}

    def look(self, troubles: Sequence[Trouble] = (), memory: int = 0) -> View:
        """The run now, with what went wrong lately and the bytes that the process holds."""
        run, now, wall = self._run, self._run.clock.monotonic(), self._run.clock.wall()
        idle, lag = self._stillness(now)
        active = self._past.active + now - self._began
        rate = self._rate(now)
        eta = time_left(run, run.stored - self._stored, now - self._began, self._best)
        self._note(wall)
        view = View(
            at=wall,
            spider="events",
            killed=self._past.killed,
            events=run.stored,
            total=run.total,
            base=self._past.base,
            rate=rate,
            mean_rate=(run.stored - self._past.base) / active if active > 0 else 0.0,
            active=active,
            eta=eta,
            key_left=None if run.key_dies is None else run.key_dies - wall,
            waiting_pages=run.unstored,
            lag=lag,
            longest_lag=self._longest_lag,
            idle=idle,
            longest_idle=self._longest_idle,
            memory=memory,
            shards=len(run.shards),
            open_shards=len(run.shards.open),
            health=health_of(run, idle, self._patience),
            lanes=_summed(self._past.lanes, lanes_of(run)),
            pools=self._counted(pools_of(run), now, eta),
            strip=strip_of(run),
            history=tuple(self._history),
            troubles=tuple(troubles),
            findings=findings_of(run),
        )
        return replace(view, planned=self._plan(view))

    def _stillness(self, now: float) -> tuple[float, float]:
        """Seconds without progress, of which waiting for a window is none; seconds in which no page was stored."""
        run = self._run
        waiting = health_of(run, 0.0, self._patience).state is State.WAITING
        self._lively = now if waiting else max(self._lively, run.progress_at)
        # A page whose rows are all there already is progress as well, and no row more.
        if not run.unstored or (run.stored, run.progress_at) != self._seen:
            self._unlagged, self._seen = now, (run.stored, run.progress_at)
        idle, lag = now - self._lively, now - self._unlagged
        self._longest_idle, self._longest_lag = max(self._longest_idle, idle), max(self._longest_lag, lag)
        return idle, lag

    def _rate(self, now: float) -> float:
        self._marks.append((now, self._run.stored))
        while len(self._marks) > 2 and now - self._marks[1][0] >= _RATE_SPAN:  # noqa: PLR2004 - a rate needs two looks
            self._marks.popleft()
        then, before = self._marks[0]
        rate = (self._run.stored - before) / (now - then) if now > then else 0.0
        if now - then >= _LEAST_SPAN:
            self._best = max(self._best, rate)
        return rate

    def _note(self, wall: float) -> None:
        """Keeps a point of the history; the older they are, the farther apart they lie."""
        self._history.append(Point(wall, self._run.stored))
        if len(self._history) > _MOST_POINTS:
            self._history = [*self._history[:-1:2], self._history[-1]]

    def _plan(self, view: View) -> float | None:
        if view.eta is not None and (self._planned is None or (view.share or 0.0) < _BEGINNING):
            self._planned = view.active + view.eta
        return self._planned

    def _counted(self, pools: Iterable[PoolView], now: float, eta: float | None) -> tuple[PoolView, ...]:
        """The pools with how they were used and what earlier processes counted; last those that only they had."""
        before = {pool.name: pool for pool in self._past.pools}
        counted = [
            replace(pool, use=self._use(pool, now, eta), refused=pool.refused + known.refused)
            for pool in pools
            for known in [before.pop(pool.name, PoolView(pool.name))]
        ]
        return (*counted, *(replace(pool, used=0, opens_in=0.0, use=None) for pool in before.values()))

    def _use(self, pool: PoolView, now: float, eta: float | None) -> float | None:
        """The mean of a pool's use over all looks but those in its first window and in the last one."""
        if pool.limit is None or pool.window is None:
            return None
        total, looks = self._uses.get(pool.name, (0.0, 0))
        if now - self._began >= pool.window and (eta is None or eta >= pool.window):
            total, looks = total + min(1.0, pool.used / pool.limit), looks + 1
            self._uses[pool.name] = total, looks
        return round(total / looks, 4) if looks else None


def _summed(past: Iterable[LaneView], lanes: Iterable[LaneView]) -> tuple[LaneView, ...]:
    """The lanes with what earlier processes counted through them; last those that only they had."""
    before = {lane.name: lane for lane in past}
    summed = [
        replace(
            lane,
            pages=lane.pages + known.pages,
            refused=lane.refused + known.refused,
            faults=lane.faults + known.faults,
            last_error=lane.last_error or known.last_error,
        )
        for lane in lanes
        for known in [before.pop(lane.name, LaneView(lane.name, lane.pool))]
    ]
    return (*summed, *(replace(lane, in_flight=0, left=lane.limit, opens_in=0.0) for lane in before.values()))
