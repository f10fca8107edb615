"""Opening a run: the live state made from what the ledger remembers."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from datasync_crawler.domain.axis import mirrored
from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.flight import Flight
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.profile import Endpoint, Pool, Profile
from datasync_crawler.domain.reading import PageReader
from datasync_crawler.domain.shard import Shard
from datasync_crawler.domain.ways import numbered, rank, together, upwards
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
# Another process wrote a call down before it left: it may have been counted so many seconds later, or such a share of
# its window where that is longer, as on a busy machine half a second passes before a call is on the wire.
_ON_ITS_WAY, _SHARE_ON_ITS_WAY = 0.3, 0.02


class _Crew(NamedTuple):
    """Who takes part in a run; ``others`` are the rows a second that all but the streams are good for."""

    lanes: dict[str, LiveLane]
    courses: dict[str, Course]
    tokens: dict[str, TokenState]
    others: float


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

    ``calls`` are earlier departures under the same key (pool, stamp), ``learned`` limits by pool; ``whole``
    keeps whole events. For the others see :class:`Run`.
    """
    bell, crew = Bell(), _crew(profile, most_in_flight, whole=whole)
    return Run(
        profile=profile,
        lanes=crew.lanes,
        shards=_live_shards(profile, shards),
        gate=_gate(_budgets(profile, learned, clock, calls, reserve), learned, clock, log, bell),
        clock=clock,
        bell=bell,
        generation=generation,
        stored=stored,
        first_total=profile.totals[0][1] if profile.totals else None,
        newest=_first_place(profile),
        tokens=crew.tokens,
        cursor_margin=cursor_margin,
        courses=crew.courses,
        others=crew.others,
        key_worked=key_worked,
        upwards=upwards(profile),
    )


def one_more(learned: Mapping[str, Pool]) -> dict[str, Pool]:
    """Learned limits with a call more: a service that still refuses there teaches them again by one refusal."""
    return {
        name: msgspec.structs.replace(pool, limit=pool.limit + 1) if pool.limit else pool
        for name, pool in learned.items()
    }


def lessons_of(learned: Mapping[str, Pool]) -> dict[str, Limit]:
    """The limits as lessons that are to be written down."""
    return {name: limit for name, pool in learned.items() if (limit := _limit(pool)) is not None}


def _first_place(profile: Profile) -> int | None:
    """Where the walk begins: above the first number, at the newest row, or upwards at the oldest."""
    if numbered(profile):
        return 0
    if upwards(profile):
        return None if profile.oldest is None else mirrored(profile.oldest)
    return profile.newest


def _live_shards(profile: Profile, shards: Sequence[Shard]) -> LiveShards:
    by_number = numbered(profile)
    return LiveShards(
        shards,
        numbered=by_number,
        homes={lane.name: lane.endpoint for lane in profile.lanes},
        fixed={endpoint.name for endpoint in profile.endpoints if not (by_number or endpoint.positionable)},
    )


def _crew(profile: Profile, most_in_flight: int, *, whole: bool) -> _Crew:
    """The lanes of the ways that join; the log says of each way why it does or does not."""
    tokens = {endpoint.name: TokenState() for endpoint in profile.endpoints if endpoint.grant is not None}
    ways, up = rank(profile, whole=whole), upwards(profile)
    for way in ways:
        logger.info("way %s: %s", way.lane, way.why)
    taken = {way.lane for way in ways if way.joins}
    made = [
        LiveLane(
            lane=lane,
            endpoint=(endpoint := _asked_for(profile.endpoint(lane.endpoint), whole=whole)),
            reader=PageReader(endpoint.shape, whole=whole, ends_only=not whole, upwards=up),
            flight=Flight(most_in_flight),
            token=tokens.get(lane.endpoint),
        )
        for lane in profile.lanes
        if lane.name in taken
    ]
    lanes = {live.lane.name: live for live in made if not live.endpoint.streamed}
    courses = {live.lane.name: Course(live, up) for live in made if live.endpoint.streamed}

    return _Crew(lanes, courses, tokens, together(profile, ways))


def _gate(budgets: dict[str, Budget], learned: Mapping[str, Pool], clock: Clock, log: CallLog, bell: Bell) -> Gate:
    return Gate(budgets, clock, log, bell, _common(learned, budgets, clock))


def _budgets(
    profile: Profile, learned: Mapping[str, Pool], clock: Clock, calls: Iterable[tuple[str, float]], reserve: int
) -> dict[str, Budget]:
    echo = max(_SHORTEST_ECHO, _ECHOES * profile.echo)
    pools = {endpoint.grant.pool: Pool(endpoint.grant.pool) for endpoint in profile.endpoints if endpoint.grant}
    pools |= {pool.name: pool for pool in profile.pools}
    departures = list(calls)
    now, stamp = clock.monotonic(), clock.stamp()
    budgets = {}
    for name, pool in pools.items():
        limit = _limit(learned.get(name, pool))
        budgets[name] = Budget(limit, reserve=reserve, echo=echo, learned=name in learned)
        names, way = {name, *pool.counted}, _on_its_way(limit)
        left_at = [now - stamp + at for called, at in departures if called in names]
        budgets[name].restore(left_at, now, way)
    return budgets


def _on_its_way(limit: Limit | None) -> float:
    """Seconds after its stamp in which a call of another process may have been counted."""
    return _ON_ITS_WAY if limit is None else max(_ON_ITS_WAY, _SHARE_ON_ITS_WAY * limit.window)


def _common(learned: Mapping[str, Pool], budgets: Mapping[str, Budget], clock: Clock) -> Budget | None:
    limit = _limit(learned[EVERY_CALL]) if EVERY_CALL in learned else None
    if limit is None:
        return None
    budget = Budget(limit, learned=True)
    calls = (at for known in budgets.values() for at in known.departures)
    budget.restore(calls, clock.monotonic(), _on_its_way(limit))
    return budget


def _asked_for(endpoint: Endpoint, *, whole: bool) -> Endpoint:
    """The endpoint as it is called: for ids alone with what makes rows small."""
    if whole or not endpoint.sparse_params:
        return endpoint
    return msgspec.structs.replace(endpoint, fixed_params=endpoint.fixed_params + endpoint.sparse_params)


def _limit(pool: Pool) -> Limit | None:
    return Limit(pool.limit, pool.window) if pool.limit and pool.window else None
