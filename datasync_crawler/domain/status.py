"""How a ledger stands, told from what it remembers: whether or not anybody works on it now."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from datasync_crawler.domain.amending import MOST_UNSEEN, killed
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.profile import Profile
from datasync_crawler.domain.shard import Shard
from datasync_crawler.domain.view import Health, State, View


class Handed(msgspec.Struct, frozen=True):
    """A submission: so many ids for a repository at a time, and what came of it."""

    count: int
    repo: str
    at: float
    outcome: str


class Status(msgspec.Struct, frozen=True):
    """``view`` with the shards as they are now; ``running`` says that a crawl is seen to work on it.

    ``busy`` says that a command is at work which shows no view, as discovery, or a crawl that has just begun.
    """

    running: bool
    view: View
    verdict: Verdict | None = None
    submissions: tuple[Handed, ...] = ()
    busy: bool = False

    @property
    def complete(self) -> bool:
        """Whether the set was proven and nothing has come since."""
        return self.verdict is not None and self.verdict.complete and not self.view.open_shards

    @property
    def well(self) -> bool:
        """Whether nobody needs to do anything: it is complete, or on its way."""
        return self.complete or (self.view.health.well if self.running else self.busy)

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
    busy: bool = False,
    alive: bool = True,
) -> Status:
    """The status at a wall time; ``view`` is the last that a crawl left, if one ever did, ``busy`` that one works.

    Where nobody is ``alive`` who could have left a view that is no last one, a crawl was killed just now.
    """
    total = profile.totals[0][1] if profile is not None and profile.totals else None
    seen = view or View(now, "events", total=total)
    fresh = alive and view is not None and now - view.at < MOST_UNSEEN and not view.ended
    held = replace(
        seen,
        events=sum(shard.rows for shard in shards),
        shards=len(shards),
        open_shards=sum(not shard.done for shard in shards),
    )
    told = Status(fresh, held, verdict, tuple(submissions), busy and not fresh)
    return told if fresh else replace(told, view=_at_rest(held, now, complete=told.complete))


def _at_rest(view: View, now: float, *, complete: bool) -> View:
    """What is left of a view when nobody drains: no rate, no time left, nothing under way, and a key that ages."""
    view = view if view.ended or not view.active else killed(view)
    lanes = tuple(replace(lane, in_flight=0, left=lane.limit, opens_in=0.0) for lane in view.lanes)
    pools = tuple(replace(pool, used=0, opens_in=0.0) for pool in view.pools)
    return replace(
        view,
        rate=0.0,
        eta=None,
        key_left=None if view.key_left is None else view.key_left - (now - view.at),
        waiting_pages=0,
        lag=0.0,
        idle=0.0,
        health=Health(State.COMPLETE) if complete else view.health,
        lanes=lanes,
        pools=pools,
    )
