"""What a perfect client would need in a world: computed from its switches, without any crawler.

A way is split as far as its own cursors, ranges or numbers allow; positions are not borrowed from other ways. Faults,
discovery and the calls for tokens that are renewed are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from datasync_crawler.simulator.events import TYPES
from datasync_crawler.simulator.keys import allowance, pool_of

if TYPE_CHECKING:
    from datasync_crawler.simulator.world import World

_PRECISION = 0.001
_LONGEST = 1e7
"""Seconds after which a world counts as one that nobody can drain."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Whether all that is told can be had; the least seconds (of the world's clock), the fewest calls for that time.

    Where not all can be had, the figures are of what can. Calls are those that bring rows, and the one for a token.
    """

    drainable: bool
    least_calls: int
    least_seconds: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way to rows: ``cap`` rows a call of ``seconds``, ``chains`` of calls at once (infinite: any number).

    ``limit`` calls begin in a ``window``, 0 is no limit; all calls share ``rate`` rows a second, 0 is no bound.
    """

    name: str
    pool: str
    cap: int
    limit: int
    window: float
    seconds: float
    rate: float = 0.0
    chains: float = math.inf
    reach: float = 1.0
    """Share of the events that it leads to."""

    def calls_by(self, moment: float, *, bucket: bool) -> float:
        """Calls that can have ended ``moment`` seconds after the first one."""
        if moment < self.seconds:
            return 0.0
        if self.limit <= 0:
            begun = math.inf
        elif bucket:
            begun = self.limit + math.floor((moment - self.seconds) * self.limit / self.window)
        else:
            begun = self.limit * (int((moment - self.seconds) / self.window) + 1)
        each = max(self.seconds, self.cap / self.rate if self.rate else 0.0)
        return min(begun, self.chains * int(moment / each)) if each and self.chains < math.inf else begun


def oracle(world: World) -> Oracle:
    """The oracle of a world."""
    ways, truth = ways_of(world), world.truth
    told_more = world.total_extra if truth.total_told else world.stats_extra
    reach = max((way.reach for way in ways), default=0.0)
    seconds = floor_seconds(world)
    return Oracle(reach >= 1 and told_more <= 0, _least_calls(world, seconds * world.speed), round(seconds, 2))


def ways_of(world: World) -> list[Way]:
    """The ways of a world that lead to rows and are told somewhere."""
    names = [
        name for name, there in (("header", world.budgets.header_key), ("query", world.budgets.query_key)) if there
    ]
    if not names:
        return []
    found = [_listed(world, name) for name in names]
    if world.ways.feed_told:
        found.append(_way(world, "feed", "feed", world.feed_cap, world.feed_latency, world.feed_rows_per_second))
    if world.ways.ids_path and world.ways.ids_written != "nowhere":
        found.append(_way(world, "ids", "ids", world.ways.ids_cap, world.ways.ids_latency))
    if world.ways.dump_path and world.ways.dump_written != "nowhere":
        limit, window = allowance(world, "dump")
        ways = world.ways
        latency, rate = (ways.dump_latency, ways.dump_rows_per_second) if world.latency else (0.0, 0.0)
        found.append(Way("dump", "dump", max(1, _rows(world)), limit, window, latency, rate, chains=1))
    return found


def floor_seconds(world: World) -> float:
    """Seconds from the first call to the last row that can be had, on the clock of ``world``.

    Every pool is used up at the first moment of each of its windows; all ways run side by side.
    """
    wanted = int(_rows(world) * max((way.reach for way in ways_of(world)), default=0.0))
    low, high = 0.0, _LONGEST
    if rows_by(world, 0.0) >= wanted:
        return 0.0
    while high - low > _PRECISION:
        middle = (low + high) / 2
        if rows_by(world, middle) >= wanted:
            high = middle
        else:
            low = middle
    return high / world.speed


def rows_by(world: World, moment: float) -> float:
    """Rows that can have come ``moment`` seconds after the first call, at speed 1."""
    used = _used(world)
    rows = sum(_rows_of(world, way, moment) for way in used)
    hidden, window = allowance(world, "hidden")
    if hidden and world.limits and used:
        calls = hidden * (int(max(0.0, moment - min(way.seconds for way in used)) / window) + 1)
        rows = min(rows, calls * max(way.cap for way in used))
    return rows


def _rows(world: World) -> int:
    """Events that are there at the first call."""
    return world.events - world.truth.arrivals


def _used(world: World) -> list[Way]:
    """The best way of each pool, those with most rows a call first."""
    by_pool = groupby(sorted(ways_of(world), key=attrgetter("pool")), key=attrgetter("pool"))
    best = [max(group, key=attrgetter("reach", "cap")) for _, group in by_pool]
    return sorted(best, key=attrgetter("cap"), reverse=True)


def _listed(world: World, form: str) -> Way:
    """The list of events by a form of the key, lifted where that can be."""
    ways = world.ways
    lifted = ways.lift_header != "" and ways.lift_written != "nowhere"
    cap = (ways.lifted_cap if lifted else 0) or world.page_cap
    return _way(world, "events", pool_of(world, form, lifted=lifted), cap, world.events_latency)


def _way(world: World, name: str, pool: str, cap: int, latency: float, rate: float = 0.0) -> Way:
    limit, window = allowance(world, pool_of(world, pool))
    chains, truth = _chains(world, name), world.truth
    goes_on = cap < _rows(world)
    looping = goes_on and truth.loop_at > 0 and truth.loop_on in (name, "both") and chains < math.inf
    return Way(
        name,
        pool_of(world, pool),
        max(1, cap - truth.repeats),
        limit if world.limits else 0,
        window,
        latency if world.latency else 0.0,
        rate if world.latency else 0.0,
        chains,
        truth.loop_at if looping else 1.0,
    )


def _chains(world: World, name: str) -> float:
    """Into how many chains of calls a way can be split."""
    made = world.cursors.cursor_form != "sealed" and not world.cursor_signed
    ranged = {"feed": world.ways.ranges_on_feed, "events": world.ranges_on_events}.get(name, False)
    if made or ranged or world.ways.paging != "cursor" or world.offset_honoured:
        return math.inf
    return len(TYPES) if name == "events" and world.type_filters else 1


def _rows_of(world: World, way: Way, moment: float) -> float:
    """Rows that one way can have brought."""
    most = _rows(world) * way.reach
    calls = way.calls_by(moment, bucket=world.window_kind == "bucket")
    if not calls:
        return 0.0
    if way.name == "dump":
        return min(most, way.rate * (moment - way.seconds)) if way.rate else most
    served = min(calls * way.cap, most)
    if not way.rate:
        return served
    if not way.limit:
        return min(served, way.rate * moment)
    # Work waits for the beginning of each window and is then done at the rate, so the slowest of these bounds counts.
    windows = range(int(moment / way.window) + 1)
    burst = way.limit * way.cap
    return min(served, *(burst * k + way.rate * (moment - k * way.window) for k in windows))


def _least_calls(world: World, moment: float) -> int:
    """The fewest calls that bring by a moment what can be had by then, the ways with most rows a call first."""
    left, calls = min(_rows(world), rows_by(world, moment)), 0
    for way in _used(world):
        rows = min(left, _rows_of(world, way, moment))
        left -= rows
        token = rows > 0 and way.name == "feed" and not world.ways.feed_open
        calls += math.ceil(round(rows / way.cap, 6)) + token
    return calls
