"""The least time in which every event of a world can be fetched: what its pools, windows, latencies and rates allow.

Run from the project's folder: ``python bench/floor.py --events 3000000 --speed 1 [--set NAME=VALUE]``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from datasync_crawler.simulator.world import World

_PRECISION = 0.001
_LONGEST = 1e7
"""Seconds after which a world counts as one that nobody can drain."""


def floor_seconds(world: World) -> float:
    """Seconds from the first call to the last row on the clock of ``world``, faults and discovery left out.

    Every pool is used up at the first moment of each of its windows; the three ways to get rows run side by side.
    """
    low, high = 0.0, _LONGEST
    if rows_by(world, 0.0) >= world.events:
        return 0.0
    while high - low > _PRECISION:
        middle = (low + high) / 2
        if rows_by(world, middle) >= world.events:
            high = middle
        else:
            low = middle
    return high / world.speed


def rows_by(world: World, moment: float) -> float:
    """Rows that can have come ``moment`` seconds after the first call, at speed 1."""
    latency = world.events_latency if world.latency else 0.0
    rows = _pool(world, world.header_limit, world.header_window, latency, world.page_cap, moment)
    if not world.query_shares_header:
        rows += _pool(world, world.query_limit, world.query_window, latency, world.page_cap, moment)
    if not world.feed_shares_header:
        rows += _feed(world, moment)
    return rows


def _pool(world: World, limit: int, window: float, latency: float, cap: int, moment: float) -> float:
    """Rows of full pages, ``limit`` of them begun at 0, at one window, at two."""
    if moment < latency:
        return 0.0
    if not world.limits or limit <= 0:
        return float(world.events)
    return limit * cap * (int((moment - latency) / window) + 1)


def _feed(world: World, moment: float) -> float:
    """The same for the feed, whose pages also share a number of rows a second."""
    latency = world.feed_latency if world.latency else 0.0
    served = _pool(world, world.feed_limit, world.feed_window, latency, world.feed_cap, moment)
    rate = world.feed_rows_per_second
    if not world.latency or rate <= 0 or moment < latency:
        return served
    if not world.limits or world.feed_limit <= 0:
        return min(served, rate * moment)
    # Work waits for the beginning of each window and is then done at the rate, so the slowest of these bounds counts.
    burst = world.feed_limit * world.feed_cap
    windows = range(int(moment / world.feed_window) + 1)
    return min(served, *(burst * k + rate * (moment - k * world.feed_window) for k in windows))


def main() -> None:
    """Print the floor of the world that the arguments describe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--no-limits", action="store_true")
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    world = World(
        events=given.events, speed=given.speed, limits=not given.no_limits, latency=not given.no_latency
    ).with_switches(dict(text.split("=", 1) for text in given.set))
    seconds = floor_seconds(world)
    print(f"floor: {seconds:.1f} s = {seconds / 60:.1f} min for {world.events:,} events at speed {world.speed:g}")


if __name__ == "__main__":
    main()
