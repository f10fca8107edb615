"""How a ledger stands, told from what it remembers: whether or not anybody works on it now."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.profile import Profile
from datasync_crawler.domain.shard import Shard
from datasync_crawler.domain.view import View

# A crawl writes its view down every few seconds, and when it ends; one that has not for so long was killed.
_FRESH = 20.0


class Handed(msgspec.Struct, frozen=True):
    """A submission: so many ids for a repository at a time, and what came of it."""

    count: int
    repo: str
    at: float
    outcome: str


class Status(msgspec.Struct, frozen=True):
    """``view`` with the shards as they are now; ``running`` says that a crawl is seen to work on it."""

    running: bool
    view: View
    verdict: Verdict | None = None
    submissions: tuple[Handed, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the set was proven and nothing has come since."""
        return self.verdict is not None and self.verdict.complete and not self.view.open_shards

    @property
    def well(self) -> bool:
        """Whether nobody needs to do anything: it is complete, or on its way."""
        return self.complete or (self.running and self.view.health.well)

    def to_json(self) -> bytes:
        """The status as a JSON document of one line."""
        return msgspec.json.encode(self)


def status_of(
    now: float,
    shards: Sequence[Shard],
    *,
    view: View | None,
    profile: Profile | None,
    verdict: Verdict | None,
    submissions: Sequence[Handed] = (),
) -> Status:
    """The status at a wall time; ``view`` is the last that a crawl left, if one ever did."""
    told = profile.totals[0][1] if profile is not None and profile.totals else None
    seen = view or View(now, "events", total=told)
    fresh = view is not None and now - view.at < _FRESH and not view.ended
    held = replace(
        seen,
        events=sum(shard.rows for shard in shards),
        shards=len(shards),
        open_shards=sum(not shard.done for shard in shards),
    )
    return Status(fresh, held if fresh else _at_rest(held), verdict, tuple(submissions))


def _at_rest(view: View) -> View:
    """What is left of a view when nobody works: no rate, no time left, nothing under way."""
    lanes = tuple(replace(lane, in_flight=0, left=lane.limit, opens_in=0.0) for lane in view.lanes)
    pools = tuple(replace(pool, used=0, opens_in=0.0) for pool in view.pools)
    return replace(
        view, rate=0.0, eta=None, key_left=None, waiting_pages=0, lag=0.0, idle=0.0, lanes=lanes, pools=pools
    )
