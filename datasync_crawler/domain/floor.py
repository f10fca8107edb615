"""The floor: the least time in which the pools let so many rows through, whatever a client does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datasync_crawler.domain.profile import Endpoint, Lane, Pool, Profile
from datasync_crawler.domain.supply import Supply, earliest
from datasync_crawler.domain.ways import at_work


@dataclass(frozen=True, slots=True)
class Share:
    """A pool's part: ``limit`` calls a ``window`` (seconds), each of ``cap`` rows; None where none is known."""

    pool: str
    cap: int
    limit: int | None
    window: float | None


@dataclass(frozen=True, slots=True)
class Floor:
    """``seconds`` until the last of ``rows`` can be there; None where something that works has no known limit."""

    rows: int
    seconds: float | None
    shares: tuple[Share, ...]


def floor_of(
    profile: Profile, learned: Mapping[str, Pool], rows: int, *, common: Pool | None = None, whole: bool = False
) -> Floor:
    """The floor of a set of so many rows; ``learned`` pools stand for the profile's, ``common`` counts every call.

    Calls are taken to be free at the beginning and to bring full pages; the last one takes as long as a page alone.
    """
    lanes = at_work(profile, whole=whole)
    shares = tuple(_share(name, lanes, learned.get(name) or profile.pool(name)) for name in _pools(lanes))
    limited = [supply for share in shares if (supply := _supply(share.cap, share.limit, share.window)) is not None]
    most = max((share.cap for share in shares), default=0)
    over_all = None if common is None else _supply(most, common.limit, common.window)
    bounds = [[over_all]] if over_all is not None else []
    if shares and len(limited) == len(shares):
        bounds.append(limited)
    if not bounds or not shares:
        return Floor(rows, None, shares)
    quickest = min(endpoint.latency for _, endpoint in lanes)
    return Floor(rows, max(earliest(supplies, rows) for supplies in bounds) + quickest, shares)


def _supply(cap: int, limit: int | None, window: float | None) -> Supply | None:
    return Supply(cap, window, limit) if limit and window else None


def _pools(lanes: list[tuple[Lane, Endpoint]]) -> list[str]:
    return list(dict.fromkeys(lane.pool for lane, _ in lanes))


def _share(name: str, lanes: list[tuple[Lane, Endpoint]], pool: Pool) -> Share:
    cap = max(endpoint.cap for lane, endpoint in lanes if lane.pool == name)
    streamed = any(endpoint.streamed for lane, endpoint in lanes if lane.pool == name)
    known = pool if pool.limit and pool.window and not streamed else Pool(name)
    return Share(name, cap, known.limit, known.window)
