"""The least time in which every event of a world can be fetched: what its pools, windows, latencies and rates allow.

Run from the project's folder: ``python bench/floor.py --events 3000000 --speed 1 [--world NAME] [--set NAME=VALUE]``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from datasync_crawler.simulator.charts import read_chart
from datasync_crawler.simulator.oracle import floor_seconds, oracle
from datasync_crawler.simulator.world import World

__all__ = ["floor_seconds"]


def main() -> None:
    """Print the floor of the world that the arguments describe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--world", default="", help="a world's name or file; the default service without")
    parser.add_argument("--events", type=int)
    parser.add_argument("--speed", type=float)
    parser.add_argument("--no-limits", action="store_true")
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    world = read_chart(given.world).world if given.world else World()
    chosen = {name: value for name in ("events", "speed") if (value := getattr(given, name)) is not None}
    chosen |= {"limits": False} if given.no_limits else {}
    chosen |= {"latency": False} if given.no_latency else {}
    world = world.with_switches(chosen).with_switches(dict(text.split("=", 1) for text in given.set))
    seconds = floor_seconds(world)
    print(f"floor: {seconds:.1f} s = {seconds / 60:.1f} min for {world.events:,} events at speed {world.speed:g}")
    print(f"calls: {oracle(world).least_calls}")


if __name__ == "__main__":
    main()
