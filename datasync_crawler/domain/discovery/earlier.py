"""What an earlier run leaves behind for a new discovery: pools that it may have used up, leads that it met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from datasync_crawler.domain.budget import Budget
from datasync_crawler.domain.discovery.exchange import Probe
from datasync_crawler.domain.discovery.routes import Lead
from datasync_crawler.domain.lessons import Limit
from datasync_crawler.domain.profile import LEAD, Pool, Profile


def known_pools(profile: Profile | None, learned: Mapping[str, Pool]) -> dict[str, Pool]:
    """The pool of each lane of an earlier profile, with the limits that a run has learned since."""
    if profile is None:
        return {}
    return {lane.name: learned.get(lane.pool, profile.pool(lane.pool)) for lane in profile.lanes}


def leads_of(profile: Profile | None) -> tuple[Lead, ...]:
    """Addresses that answers of the drain named and no discovery has looked at yet."""
    findings = profile.findings if profile is not None else ()
    return tuple(Lead("GET", each.value, (), each.evidence[0]) for each in findings if each.subject == LEAD)


def wait_for(
    probes: Sequence[Probe], pools: Mapping[str, Pool], departures: Iterable[tuple[str, float]], now: float
) -> float:
    """Seconds to wait at the wall time ``now`` until every pool that an earlier run knew has room for the probes.

    ``departures`` are calls under the same key: the name of the pool and the wall time.
    """
    left = list(departures)
    budgets = {pool.name: _budget(pool, left, now) for pool in pools.values() if _limited(pool)}
    waits = [0.0]
    for probe in probes:
        pool = pools.get(probe.pool)
        if pool is not None and pool.name in budgets:
            waits.append(budgets[pool.name].free_at(now) - now)
            budgets[pool.name].leave(now)
    return max(waits)


def _budget(pool: Pool, departures: Iterable[tuple[str, float]], now: float) -> Budget:
    budget = Budget(Limit(pool.limit or 0, pool.window or 0.0))
    budget.restore((at for name, at in departures if name == pool.name), now)
    return budget


def _limited(pool: Pool) -> bool:
    return pool.limit is not None and pool.window is not None
