"""Loading: whether a set is loaded in bulk, before the table that takes it has its key."""

from __future__ import annotations

from collections.abc import Collection

from datasync_crawler.domain.profile import Profile

# Below so many rows a key costs nothing that could be noticed.
_MANY = 100_000


def in_bulk(profile: Profile, learned: Collection[str], stored: int) -> bool:
    """Whether to load without a key: where the machine bounds the drain, and not a budget.

    That is so while no pool that pages are called through has a limit, announced or learned (``learned`` are the names
    of pools). Streams keep the key: one that breaks off begins again with rows that are there. So does a set that is
    half there (``stored`` rows), small, or of an untold size, where only new rows tell that it goes on.
    """
    total = profile.totals[0][1] if profile.totals else 0
    pools = {pool.name: pool for pool in profile.pools}
    limited = any(lane.pool in pools and pools[lane.pool].limit is not None for lane in profile.lanes)
    streamed = any(endpoint.streamed for endpoint in profile.endpoints)
    return not limited and not learned and not streamed and total - stored >= max(_MANY, stored)
