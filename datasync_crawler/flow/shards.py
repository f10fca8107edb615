"""The shards of a running drain: which are free, which have a page under way, which pays to be cut."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from math import inf

from datasync_crawler.domain.asking import enterable
from datasync_crawler.domain.axis import is_place_of_time
from datasync_crawler.domain.ending import Belief
from datasync_crawler.domain.planner import Outlook, remaining_rows, split_point
from datasync_crawler.domain.profile import Endpoint
from datasync_crawler.domain.shard import Shard
from datasync_crawler.flow.liveshard import LiveShard


class LiveShards:
    """All shards by id, of rows by time or ``numbered``; a lane takes the one with most left that it can enter.

    ``homes`` are the names of endpoints by lane: a server's cursor is taken where it came from, and nowhere else.
    What a ``fixed`` endpoint, which can start nowhere else, has begun is left to it and cut from below.
    """

    def __init__(
        self,
        shards: Iterable[Shard],
        *,
        numbered: bool = False,
        homes: Mapping[str, str] | None = None,
        fixed: Collection[str] = (),
    ) -> None:
        self._fixed = fixed
        self.numbered = numbered
        self._homes = homes or {}
        self._live = {shard.id: LiveShard(shard) for shard in shards}

    def __getitem__(self, shard: int) -> LiveShard:
        return self._live[shard]

    def __iter__(self) -> Iterator[LiveShard]:
        return iter(self._live.values())

    def __len__(self) -> int:
        return len(self._live)

    @property
    def values(self) -> list[Shard]:
        """The shards as they stand."""
        return [live.shard for live in self]

    @property
    def open(self) -> list[LiveShard]:
        """Those whose end is not proven."""
        return [live for live in self if not live.shard.done]

    @property
    def newest_open(self) -> LiveShard | None:
        """The uppermost of those whose end is not proven."""
        return max(self.open, key=lambda live: inf if live.shard.high is None else live.shard.high, default=None)

    @property
    def done(self) -> bool:
        """Whether every end is proven."""
        return all(live.shard.done for live in self)

    def seen_by(self, endpoint: Endpoint, live: LiveShard) -> Shard:
        """The shard as an endpoint can go on with it: without the cursor of another one."""
        shard = live.shard
        if shard.checkpoint.cursor is None or self._homes.get(shard.lane, endpoint.name) == endpoint.name:
            return shard
        return replace(shard, checkpoint=replace(shard.checkpoint, cursor=None))

    def take_over(self, upper: Shard, lower: Shard) -> None:
        """A shard was cut: what is under way in the upper part goes on, the lower one is new."""
        self._live[upper.id].shard = replace(self._live[upper.id].shard, low=upper.low)
        self._live[lower.id] = LiveShard(lower)

    def look_again(self) -> None:
        """All rows are in: an end that was told before may be asked about at once, also where that was given up."""
        for live in self.open:
            if live.looks:
                live.not_before, live.in_vain = float("-inf"), False

    def told(self) -> list[LiveShard]:
        """Shards whose end was told by their last page, and of which nothing is known to lie behind it."""
        return [live for live in self.open if live.looks and not live.flying and not self.has_below(live)]

    def witnessed(self) -> list[LiveShard]:
        """Shards without a row of which two answers say that nothing is there: their own, or told ends above them."""
        found, witnesses = [], 0
        for live in sorted(self, key=lambda live: inf if live.shard.high is None else live.shard.high, reverse=True):
            shard = live.shard
            if shard.rows + shard.met or shard.checkpoint.position is not None:
                witnesses = 0
            elif not shard.done and not live.flying and witnesses + bool(live.looks) > 1:
                found.append(live)
            witnesses += bool(live.looks) or shard.checkpoint.proof == Belief.PROVEN.value
        return found

    @property
    def exhausted(self) -> bool:
        """Whether no shard without a proven end is worth another call in this run."""
        if any(live.flying for live in self.open):
            return False
        settled = {live.shard.id for live in self.witnessed()}
        return all(live.in_vain or live.shard.id in settled for live in self.open)

    def has_below(self, live: LiveShard) -> bool:
        """Whether rows are known that lie below all of a shard."""
        low = live.shard.low
        others = [other.shard for other in self if other is not live]
        return low is not None and any(s.high is not None and s.high <= low and s.rows + s.met for s in others)

    def has_work(self, endpoint: Endpoint) -> bool:
        """Whether a shard is open, or under way, that the endpoint can enter."""
        left = [live for live in self if not live.shard.done]
        return any(live.flying or self._open(endpoint, live) for live in left)

    def next_free(self, endpoint: Endpoint, outlook: Outlook, now: float) -> LiveShard | None:
        """The free shard with most rows left that the endpoint can enter, or None."""
        free = [live for live in self._free(endpoint, outlook) if live.not_before <= now]
        if endpoint.positionable and any(map(self._left_to_another, free)):
            others = [live for live in free if not self._left_to_another(live)]
            free = others if others or self.cut(endpoint, outlook) else free
        if len(free) <= 1:
            return free[0] if free else None
        rows = remaining_rows(self.values, outlook)
        return max(free, key=lambda live: rows[live.shard.id])

    def next_due(self, endpoint: Endpoint, outlook: Outlook) -> float | None:
        """When the first pausing shard of the endpoint may be asked again (monotonic seconds)."""
        return min((live.not_before for live in self._free(endpoint, outlook)), default=None)

    def cut(self, endpoint: Endpoint, outlook: Outlook) -> tuple[LiveShard, int] | None:
        """The shard with most rows left and where to cut it, or None when no cut pays.

        Before any row came, what has no lower bound may end anywhere, and is cut when nothing else can be.
        """
        if not (endpoint.numbered if self.numbered else endpoint.positionable):
            return None
        if outlook.total is not None and self._enough(outlook.total, outlook.page_rows):
            return None
        uncut = [live for live in self if not live.shard.done and not live.looks]
        rows = remaining_rows(self.values, outlook)
        last = [live for live in uncut if live.shard.low is None and not (outlook.walked or outlook.exact)]
        for group in ([live for live in uncut if live not in last], last):
            if group:
                largest = max(group, key=lambda live: rows[live.shard.id])
                at = split_point(largest.shard, rows[largest.shard.id], outlook, flying=largest.flying)
                # By a density that is far off no row could ever lie below.
                if at is not None and (self.numbered or is_place_of_time(at)):
                    return largest, at
        return None

    def _enough(self, total: int, page_rows: int) -> bool:
        """Whether the shards that go on will ask for all that is left, with a page each."""
        going = sum(not live.shard.done and not live.void for live in self)
        return total - sum(live.shard.rows for live in self) < going * page_rows

    def _free(self, endpoint: Endpoint, outlook: Outlook) -> list[LiveShard]:
        waiting = [live for live in self if not live.flying and not live.shard.done and not live.in_vain]
        # What had no rows is looked at again when all else has come to its end: until then the totals tell nothing.
        going = any(not (live.shard.done or live.in_vain or live.void or live.looks) for live in self)
        settled = [live.shard.id for live in waiting if live.void] if going else [w.shard.id for w in self.witnessed()]
        free = [live for live in waiting if self._open(endpoint, live) and live.shard.id not in settled]
        return [live for live in free if not live.looks or not self._likely_ended(endpoint, live, outlook)]

    def _likely_ended(self, endpoint: Endpoint, live: LiveShard, outlook: Outlook) -> bool:
        """Whether an end that was told once hides hardly a row, if the others hold as many as it seems.

        Once they are in, the count proves it without another call, or it is asked about then.
        """
        if not live.shard.rows or outlook.total is None or not self._is_lowest(live):
            return False
        if outlook.surplus or (live.looks > 1 and not outlook.counting):
            return False
        # An end that was told above rows is none, and what such a shard has left is still to come; unless it is told
        # again, as to a chain that goes round in circles.
        others = [
            other
            for other in self.open
            if other is not live
            and not (other.void or other.in_vain)
            and (not other.looks or (other.looks == 1 and self.has_below(other)))
        ]
        going = outlook.counting or any(other.flying or self._open(endpoint, other) for other in others)
        left = remaining_rows(self.values, outlook)
        missing = outlook.total - outlook.walked - sum(left[other.shard.id] for other in others)
        return going and missing <= outlook.page_rows

    def _is_lowest(self, live: LiveShard) -> bool:
        """Whether all below a shard, if anything is, was asked for once and had no rows."""
        low = live.shard.low
        below = [
            other for other in self if low is not None and other.shard.high is not None and other.shard.high <= low
        ]
        return low is None or (bool(below) and all(other.void for other in below))

    def _left_to_another(self, live: LiveShard) -> bool:
        home = self._homes.get(live.shard.lane)
        return home in self._fixed and home not in live.barred

    def _open(self, endpoint: Endpoint, live: LiveShard) -> bool:
        if endpoint.name in live.barred:
            return False
        seen = self.seen_by(endpoint, live)
        if not endpoint.positionable and not self.numbered and seen is not live.shard:
            # Another endpoint's chain: to begin it again from its newest row would meet every row twice.
            return False
        return enterable(endpoint, seen, numbered=self.numbered)
