"""Amending: what the last view of a run does not tell any more is concluded from what the ledger has.

A crawl writes its view down every few seconds, and its rows at once. When it is killed, what it counted is as of the
view: pages, refusals and time of work are brought up to the rows here. What came behind the last commit nobody knows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from datasync_crawler.domain.view import Health, LaneView, PoolView, State, View

UNCOUNTED = 5.0
"""Seconds of work before a kill that nothing may tell of: so often a crawl leaves a mark."""

MOST_UNSEEN = 20.0
"""A crawl writes its view down every few seconds, and when it ends; one that has not for so long was killed."""

KILLED = Health(State.STALLED, ("the last crawl was killed",))


@dataclass(frozen=True, slots=True)
class Traces:
    """What a run left in the ledger beside its view.

    ``rows`` are stored, by ``pages`` (by lane), the last of them at the wall time ``moved_at``; ``learned`` names the
    pools whose limit a refusal taught.
    """

    rows: int
    pages: Mapping[str, int]
    moved_at: float | None = None
    learned: Collection[str] = ()


def amended(view: View, traces: Traces) -> View:
    """The view brought up to the traces of its run; one that has ended told everything itself."""
    if view.ended or view.spider != "events":
        return view
    at = view.at if traces.moved_at is None else min(max(view.at, traces.moved_at), view.at + MOST_UNSEEN)
    unseen = at - view.at
    active = view.active + unseen
    return replace(
        view,
        at=at,
        events=traces.rows,
        active=active,
        key_left=None if view.key_left is None else view.key_left - unseen,
        mean_rate=max(0, traces.rows - view.base) / active if active > 0 else 0.0,
        lanes=_lanes(view, traces.pages),
        pools=_pools(view, traces.learned),
    )


def killed(view: View) -> View:
    """The last view of a run that did not end itself: the next one goes on with its figures."""
    return replace(view, ended=True, killed=view.killed + 1, health=KILLED, rate=0.0, eta=None)


def _lanes(view: View, pages: Mapping[str, int]) -> tuple[LaneView, ...]:
    seen = {lane.name for lane in view.lanes}
    told = tuple(replace(lane, pages=pages.get(lane.name, lane.pages)) for lane in view.lanes)
    return (*told, *(LaneView(name, "", pages=count) for name, count in pages.items() if name not in seen))


def _pools(view: View, learned: Collection[str]) -> tuple[PoolView, ...]:
    """Nothing but a refusal teaches a limit: a pool that learned one was refused at least once."""
    seen = {pool.name for pool in view.pools}
    told = tuple(replace(pool, refused=max(1, pool.refused)) if pool.name in learned else pool for pool in view.pools)
    return (*told, *(PoolView(name, refused=1) for name in learned if name not in seen))
