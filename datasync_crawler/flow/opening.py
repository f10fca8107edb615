"""Opening a run: the live state made from what the ledger remembers."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.flight import Flight
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.profile import Endpoint, Pool, Profile
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.shard import Shard
from datasync_crawler.domain.ways import rank, together
from datasync_crawler.flow.clock import Bell, Clock
from datasync_crawler.flow.courses import Course
from datasync_crawler.flow.gate import EVERY_CALL, CallLog, Gate
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Run
from datasync_crawler.flow.shards import LiveShards
from datasync_crawler.flow.tokens import TokenState

logger = logging.getLogger(__name__)

# An unlimited pool is believed to refuse within this many times the shortest answer, at least so many seconds.
_ECHOES, _SHORTEST_ECHO = 3.0, 0.04


def open_run(
    profile: Profile,
    shards: Sequence[Shard],
    *,
    generation: int,
    stored: int,
    calls: Iterable[tuple[str, float]],
    learned: Mapping[str, Pool],
    clock: Clock,
    log: CallLog,
    most_in_flight: int,
    reserve: int = 0,
    whole: bool = False,
    cursor_margin: float = 0.0,
    key_worked: bool = False,
) -> Run:
    """The state of a run that goes on where the ledger stands.

    ``calls`` are earlier departures under the same key (pool, wall seconds), ``learned`` pools whose limits an earlier
    run found out, by name. ``whole`` keeps whole events and not only their ids; a server's cursor is
    used only with ``cursor_margin`` seconds of life left. ``key_worked`` says that the key opened a page before.
    """
    bell = Bell()
    tokens = {endpoint.name: TokenState() for endpoint in profile.endpoints if endpoint.grant is not None}
    ways = rank(profile, whole=whole)
    for way in ways:
        logger.info("way %s: %s", way.lane, way.why)
    taken = {way.lane for way in ways if way.joins}
    lanes = {
        lane.name: LiveLane(
            lane=lane,
            endpoint=(endpoint := _asked_for(profile.endpoint(lane.endpoint), whole=whole)),
            reader=PageReader(endpoint.shape, whole=whole, ends_only=not whole),
            flight=Flight(most_in_flight),
            token=tokens.get(lane.endpoint),
        )
        for lane in profile.lanes
        if lane.name in taken
    }
    budgets = _budgets(profile, learned, clock, calls, reserve)
    return Run(
        profile=profile,
        lanes={name: lane for name, lane in lanes.items() if not lane.endpoint.streamed},
        shards=LiveShards(
            shards,
            numbered=profile.numbered,
            homes={lane.name: lane.endpoint for lane in profile.lanes},
            fixed={endpoint.name for endpoint in profile.endpoints if not endpoint.positionable},
        ),
        gate=Gate(budgets, clock, log, bell, _common(learned, budgets, clock)),
        clock=clock,
        bell=bell,
        generation=generation,
        stored=stored,
        first_total=profile.totals[0][1] if profile.totals else None,
        newest=0 if profile.numbered else profile.newest,
        progress_at=clock.monotonic(),
        tokens=tokens,
        cursor_margin=cursor_margin,
        courses={name: Course(lane) for name, lane in lanes.items() if lane.endpoint.streamed},
        others=together(profile, ways),
        key_worked=key_worked,
    )


def _budgets(
    profile: Profile, learned: Mapping[str, Pool], clock: Clock, calls: Iterable[tuple[str, float]], reserve: int
) -> dict[str, Budget]:
    echo = max(_SHORTEST_ECHO, _ECHOES * profile.echo)
    pools = {endpoint.grant.pool: Pool(endpoint.grant.pool) for endpoint in profile.endpoints if endpoint.grant}
    pools |= {pool.name: pool for pool in profile.pools}
    departures = list(calls)
    now, wall = clock.monotonic(), clock.wall()
    budgets = {}
    for name, pool in pools.items():
        budgets[name] = Budget(_limit(learned.get(name, pool)), reserve=reserve, echo=echo, learned=name in learned)
        names = {name, *pool.counted}
        budgets[name].restore((now - max(0.0, wall - at) for called, at in departures if called in names), now)
    return budgets


def _common(learned: Mapping[str, Pool], budgets: Mapping[str, Budget], clock: Clock) -> Budget | None:
    limit = _limit(learned[EVERY_CALL]) if EVERY_CALL in learned else None
    if limit is None:
        return None
    budget = Budget(limit, learned=True)
    budget.restore((at for known in budgets.values() for at in known.departures), clock.monotonic())
    return budget


def _asked_for(endpoint: Endpoint, *, whole: bool) -> Endpoint:
    """The endpoint as it is called: for ids alone with what makes rows small."""
    if whole or not endpoint.sparse_params:
        return endpoint
    return msgspec.structs.replace(endpoint, fixed_params=endpoint.fixed_params + endpoint.sparse_params)


def _limit(pool: Pool) -> Limit | None:
    return Limit(pool.limit, pool.window) if pool.limit and pool.window else None
